"""What the reader learns from: questions with passages that answer them, and with passages that do not.

    python tests/training/examples.py OUT.jsonl SET_DIR...

A passage is one as the index makes it, so that the reader learns on what it will
read. Each line is {"set", "id", "question", "text", "spans", "kind"}; `spans` are the
occurrences of the gold answers in `text`, none where it does not answer.
Kinds:

- gold: the passage of the gold document that holds an answer;
- retrieved: the best passages by our own retriever that hold none of the answers;
- cut: the gold passage without its sentences that hold an answer;
- swapped: the gold passage, and the question with a name or a number replaced by
  another one of the same passage or of the collection (after Jia & Liang 2017, section 4.1);
- turned: the gold passage, and the question with a word turned into its opposite
  or its verb denied (the kinds of Rajpurkar et al. 2018, table 1);
- unanswerable: written to be so (SQuAD 2.0), with the passage it was written for.

A passage of a sentence or two stands in company: between two others of the collection.

Of every set a quarter of the articles is left out, for validation and to calibrate on (`parts` says which).
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
from qa.evaluation.questions import Question, read_questions
from source.spans import Span

_NAME = re.compile(r"\b[A-Z][\w’'-]+(?:\s[A-Z][\w’'-]+)*\b|\b\d[\d,.]*\b")
_WORD = re.compile(r"(?<!\bhow )\b[a-z]+\b", re.IGNORECASE)
_AUXILIARY = re.compile(r"\b(?:is|are|was|were|do|does|did|can|could|will|would|has|have|had)\b", re.IGNORECASE)
_DENIALS = {
    "is": "isn't", "are": "aren't", "was": "wasn't", "were": "weren't", "do": "don't", "does": "doesn't",
    "did": "didn't", "can": "can't", "could": "couldn't", "will": "won't", "would": "wouldn't", "has": "hasn't",
    "have": "haven't", "had": "hadn't",
}  # fmt: skip
_PAIRS = """first last, more less, before after, largest smallest, larger smaller, big small, long short,
high low, highest lowest, higher lower, early late, earlier later, earliest latest, old new, oldest newest,
older younger, begin end, began ended, start stop, started stopped, increase decrease, increased decreased,
north south, northern southern, east west, eastern western, good bad, best worst, better worse, win lose, won lost,
inside outside, above below, always never, liked disliked, love hate,
loved hated, accept reject, accepted rejected, support oppose, supported opposed, build destroy, built destroyed,
rise fall, rose fell, opened closed, male female, man woman, men women, public private, legal illegal,
strong weak, fast slow, easy difficult, positive negative, internal external, major minor, maximum minimum,
common rare, rich poor, import export, arrive leave, arrived left, enter exit, same different,
cheap expensive, hot cold, light dark, happy sad, true false, allowed forbidden, possible impossible, join leave,
joined left, appear disappear, attack defend, remember forget, buy sell, bought sold, son daughter,
husband wife, father mother, brother sister, king queen, friend enemy, success failure, include exclude,
included excluded, encourage discourage, agree disagree, create abolish, created abolished, add remove, added removed,
modern ancient, rural urban, national international, single multiple, direct indirect, formal informal"""
OPPOSITES = {
    word: other
    for pair in _PAIRS.replace("\n", " ").split(",")
    for word, other in (pair.split(), reversed(pair.split()))
}
_RETRIEVED = 2  # passages without an answer for each question
_NEAR = 0.7  # of the replaced names: by one of the same passage
_DENIED = 0.1  # of the questions without a word that has an opposite
_SHORT = 250  # characters; a shorter passage gets company
_MOST_QUESTIONS = 16  # about one passage

Example = dict[str, Any]


def parts(folder: Path) -> dict[str, str]:
    """To which part of a set each question belongs: "train" or "validation".

    Whole articles go to a part, so that no passage of the one is read in the other.
    """
    article = {record["id"]: record.get("doc", record["id"]) for record in _records(folder / "passages.jsonl")}
    written_for = {}
    for record in _records(folder / "questions.jsonl"):
        passages = [*record.get("gold_passage_ids", []), *record.get("near_passage_ids", [])]
        written_for[str(record["id"])] = article.get(passages[0], passages[0]) if passages else str(record["id"])
    return {id: "validation" if zlib.crc32(name.encode()) % 4 == 1 else "train" for id, name in written_for.items()}


def validation_part(folder: Path) -> list[Question]:
    """The questions of a set that the reader has not learnt."""
    part = parts(folder)
    return [each for each in read_questions(folder / "questions.jsonl") if part[each.id] == "validation"]


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
        self.known = set(self.names[False] + self.names[True])

    def of(self, question: Question, near: Sequence[str]) -> Iterator[Example]:
        """The examples of a question. `near`: the documents it was written for, where it has no answer."""
        if not question.answerable:
            near_rows = [row for id in near for row in self.rows.get(id, [])]
            for row in near_rows:
                yield self._example(question.question, self.store.passage(row).text, [], "unanswerable")
            return
        gold = self._gold(question)
        for row, spans in gold:
            yield self._example(question.question, self.store.passage(row).text, spans, "gold")
        if gold:
            yield from self._near_misses(question, gold[0][0])
        hits = [hit.passage for hit in self.book.retrieve(question.question, k=10)]
        without = [hit.text for hit in hits if not occurrences(hit.text, question.answers)]
        for text in without[:_RETRIEVED]:
            yield self._example(question.question, text, [], "retrieved")

    def _example(self, question: str, text: str, spans: Sequence[tuple[int, int]], kind: str) -> Example:
        """A line of the file; a short text between two others."""
        before = after = ""
        if len(text) < _SHORT and kind != "cut":
            before, after = (self.store.passage(self.random.randrange(len(self.store))).text for _ in range(2))
            before, after = before[-_SHORT:] + " ", " " + after[:_SHORT]
        moved = [[start + len(before), end + len(before)] for start, end in spans]
        return {"question": question, "text": before + text + after, "spans": moved, "kind": kind}

    def _gold(self, question: Question) -> list[tuple[int, list[tuple[int, int]]]]:
        """The rows of the gold documents' passages that hold an answer, and where."""
        rows = [row for id in sorted(question.gold_passage_ids) for row in self.rows.get(id, [])]
        found = ((row, occurrences(self.store.passage(row).text, question.answers)) for row in rows)
        return [(row, spans) for row, spans in found if spans]

    def _near_misses(self, question: Question, row: int) -> Iterator[Example]:
        if cut := self._cut(row, question.answers):
            yield self._example(question.question, cut, [], "cut")
        text = self.store.passage(row).text
        if swapped := self._swapped(question.question, text):
            yield self._example(swapped, text, [], "swapped")
        if turned := self._turned(question.question):
            yield self._example(turned, text, [], "turned")

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

    def _swapped(self, question: str, text: str) -> str:
        """The question with one name or number replaced, by one of the passage if there is one; else empty."""
        named = [match for match in _NAME.finditer(question) if match.start() > 0]
        if not named:
            return ""
        match = self.random.choice(named)
        number = match.group()[0].isdigit()
        near = [
            each
            for each in _names_of(text)
            if each in self.known and each[0].isdigit() == number and each not in question
        ]
        other = self.random.choice(near if near and self.random.random() < _NEAR else self.names[number])
        return "" if other == match.group() else question[: match.start()] + other + question[match.end() :]

    def _turned(self, question: str) -> str:
        """The question with one word turned into its opposite, or else denied now and then; else empty."""
        words = [match for match in _WORD.finditer(question) if match.group().lower() in OPPOSITES]
        if words:
            match = self.random.choice(words)
            return question[: match.start()] + OPPOSITES[match.group().lower()] + question[match.end() :]
        verb = _AUXILIARY.search(question)
        if verb is None or self.random.random() > _DENIED:
            return ""
        return f"{question[: verb.start()]}{_DENIALS[verb.group().lower()]}{question[verb.end() :]}"

    def _names(self) -> dict[bool, list[str]]:
        """The names, and the numbers, of the collection; a word that is also written small is no name."""
        texts = [self.store.passage(row).text for row in range(len(self.store))]
        small = {word for text in texts for word in re.findall(r"\b[a-z]+\b", text)}
        found: dict[bool, list[str]] = {False: ["Anna"], True: ["7"]}
        for name in (name for text in texts for name in _names_of(text) if name.lower() not in small):
            found[name[0].isdigit()].append(name)
        return found


