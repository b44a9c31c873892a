"""Makes Markdown documents with headings from a training set's passages.

Running text is all that the training sets have, while people's documents have headings that name what the text below
is about. `headed` groups passages into documents with a title and a section a passage. A section's heading is a name
that one of its questions mentions; in the text below, pronouns take its place, so that the name stands in the heading
alone. Everything is chosen by a seed.
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from qa.evaluation.questions import Question
from source.spans import Span

_NAME = re.compile(r"\b[A-Z][\w’'-]*[\w](?:\s(?:of\s|the\s|and\s)?[A-Z][\w’'-]*\w)*\b")
_SECTIONS = range(3, 9)  # in a document
_OPENERS_WORDS = """
The A An In On At Of It He She They What Who When Where Which Why How Is Are Was Were Do Does Did Name For From To With
By As If And But Or This That These Those After Before Can
"""
_OPENERS = frozenset(_OPENERS_WORDS.split())


def headed(folder: Path, questions: Sequence[Question], target: Path, seed: int = 0) -> list[Question]:
    """Writes the documents to `target`; returns the questions with the names of their gold documents."""
    regions = write_headed(folder, questions, target, seed)

    def home(question: Question) -> frozenset[str]:
        return frozenset(regions[id][0] for id in question.gold_passage_ids if id in regions)

    return [replace(question, gold_passage_ids=home(question)) for question in questions]


def write_headed(
    folder: Path, questions: Sequence[Question], target: Path, seed: int = 0
) -> dict[str, tuple[str, Span]]:
    """Writes the documents to `target`; returns for each passage its document's name, and where it stands there."""
    target.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed)
    passages = [json.loads(line) for line in (folder / "passages.jsonl").open(encoding="utf-8")]
    asked = defaultdict(list)
    for question in questions:
        for id in question.gold_passage_ids:
            asked[id].append(question)
    regions: dict[str, tuple[str, Span]] = {}
    for number, group in enumerate(_groups(passages, rng)):
        file = target / f"{number:04}.md"
        text = ""
        for id, part in _document(group, asked, rng):
            if id:
                regions[id] = (file.name, Span(len(text), len(text) + len(part)))
            text += part + "\n\n"
        file.write_text(text, "utf-8")
    return regions


def _groups(passages: Sequence[Mapping[str, Any]], rng: random.Random) -> Iterator[list[Mapping[str, Any]]]:
    """Runs of passages of the same document; where each has its own, any passages."""
    by_document = defaultdict(list)
    for passage in passages:
        by_document[passage.get("doc") or ""].append(passage)
    loose = []
    for group in by_document.values():
        if len(group) < min(_SECTIONS):
            loose += group
        else:
            yield from _cut(group, rng)
    rng.shuffle(loose)
    yield from _cut(loose, rng)


def _cut(passages: list[Mapping[str, Any]], rng: random.Random) -> Iterator[list[Mapping[str, Any]]]:
    while passages:
        size = rng.choice(_SECTIONS)
        yield passages[:size]
        passages = passages[size:]


def _document(
    group: Sequence[Mapping[str, Any]], asked: Mapping[str, Sequence[Question]], rng: random.Random
) -> Iterator[tuple[str, str]]:
    """The paragraphs of a document; of those that are passages the ids, else ""."""
    titles = {passage.get("title") for passage in group}
    if len(titles) == 1 and (title := titles.pop()):
        yield "", f"# {title}"
    for passage in group:
        text = " ".join(passage["text"].split())
        name = _name_of(text, asked.get(passage["id"], ()), rng)
        if name:
            yield "", f"## {name}"
        yield passage["id"], _without(text, name, rng) if name else text


def _name_of(text: str, questions: Sequence[Question], rng: random.Random) -> str | None:
    """A name that a question and the text mention and no answer holds."""
    answers = [answer for question in questions for answer in question.answers]
    names = sorted(
        {
            name
            for question in questions
            for name in _NAME.findall(question.question)
            if name not in _OPENERS and name in text and not any(name in answer for answer in answers)
        }
    )
    return rng.choice(names) if names else None


def _without(text: str, name: str, rng: random.Random) -> str:
    """The text with pronouns for the name, half of the time."""
    if rng.random() < 0.5:
        return text

    def pronoun(match: re.Match[str]) -> str:
        starts = match.start() == 0 or text[: match.start()].rstrip()[-1:] in ".!?"
        words = "its" if match.group(1) else "it"
        return words.capitalize() if starts else words

    return re.sub(rf"(?:\b[Tt]he )?(?<!\w){re.escape(name)}(?!\w)(['’]s)?", pronoun, text)
