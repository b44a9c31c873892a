"""The benchmark of ordinary questions, on a handful whose outcomes can be told beforehand."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from qa_fixtures import build_book

import qa

sys.path.append(str(Path(__file__).parent / "benchmarks"))
from ordinary import Row, books, changes, figures, judged, main, questions_in, read_rows, risk, table

LAKE = "Ida Lund is the treasurer of the boat club.\n\nThe cabin key hangs\nbehind the stove, left of the door.\n"
RULES = "Do not leave these on the shore: glass bottles, fishing lines, charcoal.\n"
TREASURER: dict[str, Any] = {"question": "Who is the treasurer of the boat club?", "answers": ["Ida Lund"]}
KEY: dict[str, Any] = {"question": "Where does the cabin key hang?", "answers": ["hangs behind the stove"]}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> qa.Book:
    return build_book(tmp_path_factory.mktemp("lake"), {"papers/lake.txt": LAKE, "papers/rules.txt": RULES})


def rows(folder: Path, book: qa.Book, *records: dict[str, Any]) -> list[Row]:
    """What comes of these questions."""
    (folder / "kinds").mkdir(exist_ok=True)
    lines = [{"id": str(n), "collection": "lake", **record} for n, record in enumerate(records)]
    (folder / "kinds" / "plain.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return [judged(asked, book) for asked in questions_in(folder)]


@pytest.mark.parametrize(
    ("fields", "first"),
    [
        ({}, True),
        ({"gold_passage_ids": ["lake.txt"]}, True),
        ({"gold_passage_ids": ["papers/lake.txt", "elsewhere.txt"]}, True),
        ({"gold_passage_ids": ["rules.txt"]}, False),
        ({"gold_passage_ids": ["elsewhere.txt"]}, False),
        ({"near": "treasurer of  the"}, True),
        ({"near": "cabin"}, False),
        ({"answers": ["ida lund"]}, False),
        ({"answers": []}, False),
    ],
)
def test_when_the_first_quote_is_right(tmp_path: Path, book: qa.Book, fields: dict[str, Any], first: bool) -> None:
    (row,) = rows(tmp_path, book, {**TREASURER, **fields})
    assert (row.kind, row.first, row.in3, row.answered) == ("plain", first, first, True)
    assert row.outcome() == ("shown" if first else "wrong")


def test_marks_items_and_line_breaks(tmp_path: Path, book: qa.Book) -> None:
    listed = {"question": "What must not be left on the shore?", "answers": ["glass bottles"]}
    treasurer, key, items = rows(
        tmp_path, book, TREASURER, KEY, {**listed, "all_of": ["glass bottles", "charcoal", "tin cans"]}
    )
    assert (treasurer.marks, treasurer.f1) == (("Ida Lund",), 1.0)
    assert key.first, "white space aside"
    assert (items.items, items.got, items.first) == (3, 2, True)


def test_a_question_is_asked_with_its_history_and_in_its_documents(tmp_path: Path, book: qa.Book) -> None:
    history = [TREASURER["question"], {"role": "assistant", "text": "Ida Lund"}]
    (row,) = rows(tmp_path, book, {**TREASURER, "history": history, "documents": ["rules.txt"]})
    assert row.quote and row.quote in RULES


def made(outcome: str, confidence: float, **fields: Any) -> Row:
    """A row with an outcome."""
    row = Row("plain", "lake", outcome, "Who?", ("Ida",), True, True, confidence, True, True, 0.5, 0, 0, "Ida Lund", ())
    changed = {
        "shown": {},
        "withheld": {"answered": False},
        "wrong": {"first": False},
        "missed": {"first": False, "answered": False, "in3": False},
        "false": {"answerable": False},
        "refused": {"answerable": False, "answered": False},
    }
    return replace(row, **{**changed[outcome], **fields})


ALL = [
    made("shown", 0.95), made("shown", 0.65, id="2", quote="Ida Lund rows."), made("withheld", 0.45),
    made("wrong", 0.55), made("missed", 0.05, items=3, got=1, quote="x" * 900), made("false", 0.75),
    made("refused", 0.35),
]  # fmt: skip


def test_figures_count_the_outcomes() -> None:
    assert figures(ALL) == {
        "n": 5, "unanswerable": 2, "first": 3, "in 3": 4, "shown": 2, "wrong": 1, "false": 1, "withheld": 1,
        "F1": 0.5, "items": "1/3", "characters": 8,
    }  # fmt: skip
    last = table(ALL).splitlines()[-1].split()
    assert last == ["share", "0.60", "0.80", "0.40", "0.20", "0.50", "0.20"]
    assert figures([made("refused", 0.1)])["first"] == 0


def test_risk_counts_what_each_threshold_would_show() -> None:
    lines = [line.split() for line in risk(ALL).splitlines()[1:]]
    assert lines[0] == ["0.1", "3", "1", "2", "0"]
    assert lines[4] == ["0.5", "2", "1", "1", "0"]
    assert lines[8] == ["0.9", "1", "0", "0", "1"]


def test_the_questions_that_changed_are_named(tmp_path: Path) -> None:
    earlier = tmp_path / "earlier.json"
    before = [made("withheld", 0.31), made("shown", 0.9, id="same"), made("missed", 0.2, id="gone")]
    earlier.write_text(json.dumps({"rows": [asdict(row) for row in before]}))
    now = [made("shown", 0.62, id="withheld"), made("shown", 0.7, id="same"), made("wrong", 0.7, id="new")]
    assert list(changes(now, read_rows(earlier))) == ["withheld → shown     0.31 → 0.62  plain: Who?"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two collections and two questions, of which only the first has an answer in its own collection."""
    for name, text in (("lake", LAKE), ("shore", RULES)):
        (tmp_path / "collections" / name).mkdir(parents=True)
        (tmp_path / "collections" / name / f"{name}.txt").write_text(text)
    (tmp_path / "kinds").mkdir()
    asked = {**TREASURER, "id": "shown", "collection": "lake", "kind": "who", "gold_passage_ids": ["lake.txt"]}
    other = {**asked, "id": "refused", "collection": "shore", "answerable": False, "answers": []}
    (tmp_path / "kinds" / "who.jsonl").write_text(f"{json.dumps(asked)}\n\n{json.dumps(other)}\n")
    return tmp_path


def test_the_command_builds_asks_prints_and_compares(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = [made("shown", 0.9, kind="who"), made("refused", 0.1, kind="who", collection="shore")]
    (folder / "earlier.json").write_text(json.dumps({"rows": [asdict(row) for row in before]}))
    files = ["--json", str(folder / "now.json"), "--compare", str(folder / "earlier.json")]
    monkeypatch.setattr(sys, "argv", ["ordinary.py", str(folder), "--all", "--show", "who", *files])
    main()
    out = capsys.readouterr().out
    assert out.splitlines()[1].split()[:8] == ["who", "1", "1", "1", "1", "1", "0", "1"]
    assert '"outcome": "shown"' in out
    assert out.splitlines()[-1].startswith("refused  → false     0.10 → "), "the collections are one index"
    assert [row.outcome() for row in read_rows(folder / "now.json")] == ["shown", "false"]


def test_each_collection_is_an_index_of_its_own(folder: Path) -> None:
    own = books(folder, folder / "scratch", together=False)("shore")
    assert [each.id for each in own.documents()] == ["shore.txt"]
