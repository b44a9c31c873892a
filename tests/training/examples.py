"""What the reader learns from: questions with passages that answer them, and with passages that do not.

    python tests/training/examples.py OUT.jsonl --train SET_DIR... [--parts SET_DIR...]

A passage is one as the index makes it, so that the reader learns on what it will
read. Each line is {"set", "id", "question", "text", "spans", "kind"}; `spans` are the
occurrences of the gold answers in `text`, none where it does not answer.
Kinds:

- gold: the passage of the gold document that holds an answer;
- retrieved: the two best passages by our own retriever that hold none of the answers;
- cut: the gold passage without its sentences that hold an answer;
- swapped: the gold passage, and the question with a name or a number replaced by
  another one of the collection (after Jia & Liang 2017, section 4.1);
- unanswerable: written to be so (SQuAD 2.0), with the passage it was written for.

Of `--parts` only the questions are taken whose id hashes to an even number; the
odd ones are for validation (`part` says which).
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import qa
from index import build
from qa.questions import Question, read_questions
from source.document import Span

_NAME = re.compile(r"\b[A-Z][\w’'-]+(?:\s[A-Z][\w’'-]+)*\b|\b\d[\d,.]*\b")
_RETRIEVED = 2  # passages without an answer for each question

Example = dict[str, Any]


def part(id: str) -> str:
    """To which part of a divided set a question belongs: "train" or "validation"."""
    return "train" if zlib.crc32(id.encode()) % 2 == 0 else "validation"


def occurrences(text: str, answers: Sequence[str]) -> list[tuple[int, int]]:
    """Where an answer stands in `text` as whole words."""
    found = set()
    for answer in answers:
        pattern = rf"(?<!\w){re.escape(answer.strip())}(?!\w)"
        found |= {match.span() for match in re.finditer(pattern, text)} if answer.strip() else set()
    return sorted(found)


class Maker:
    """Makes the examples of one set."""

    def __init__(self, book: qa.Book, seed: int) -> None:
        self.book = book
        self.store = book.store
        self.random = random.Random(seed)
        self.rows: dict[str, list[int]] = {}
        for row in range(len(self.store)):
            self.rows.setdefault(self.store.passage(row).document_id, []).append(row)
        self.names = self._names()

    def of(self, question: Question, near: Sequence[str]) -> Iterator[Example]:
        """The examples of a question. `near`: the documents it was written for, where it has no answer."""
        if not question.answerable:
            near_rows = [row for id in near for row in self.rows.get(id, [])]
            for row in near_rows:
                yield example(question.question, self.store.passage(row).text, [], "unanswerable")
            return
        gold = self._gold(question)
        for row, spans in gold:
            text = self.store.passage(row).text
            yield example(question.question, text, spans, "gold")
        if gold:
            yield from self._near_misses(question, gold[0][0])
        hits = [hit.passage for hit in self.book.retrieve(question.question, k=10)]
        without = [hit.text for hit in hits if not occurrences(hit.text, question.answers)]
        for text in without[:_RETRIEVED]:
            yield example(question.question, text, [], "retrieved")

    def _gold(self, question: Question) -> list[tuple[int, list[tuple[int, int]]]]:
        """The rows of the gold documents' passages that hold an answer, and where."""
        rows = [row for id in sorted(question.gold_passage_ids) for row in self.rows.get(id, [])]
        found = ((row, occurrences(self.store.passage(row).text, question.answers)) for row in rows)
        return [(row, spans) for row, spans in found if spans]

    def _near_misses(self, question: Question, row: int) -> Iterator[Example]:
        if cut := self._cut(row, question.answers):
            yield example(question.question, cut, [], "cut")
        if swapped := self._swapped(question.question):
            yield example(swapped, self.store.passage(row).text, [], "swapped")

    def _cut(self, row: int, answers: Sequence[str]) -> str:
        """The passage without the sentences that hold an answer; empty if nothing is left."""
        document = self.store.document(self.store.document_of(row))
        kept: list[Span] = []
        for sentence in self.store.sentences(row):
            text = document.text[sentence.start : sentence.end]
            if not occurrences(text, answers):
                kept.append(sentence)
        text = " ".join(document.text[span.start : span.end] for span in kept)
        return "" if occurrences(text, answers) else text

    def _swapped(self, question: str) -> str:
        """The question with one name or number replaced; empty if it has none."""
        named = [match for match in _NAME.finditer(question) if match.start() > 0]
        if not named:
            return ""
        match = self.random.choice(named)
        kind = match.group()[0].isdigit()
        other = self.random.choice(self.names[kind])
        return "" if other == match.group() else question[: match.start()] + other + question[match.end() :]

    def _names(self) -> dict[bool, list[str]]:
        """The names, and the numbers, of the collection."""
        found: dict[bool, list[str]] = {False: ["Anna"], True: ["7"]}
        for rows in self.rows.values():
            for row in rows:
                for match in _NAME.finditer(self.store.passage(row).text):
                    if match.start() > 0:
                        found[match.group()[0].isdigit()].append(match.group())
        return found


def example(question: str, text: str, spans: Sequence[tuple[int, int]], kind: str) -> Example:
    """A line of the file."""
    return {"question": question, "text": text, "spans": [list(span) for span in spans], "kind": kind}


def examples(folder: Path, seed: int, *, divided: bool) -> Iterator[Example]:
    """The examples of a set; only of its part for training if it is `divided`."""
    near = near_passages(folder)
    with tempfile.TemporaryDirectory() as scratch:
        build(Path(scratch), [folder / "passages.jsonl"])
        maker = Maker(qa.load(scratch), seed)
        for question in read_questions(folder / "questions.jsonl"):
            if not divided or part(question.id) == "train":
                for each in maker.of(question, near.get(question.id, ())):
                    yield {"set": folder.name, "id": question.id, **each}


def near_passages(folder: Path) -> dict[str, Sequence[str]]:
    """Which passages each unanswerable question was written for."""
    lines = (folder / "questions.jsonl").read_text("utf-8").split("\n")
    records = [json.loads(line) for line in lines if line.strip()]
    return {str(record["id"]): record.get("near_passage_ids") or () for record in records}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--train", type=Path, nargs="+", default=[], metavar="SET_DIR")
    parser.add_argument("--parts", type=Path, nargs="+", default=[], metavar="SET_DIR")
    arguments = parser.parse_args()
    counts: dict[str, int] = {}
    with arguments.out.open("w", encoding="utf-8") as file:
        for number, folder in enumerate([*arguments.train, *arguments.parts]):
            for each in examples(folder, number, divided=folder in arguments.parts):
                counts[f"{folder.name} {each['kind']}"] = counts.get(f"{folder.name} {each['kind']}", 0) + 1
                file.write(json.dumps(each, ensure_ascii=False) + "\n")
    for name, count in sorted(counts.items()):
        print(f"{name:40} {count:7,}")


if __name__ == "__main__":
    main()
