"""What a user gets for ordinary questions, kind by kind: right quotes that are shown or withheld, and wrong answers.

    python tests/benchmarks/ordinary.py FOLDER [--all] [--show KIND] [--json FILE] [--compare FILE]

FOLDER has `collections/NAME/` (documents) and `kinds/KIND.jsonl`: questions as `python -m qa evaluate` reads them,
with the `collection` and `kind` of each, perhaps `near` (words that the right quote holds beside the answer) and
`all_of` (all items of a list). A gold id names the documents whose id or path ends with it. Each collection is an
index of its own, or all together are one (`--all`).

- first, in 3: the first quote, or one of three, is from a gold document and holds an answer verbatim, white space
  aside, and `near`; whether the question is answered or not
- shown, wrong: answered, and the first quote is right, or is not
- false: answered, although nothing in the documents answers
- withheld: the first quote is right, but the question is not answered
- F1: SQuAD's token F1 of the marked words of right first quotes
- items: how many of the items of lists are quoted
- characters: the median length of the first quotes, lists aside

The second table is risk against coverage: what would be shown, wrong and false if questions were answered from each
confidence on. The best threshold has the least regret: it makes shown − wrong − false, the last column, largest.
`--show` prints the questions of a kind, and this table for them. `--compare` names the questions whose outcome is
another than in an earlier run's `--json`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from statistics import mean, median
from typing import Any

import qa
from index import build
from qa.evaluation.evaluate import is_right
from qa.evaluation.questions import Question, question_of

THRESHOLDS = [n / 10 for n in range(1, 10)]
COLUMNS = ("n", "unanswerable", "first", "in 3", "shown", "wrong", "false", "withheld", "F1", "items", "characters")
Figures = dict[str, float | str]
_WORD = re.compile(r"\w+")
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a kind, to a collection. `near` and `all_of`: see above."""

    question: Question
    kind: str
    collection: str
    near: str
    all_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """What came of a question. `items`: of its list, and `got`: those of them that are quoted."""

    kind: str
    collection: str
    id: str
    question: str
    answers: tuple[str, ...]
    answerable: bool
    answered: bool
    confidence: float
    first: bool
    in3: bool
    f1: float
    items: int
    got: int
    quote: str
    marks: tuple[str, ...]

    def outcome(self, threshold: float | None = None) -> str:
        """What a user gets: as it was answered, or as it were from `threshold` on."""
        answered = self.answered if threshold is None else self.confidence >= threshold
        if not self.answerable:
            return "false" if answered else "refused"
        if answered:
            return "shown" if self.first else "wrong"
        return "withheld" if self.first else "missed"


def questions_in(folder: Path) -> Iterator[Asked]:
    for file in sorted((folder / "kinds").glob("*.jsonl")):
        for number, line in enumerate(file.read_text("utf-8").split("\n"), 1):
            if line.strip():
                question, record = question_of(line, f"{file}, line {number}"), json.loads(line)
                kind, items = record.get("kind", file.stem), tuple(record.get("all_of") or ())
                yield Asked(question, kind, record["collection"], record.get("near") or "", items)


def with_ids(question: Question, book: qa.Book) -> Question:
    """The question with the ids of the book's documents in place of the ends of their paths."""
    return replace(
        question,
        gold_passage_ids=frozenset(_named(book, question.gold_passage_ids)),
        documents=tuple(_named(book, question.documents)),
    )


def judged(asked: Asked, book: qa.Book) -> Row:
    """Asks a question and judges the answer."""
    question = with_ids(asked.question, book)
    answer = book.ask(question.question, question.history, documents=question.documents)
    quotes = answer.quotes or answer.nearest
    right = [_is_right(quote, question, asked.near) for quote in quotes]
    marks = tuple(quotes[0].text_of(mark) for mark in quotes[0].highlights) if quotes else ()
    together = " ".join(_squashed(quote.text) for quote in quotes)
    return Row(
        kind=asked.kind,
        collection=asked.collection,
        id=question.id,
        question=question.question,
        answers=question.answers,
        answerable=question.answerable,
        answered=answer.answered,
        confidence=answer.confidence,
        first=any(right[:1]),
        in3=any(right[:3]),
        f1=max((_token_f1(mark, gold) for mark in marks for gold in question.answers), default=0.0),
        items=len(asked.all_of),
        got=sum(_squashed(item) in together for item in asked.all_of),
        quote=quotes[0].text if quotes else "",
        marks=marks,
    )


def _named(book: qa.Book, ends: Sequence[str] | frozenset[str]) -> Iterator[str]:
    """The ids of the documents whose id or path ends like one of `ends`; an end without any stays as it is."""
    known = [(each.id, (each.id, each.path)) for each in book.documents()] if ends else []
    for end in sorted(ends):
        found = [id for id, names in known if any(name.endswith(end) for name in names)]
        yield from found or [end]


def _is_right(quote: qa.Quote, question: Question, near: str) -> bool:
    return bool(question.answers) and is_right(quote, question) and _squashed(near) in _squashed(quote.text)


def _squashed(text: str) -> str:
    return " ".join(text.split())


