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

_NAME = re.compile(r"\b[A-Z][\w’'-]*[\w](?:\s(?:of\s|the\s|and\s)?[A-Z][\w’'-]*\w)*\b")
_SECTIONS = range(3, 9)  # in a document
_OPENERS_WORDS = """
The A An In On At Of It He She They What Who When Where Which Why How Is Are Was Were Do Does Did Name For From To With
By As If And But Or This That These Those After Before Can
"""
_OPENERS = frozenset(_OPENERS_WORDS.split())


def headed(folder: Path, questions: Sequence[Question], target: Path, seed: int = 0) -> list[Question]:
    """Writes the documents to `target`; returns the questions with the names of their gold documents."""
    rng = random.Random(seed)
    passages = [json.loads(line) for line in (folder / "passages.jsonl").open(encoding="utf-8")]
    asked = defaultdict(list)
    for question in questions:
        for id in question.gold_passage_ids:
            asked[id].append(question)
    home: dict[str, str] = {}
    for number, group in enumerate(_groups(passages, rng)):
        file = target / f"{number:04}.md"
        file.write_text(_document(group, asked, rng), "utf-8")
        home |= {passage["id"]: file.name for passage in group}
    return [_moved(question, home) for question in questions]


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


def _document(group: Sequence[Mapping[str, Any]], asked: Mapping[str, Sequence[Question]], rng: random.Random) -> str:
    titles = {passage.get("title") for passage in group}
    title = titles.pop() if len(titles) == 1 else None
    parts = [f"# {title}"] if title else []
    for passage in group:
        text = " ".join(passage["text"].split())
        name = _name_of(text, asked.get(passage["id"], ()), rng)
        parts += [f"## {name}" if name else "", _without(text, name, rng) if name else text]
    return "\n\n".join(part for part in parts if part) + "\n"


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


def _moved(question: Question, home: Mapping[str, str]) -> Question:
    return replace(question, gold_passage_ids=frozenset(home[id] for id in question.gold_passage_ids if id in home))
