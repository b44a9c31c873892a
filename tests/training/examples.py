"""What the reader learns from: questions with passages that answer them, and with passages that do not.

    python tests/training/examples.py OUT.jsonl [SET_DIR...] [--headed] [--invented N] [--most N] [--validation]

A passage is one as the index makes it, after its context, so that the reader learns on what it will read. With
`--headed`, the sets' passages stand in documents with headings (`headed.py`); `--invented` makes so many documents with
tables, lists, codes and steps (`invented.py`) and questions to them. One question in three is short, misspelt, of
keywords, polite or wordy (`question_forms.py`).

Each line is {"set", "id", "question", "text", "spans", "answers", "kind"}; `spans` are the occurrences of the gold
answers in `text`, none where it does not answer, or where the answer is long or not known. Kinds:

- gold: the passage of the gold document that holds an answer;
- retrieved: the best passages by our own retriever that hold none of the answers;
- cut: the gold passage without its sentences that hold an answer;
- swapped, turned, renamed: the question or the passage is changed so that they do not fit (`near_misses.py`);
- unanswerable: written to be so (SQuAD 2.0), with the passage it was written for;
- statement: a yes/no question made of a sentence, with that sentence's passage.

A passage of a sentence or two stands in company: between two others of the collection.

Of every set a quarter of the articles is left out, for validation and to calibrate on (`parts` says which).
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from headed import write_headed
from invented import write_invented
from near_misses import NearMisses
from question_forms import in_form

import qa
from index import build, language_of
from qa.evaluation.questions import Question, read_questions
from source.spans import Span

_SHORT = 250  # characters; a shorter passage without headings gets company
_MOST_QUESTIONS = 16  # about one passage
_LONGEST = 160  # characters of an answer whose words are learnt; a longer one is a clause or more
_FORMS = {"plain": 67, "short": 9, "misspelt": 8, "keywords": 8, "polite": 5, "wordy": 3}  # percent
_WITHIN = {"cuad_contracts_train", "fairytaleqa_train"}  # asked within one document: the questions do not name it
_STATEMENT = re.compile(
    r"(?P<subject>(?:The |A |An )?[A-Z]?[\w’'-]+(?: [\w’'-]+){0,3}) "
    r"(?P<verb>is|are|was|were|can|could|will|must|may|has) (?P<rest>(?!that |to )[\w’'-]+(?: [\w’'-]+){1,10})[.,;]"
)
_PRONOUNS = re.compile(r"(?:It|Its|He|His|She|Her|They|Their|This|That|These|Those|There|We|You|I|Who|Which|What)\b")
_STATEMENTS = 0.08  # of the passages with a question

Example = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Collection:
    """Sources and questions to them.

    `regions`: where in which document a gold passage stands; left out: it is the whole document of that id.
    `near`: the documents that an unanswerable question was written for. `within`: those it is asked within.
    """

    name: str
    sources: Sequence[Path]
    questions: Sequence[Question]
    regions: Mapping[str, tuple[str, Span]] = field(default_factory=dict)
    near: Mapping[str, Sequence[str]] = field(default_factory=dict)
    within: Mapping[str, Sequence[str]] = field(default_factory=dict)


def parts(folder: Path) -> dict[str, str]:
    """To which part of a set each question belongs: "train" or "validation".

    Whole articles go to a part, so that no passage of the one is read in the other.
    """
    article = {record["id"]: record.get("doc", record["id"]) for record in _records(folder / "passages.jsonl")}
    written_for = {}
    for record in _records(folder / "questions.jsonl"):
        passages = [*record.get("gold_passage_ids", []), *record.get("near_passage_ids", [])]
        own = record.get("doc", str(record["id"]))
        written_for[str(record["id"])] = article.get(passages[0], passages[0]) if passages else own
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
    """Makes the examples of one collection."""

    def __init__(self, book: qa.Book, collection: Collection, seed: int) -> None:
        self.book, self.store, self.collection = book, book.store, collection
        self.random = Random(seed)
        self.rows: dict[str, list[int]] = {}
        for row in range(len(self.store)):
            self.rows.setdefault(self.store.passage(row).document_id, []).append(row)
        texts = (self.store.passage(row).text for row in range(len(self.store)))
        self.misses = NearMisses(texts, self.random)

    def of(self, question: Question) -> Iterator[Example]:
        """The examples of a question."""
        (form,) = self.random.choices(list(_FORMS), list(_FORMS.values()))
        if form not in ("plain", "misspelt") and language_of(question.question) != "en":
            form = "plain"  # the others put English words around the question, or leave some out
        for example in self._plain(question):
            if form != "plain" and example["kind"] != "statement":
                example["question"] = in_form(form, example["question"])
            yield {"set": self.collection.name, "id": question.id, **example}

    def _plain(self, question: Question) -> Iterator[Example]:
        asked = question.question
        if not question.answerable:
            yield from (self._example(asked, row, [], "unanswerable") for row in self._found(question)[:2])
            return
        gold = self._gold(question)
        for row, spans in gold[:2]:
            yield self._example(asked, row, spans, "gold")
        without = [row for row in self._found(question) if row not in {row for row, _ in gold}]
        if not gold or self.random.random() < 0.75:
            yield from (self._example(asked, row, [], "retrieved") for row in without[: self.random.choice([1, 1, 2])])
        if gold:
            yield from self._near_miss(question, gold[0][0])
            if self.random.random() < _STATEMENTS:
                yield from self._statement(gold[0][0])

    def _example(
        self, question: str, row: int, spans: Sequence[tuple[int, int]], kind: str, text: str | None = None
    ) -> Example:
        """A line of the file; a short text between two others. `spans`: in the text, after its context."""
        context = self.store.context(row)
        text = self.store.passage(row).text if text is None else text
        before = after = ""
        if len(text) < _SHORT and kind != "cut" and not self.collection.regions:
            before, after = (self.store.passage(self.random.randrange(len(self.store))).text for _ in range(2))
            before, after = before[-_SHORT:] + " ", " " + after[:_SHORT]
        offset = len(context) + len(before)
        short = [[start + offset, end + offset] for start, end in spans if end - start <= _LONGEST]
        whole = context + before + text + after
        answers = int(kind in ("gold", "statement"))
        return {"question": question, "text": whole, "spans": short, "answers": answers, "kind": kind}

    def _gold(self, question: Question) -> list[tuple[int, list[tuple[int, int]]]]:
        """The rows of the passages that hold an answer, and where; all of the gold document if no answer is known."""
        found = []
        for id in sorted(question.gold_passage_ids):
            document, region = self.collection.regions.get(id, (id, None))
            for row in self.rows.get(document, []):
                start = self.store.span(row).start
                spans = [
                    (a, b)
                    for a, b in occurrences(self.store.passage(row).text, question.answers)
                    if region is None or (a + start >= region.start and b + start <= region.end)
                ]
                if spans or not question.answers:
                    found.append((row, spans))
        return found

    def _found(self, question: Question) -> list[int]:
        """The rows of the best passages without an answer."""
        within = self.collection.near.get(question.id) or self.collection.within.get(question.id, ())
        hits = self.book.retrieve(question.question, k=10, documents=within)
        gold = {self.collection.regions.get(id, (id, None))[0] for id in question.gold_passage_ids}
        known = bool(question.answers)
        return [
            row
            for hit in hits
            for row in self.rows[hit.passage.document_id]
            if self.store.span(row) == hit.passage.span
            and not occurrences(hit.passage.text, question.answers)
            and (known or hit.passage.document_id not in gold)
        ]

    def _near_miss(self, question: Question, row: int) -> Iterator[Example]:
        """One of the near misses that can be made of it."""
        text, context, asked = self.store.passage(row).text, self.store.context(row), question.question
        made: list[Example] = []
        if question.answers and (cut := self._cut(row, question.answers)):
            made.append(self._example(asked, row, [], "cut", cut))
        if swapped := self.misses.swapped(asked, context + text):
            made.append(self._example(swapped, row, [], "swapped"))
        if turned := self.misses.turned(asked):
            made.append(self._example(turned, row, [], "turned"))
        if renamed := self.misses.renamed(asked, context + text, question.answers):
            made.append({**self._example(asked, row, [], "renamed"), "text": renamed})
        if made:
            yield self.random.choice(made)

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

    def _statement(self, row: int) -> Iterator[Example]:
        """A yes/no question that a sentence of the passage answers; the sentence is the answer."""
        text = self.store.passage(row).text
        matches = (match for match in _STATEMENT.finditer(text) if _opens(text, match.start()))
        found = [match for match in matches if not _PRONOUNS.match(match["subject"])]
        if not found:
            return
        match = self.random.choice(found)
        subject = match["subject"]
        subject = subject[0].lower() + subject[1:] if subject.startswith(("The ", "A ", "An ")) else subject
        question = f"{match['verb'].capitalize()} {subject} {match['rest']}?"
        yield self._example(question, row, [(match.start(), match.end() - 1)], "statement")


def _opens(text: str, start: int) -> bool:
    """Whether a sentence opens there."""
    return start == 0 or text[start - 2 : start] in (". ", "? ", "! ", ".\n")


def examples(collection: Collection, seed: int) -> Iterator[Example]:
    """The examples of a collection."""
    with tempfile.TemporaryDirectory() as scratch:
        build(Path(scratch), collection.sources)
        maker = Maker(qa.load(scratch), collection, seed)
        for question in collection.questions:
            yield from maker.of(question)


def set_of(folder: Path, part: str, most: int | None, seed: int, documents: Path | None = None) -> Collection:
    """A part of a set, of its questions at most `most`. `documents`: where its documents with headings are written."""
    belongs = parts(folder)
    questions = [each for each in read_questions(folder / "questions.jsonl") if belongs[each.id] == part]
    chosen = list(_at_most(questions, Random(seed)))[:most]
    records = {str(record["id"]): record for record in _records(folder / "questions.jsonl")}
    near = {id: record.get("near_passage_ids") or () for id, record in records.items()}
    if documents:
        regions = write_headed(folder, chosen, documents, seed)
        near = {id: [regions[each][0] for each in ids if each in regions] for id, ids in near.items()}
        return Collection(f"{folder.name}, headed", [documents], chosen, regions, near)
    within: dict[str, Sequence[str]] = {}
    if folder.name in _WITHIN:
        by_document: dict[str, list[str]] = {}
        for record in _records(folder / "passages.jsonl"):
            by_document.setdefault(record["doc"], []).append(record["id"])
        within = {each.id: by_document[records[each.id]["doc"]] for each in chosen}
    return Collection(folder.name, [folder / "passages.jsonl"], chosen, {}, near, within)


def _at_most(questions: list[Question], drawn: Random) -> Iterator[Question]:
    """The questions in an order of chance, without those about a passage that has had enough."""
    drawn.shuffle(questions)
    counts: dict[frozenset[str], int] = {}
    for question in questions:
        counts[question.gold_passage_ids] = counts.get(question.gold_passage_ids, 0) + 1
        if not question.gold_passage_ids or counts[question.gold_passage_ids] <= _MOST_QUESTIONS:
            yield question


def _records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]


def collections(arguments: argparse.Namespace, scratch: Path) -> Iterator[Collection]:
    """What the command line asks for."""
    part = "validation" if arguments.validation else "train"
    for seed, folder in enumerate(arguments.sets):
        documents = scratch / folder.name if arguments.headed else None
        yield set_of(folder, part, arguments.most, seed, documents)
    if arguments.invented:
        questions, regions, near = write_invented(scratch / "invented", arguments.invented, part)
        # Other documents may have the same thing, and answer.
        within = {each.id: [regions[id][0]] for each in questions for id in each.gold_passage_ids}
        yield Collection("invented", [scratch / "invented"], questions, regions, near, within)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("sets", type=Path, nargs="*", metavar="SET_DIR")
    parser.add_argument("--headed", action="store_true", help="put the passages into documents with headings")
    parser.add_argument("--invented", type=int, default=0, metavar="N", help="also make so many documents")
    parser.add_argument("--most", type=int, help="questions of each set")
    parser.add_argument("--validation", action="store_true", help="of the part that the reader does not learn")
    arguments = parser.parse_args()
    counts: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as scratch, arguments.out.open("w", encoding="utf-8") as file:
        for seed, collection in enumerate(collections(arguments, Path(scratch))):
            for each in examples(collection, seed):
                name = f"{collection.name} {each['kind']}"
                counts[name] = counts.get(name, 0) + 1
                file.write(json.dumps(each, ensure_ascii=False) + "\n")
    for name, count in sorted(counts.items()):
        print(f"{name:50} {count:7,}")


if __name__ == "__main__":
    main()