def _token_f1(marked: str, gold: str) -> float:
    """SQuAD's F1, of runs of letters and digits without English articles."""
    one, other = (Counter(_WORD.findall(_ARTICLES.sub(" ", text.lower()))) for text in (marked, gold))
    common = (one & other).total()
    return 2 * common / (one.total() + other.total()) if common else 0.0


def figures(rows: Sequence[Row]) -> Figures:
    """The figures of some questions, in the order of COLUMNS."""
    answerable = [row for row in rows if row.answerable]
    right = [row for row in answerable if row.first]
    counts = Counter(row.outcome() for row in rows)
    items = sum(row.items for row in answerable)
    lengths = [len(row.quote) for row in answerable if row.quote and not row.items]
    lengths = lengths or [len(row.quote) for row in answerable if row.quote]
    return {
        "n": len(answerable),
        "unanswerable": len(rows) - len(answerable),
        "first": len(right),
        "in 3": sum(row.in3 for row in answerable),
        **{name: counts[name] for name in ("shown", "wrong", "false", "withheld")},
        "F1": round(mean(row.f1 for row in right), 4) if right else 0.0,
        "items": f"{sum(row.got for row in answerable)}/{items}" if items else "",
        "characters": median(lengths) if lengths else "",
    }


def shares(rows: Sequence[Row]) -> Figures:
    """The counts as shares of the answerable questions; of `false`, of the unanswerable ones."""
    found = figures(rows)
    whole = dict.fromkeys(("first", "in 3", "shown", "wrong", "withheld"), "n") | {"false": "unanswerable"}
    return {name: f"{float(found[name]) / float(found[of]):.2f}" for name, of in whole.items() if found[of]}


def table(rows: Sequence[Row]) -> str:
    """A line for each kind, and one for all."""
    by_kind = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    lines: list[tuple[str, Figures]] = [("kind", dict(zip(COLUMNS, COLUMNS, strict=True)))]
    lines += [(kind, figures(of_kind)) for kind, of_kind in by_kind.items()]
    lines += [("all", figures(rows)), ("share", shares(rows))]
    return "\n".join(
        f"{name[:24]:24} " + " ".join(_cell(values.get(c, ""), c) for c in COLUMNS) for name, values in lines
    )


def _cell(value: object, column: str) -> str:
    text = (
        f"{value:.2f}"
        if column == "F1" and isinstance(value, float)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )
    return text.rjust(max(6, len(column)))


def risk(rows: Sequence[Row]) -> str:
    """What users would get if questions were answered from each threshold on."""
    lines = ["threshold  shown  wrong  false  shown − wrong − false"]
    for threshold in THRESHOLDS:
        counts = Counter(row.outcome(threshold) for row in rows)
        shown, wrong, false = (counts[name] for name in ("shown", "wrong", "false"))
        lines.append(f"{threshold:9.1f} {shown:6} {wrong:6} {false:6} {shown - wrong - false:22}")
    return "\n".join(lines)


def changes(rows: Sequence[Row], earlier: Sequence[Row]) -> Iterator[str]:
    """A line for each question whose outcome is another than before."""
    before = {(row.kind, row.collection, row.id): row for row in earlier}
    for row in rows:
        was = before.get((row.kind, row.collection, row.id))
        if was and was.outcome() != row.outcome():
            confidence = f"{was.confidence:.2f} → {row.confidence:.2f}"
            yield f"{was.outcome():8} → {row.outcome():8}  {confidence}  {row.kind}: {row.question}"


def read_rows(path: Path) -> list[Row]:
    """The rows of an earlier `--json`."""
    return [Row(**record) for record in json.loads(path.read_text("utf-8"))["rows"]]


def books(folder: Path, scratch: Path, together: bool) -> Callable[[str], qa.Book]:
    """Gives a collection's book, or the one of all; each index is built when it is first asked for."""

    @cache
    def book(name: str) -> qa.Book:
        build(
            scratch / name, sorted((folder / "collections").iterdir()) if together else [folder / "collections" / name]
        )
        return qa.load(scratch / name)

    return lambda name: book("all" if together else name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--show", metavar="KIND")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--compare", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    earlier = read_rows(arguments.compare) if arguments.compare else []
    with tempfile.TemporaryDirectory() as scratch:
        book = books(arguments.folder, Path(scratch), arguments.all)
        rows = [judged(asked, book(asked.collection)) for asked in questions_in(arguments.folder)]
    if not rows:
        sys.exit(f"There are no questions in {arguments.folder}/kinds.")
    print(f"{table(rows)}\n\n{risk(rows)}")
    if shown := [row for row in rows if row.kind == arguments.show]:
        print(f"\n{arguments.show}\n{risk(shown)}")
        print("\n".join(json.dumps(_plain(row), ensure_ascii=False, indent=1) for row in shown))
    if arguments.compare:
        print("\n".join(["", *changes(rows, earlier)]))
    if arguments.json:
        kept = {"total": figures(rows), "rows": [asdict(row) for row in rows]}
        arguments.json.write_text(json.dumps(kept, ensure_ascii=False, indent=1), "utf-8")


def _plain(row: Row) -> dict[str, Any]:
    return {"outcome": row.outcome(), **asdict(row)}


if __name__ == "__main__":
    main()