def _names_of(text: str) -> list[str]:
    return [match.group() for match in _NAME.finditer(text) if match.start() > 0]


def examples(folder: Path, seed: int) -> Iterator[Example]:
    """The examples of a set's part for training."""
    near, part = near_passages(folder), parts(folder)
    with tempfile.TemporaryDirectory() as scratch:
        build(Path(scratch), [folder / "passages.jsonl"])
        maker = Maker(qa.load(scratch), seed)
        for question in _at_most(read_questions(folder / "questions.jsonl"), maker.random):
            if part[question.id] == "train":
                for each in maker.of(question, near.get(question.id, ())):
                    yield {"set": folder.name, "id": question.id, **each}


def _at_most(questions: list[Question], drawn: random.Random) -> Iterator[Question]:
    """The questions in an order of chance, without those about a passage that has had enough."""
    drawn.shuffle(questions)
    counts: dict[frozenset[str], int] = {}
    for question in questions:
        counts[question.gold_passage_ids] = counts.get(question.gold_passage_ids, 0) + 1
        if not question.gold_passage_ids or counts[question.gold_passage_ids] <= _MOST_QUESTIONS:
            yield question


def near_passages(folder: Path) -> dict[str, Sequence[str]]:
    """Which passages each unanswerable question was written for."""
    records = _records(folder / "questions.jsonl")
    return {str(record["id"]): record.get("near_passage_ids") or () for record in records}


def _records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("sets", type=Path, nargs="+", metavar="SET_DIR")
    arguments = parser.parse_args()
    counts: dict[str, int] = {}
    with arguments.out.open("w", encoding="utf-8") as file:
        for number, folder in enumerate(arguments.sets):
            for each in examples(folder, number):
                counts[f"{folder.name} {each['kind']}"] = counts.get(f"{folder.name} {each['kind']}", 0) + 1
                file.write(json.dumps(each, ensure_ascii=False) + "\n")
    for name, count in sorted(counts.items()):
        print(f"{name:40} {count:7,}")


if __name__ == "__main__":
    main()
