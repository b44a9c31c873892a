"""Arguments that must be lists: a single string, which Python would take letter by letter, is refused everywhere."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qa_fixtures import build_book

import app
import qa
from index import build, changes, threads
from qa.evaluation.feedback import record
from qa.verification.verify import verify
from qa.web.api.endpoints import Api
from qa.web.state import AppState
from source import pairs, paths, scan, strings

Call = Callable[[Any], object]
QUESTION = "What does the ferryman of Kalmar carry?"
FERRY = "The ferryman of Kalmar carries nineteen clocks."
NO_LISTS = [
    "abc",
    "",
    b"",
    {},
    0,
    False,
    "ferry.md\n",
    b"abc",
    bytearray(b"a"),
    {"ferry.md": True},
    (id for id in ["ferry.md"]),
    iter("a"),
    7,
    True,
]
NO_STRINGS = [[None], ["ferry.md", 7], [b"ferry.md"], [["ferry.md"]]]


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Call]:
    """Every function with a list of strings or of paths."""
    folder = tmp_path_factory.mktemp("arguments")
    book = build_book(folder, {"ferry.md": FERRY})
    index = folder / "index"
    library, api = qa.Library(index), Api(AppState(index, log=lambda line: None))
    return {
        "ask history": lambda given: book.ask(QUESTION, history=given),
        "ask documents": lambda given: book.ask(QUESTION, documents=given),
        "ask with hits": lambda given: book.now().ask_with_hits(QUESTION, given),
        "retrieve": lambda given: book.retrieve(QUESTION, documents=given),
        "endpoint ask history": lambda given: api.ask(QUESTION, history=given),
        "endpoint ask documents": lambda given: api.ask(QUESTION, documents=given),
        "endpoint retrieve": lambda given: api.retrieve(QUESTION, documents=given),
        "feedback": lambda given: record(folder / "feedback.jsonl", QUESTION, given, None, True),
        "remove": library.remove,
        "put back": library.put_back,
        "without": lambda given: scan([folder / "in"], without=given),
        "rebuild": lambda given: qa.rebuild(index, given),
        "watch": lambda given: qa.watch(index, given, print),
        "library": lambda given: qa.Library(index, given),
        "build": lambda given: build(index, given),
        "changes": lambda given: next(changes(index, given)),
        "scan": scan,
        "verify": lambda given: verify(_answer(folder, book), given),
        "add": library.add,
    }


def _answer(folder: Path, book: qa.Book) -> Path:
    file = folder / "answer.json"
    file.write_text(json.dumps(qa.answer_json(book.ask(QUESTION))), encoding="utf-8")
    return file


def test_what_is_no_list_is_refused_with_what_to_pass(calls: dict[str, Call]) -> None:
    for name, call in calls.items():
        for given in [*NO_LISTS, *NO_STRINGS]:
            with pytest.raises(qa.UsageError, match=r"^\w+ must be a list of (strings|paths|pairs)") as error:
                call(given)
            assert len(str(error.value)) < 120, (name, given)


def test_a_single_string_is_answered_with_the_way_to_write_it() -> None:
    with pytest.raises(qa.UsageError) as error:
        strings("a.md", "documents")
    assert str(error.value) == (
        "documents must be a list of strings, not str. Put a single one into a list: documents=[…]."
    )
    with pytest.raises(qa.UsageError, match=r"not \w*Path\. Put a single one into a list: sources=\[…\]"):
        paths(Path("a"), "sources")


@pytest.mark.parametrize("given", [["a", "b"], ("a", "b"), deque("ab"), {"a": 1, "b": 2}.keys()])
def test_any_kind_of_list_is_taken(given: object) -> None:
    assert strings(given, "ids") == paths(given, "sources") == ["a", "b"]


def test_nothing_is_an_empty_list(calls: dict[str, Call]) -> None:
    for name in ("ask history", "ask documents", "retrieve"):
        calls[name](None)
    assert strings(None, "ids") == []


def test_files_to_add_are_pairs() -> None:
    assert pairs([("a.txt", "/tmp/a"), ["b.txt", Path("b")]], "files") == [("a.txt", "/tmp/a"), ("b.txt", Path("b"))]
    for given in (["ab"], [("a.txt",)], [("a.txt", 7)], [(7, "a.txt")], [("a", "b", "c")]):
        with pytest.raises(qa.UsageError, match="files must be a list of pairs"):
            pairs(given, "files")


@pytest.mark.parametrize("given", [2.5, 1.0, None, "3", [3], np.array([1, 2]), 0, -1, 1001])
def test_k_is_a_whole_number(tmp_path: Path, given: Any) -> None:
    book = build_book(tmp_path, {"ferry.md": FERRY})
    for call in (book.ask, book.retrieve):
        with pytest.raises(qa.UsageError, match="k must be"):
            call(QUESTION, k=given)
        assert call(QUESTION, k=np.int64(2))  # type: ignore[arg-type]


def test_documents_may_be_an_array(tmp_path: Path) -> None:
    book = build_book(tmp_path, {"ferry.md": FERRY, "other.md": FERRY})
    answer = book.ask(QUESTION, documents=np.array(["other.md"]))  # type: ignore[arg-type]
    assert answer.quotes[0].document.id == "other.md"
    assert not answer.quotes[0].elsewhere


def test_ids_filters_and_paths_of_an_index_are_strings(tmp_path: Path) -> None:
    book = build_book(tmp_path, {"ferry.md": FERRY})
    for call in (book.document, lambda given: book.page_picture(given, 1)):
        with pytest.raises(KeyError):
            call(7)  # type: ignore[arg-type]
    with pytest.raises(qa.UsageError, match="filter must be a string"):
        qa.Library(tmp_path / "index").entries(book.now(), 0, 2, None)  # type: ignore[arg-type]
    with pytest.raises(qa.UsageError, match="null character"):
        qa.load("\0")
    with pytest.raises(qa.IndexMissing) as error:
        qa.load(b"\xff".decode(errors="surrogateescape"))
    assert str(error.value).encode()


def test_a_number_of_threads_of_any_length_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAPTER_VERSE_THREADS", "9" * 5000)
    with pytest.raises(qa.UsageError, match="It must be a number from 1 to 256") as error:
        threads()
    assert len(str(error.value)) < 150


@pytest.mark.parametrize("given", [None, 7, b"Who?", ["Who?"]])
def test_a_question_is_a_string(tmp_path: Path, given: Any) -> None:
    book = build_book(tmp_path, {"ferry.md": FERRY})
    for call in (book.ask, book.retrieve, Api(AppState(tmp_path / "index", log=lambda line: None)).ask):
        with pytest.raises(qa.UsageError, match="The question must be a string"):
            call(given)


def test_an_option_for_several_sources_may_be_given_several_times() -> None:
    given = app._parser().parse_args(["--source", "a", "b", "--port", "7861", "--source", "c"])
    assert given.source == ["a", "b", "c"]
    assert app._parser().parse_args([]).source == []
