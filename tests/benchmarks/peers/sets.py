"""Evaluation sets in, one collection with its questions out."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

_SEED = 0


class BadSet(Exception):
    """A folder that is no evaluation set; the message is one sentence that names the remedy."""


class Question(NamedTuple):
    """A question with the strings that answer it and the passages that hold one of them."""

    question: str
    answers: tuple[str, ...]
    gold: frozenset[str]


class Collection(NamedTuple):
    """All sets in one: `counts` says how many questions each gave, `titles` what a passage is headed."""

    passages: list[dict[str, str]]
    questions: list[Question]
    counts: dict[str, int]

    def write(self, path: Path) -> None:
        """The passages as a `.jsonl` file."""
        path.write_text("".join(json.dumps(passage) + "\n" for passage in self.passages), "utf-8")

    def titles(self) -> dict[str, str]:
        return {passage["id"]: passage["title"] for passage in self.passages if "title" in passage}


def merge(folders: Sequence[Path], most: int | None) -> Collection:
    """The sets as one collection, ids headed by their set's name, at most `most` questions of each.

    Questions that cannot be answered, that name no passage of the set, or that
    lean on an earlier one are left out: no peer abstains or remembers. They
    are shuffled with a fixed seed, so that the first ones are of every set.
    Raises BadSet.
    """
    passages: dict[str, dict[str, str]] = {}  # by title and text: a passage of two sets is there once
    questions: list[Question] = []
    counts = {}
    for name, folder in _named(folders).items():
        kept = {
            passage["id"]: passages.setdefault(f"{passage.get('title')}\n{passage['text']}", passage)["id"]
            for passage in _passages(folder, name)
        }
        usable = list(_questions(folder, name, kept))
        drawn = random.Random(_SEED).sample(usable, min(most or len(usable), len(usable)))
        counts[name] = len(drawn)
        questions += drawn
    if not questions:
        raise BadSet(
            f"No question of {', '.join(counts)} is answerable, whole and has a gold passage; name other sets."
        )
    random.Random(_SEED).shuffle(questions)
    return Collection(list(passages.values()), questions, counts)


def _named(folders: Sequence[Path]) -> dict[str, Path]:
    """The folders by name."""
    if not folders:
        raise BadSet('No evaluation set is named; write make bench EVAL="DIR …" or run.py DIR ….')
    by_name = {}
    for folder in folders:
        if not folder.is_dir():
            raise BadSet(f"{folder} is not a folder; name folders with passages.jsonl and questions.jsonl.")
        for file in ("passages.jsonl", "questions.jsonl"):
            if not (folder / file).is_file():
                raise BadSet(f"{folder} holds no {file}; name folders with passages.jsonl and questions.jsonl.")
        by_name[folder.resolve().name] = folder
    twice = [name for name, count in Counter(folder.resolve().name for folder in folders).items() if count > 1]
    if twice:
        raise BadSet(f"Two sets are named {twice[0]}; name each once, in folders of different names.")
    return by_name


def _passages(folder: Path, name: str) -> list[dict[str, str]]:
    return [
        {key: value for key, value in (("title", record.get("title")), ("text", record["text"])) if value}
        | {"id": f"{name}/{record['id']}"}
        for record in _records(folder / "passages.jsonl", {"id", "text"})
        if record["text"].strip()  # not every peer takes an empty text, and it answers nothing
    ]


def _questions(folder: Path, name: str, kept: dict[str, str]) -> Iterator[Question]:
    """`kept`: under which id each passage of the set is in the collection."""
    for record in _records(folder / "questions.jsonl", {"question"}):
        named = (f"{name}/{id}" for id in record.get("gold_passage_ids") or ())
        gold = {kept[id] for id in named if id in kept}
        if gold and record.get("answerable", True) and not record.get("history"):
            answers = tuple(answer for answer in record.get("answers") or () if answer.strip())
            yield Question(record["question"].strip(), answers, frozenset(gold))


def _records(path: Path, needed: set[str]) -> Iterator[dict[str, Any]]:
    """The objects of a `.jsonl` file."""
    for number, line in enumerate(path.read_text("utf-8-sig", errors="replace").split("\n"), start=1):
        if line.strip():
            try:
                record = json.loads(line)
            except ValueError:
                record = None
            if not isinstance(record, dict) or not needed <= record.keys():
                raise BadSet(f"{path}, line {number} is no object with {' and '.join(sorted(needed))}; mend it.")
            yield record
