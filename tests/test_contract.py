"""The public API, and the command lines: their output, errors and exit status."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import inspect
import json
import pickle
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from qa_fixtures import build_book

import index.__main__
import qa
import qa.__main__
from index import Passage
from source import Document, NotRead, Place, SourceEmpty, Span

pytest_plugins = ["qa_fixtures"]

QUESTION = "How much is the cumulative investment in Central Asian countries?"
WELCOME = "Who gave the welcome speech?"
QUOTE = {"text", "start", "end", "highlights", "document", "place", "score"}
DOCUMENT = {"id", "title", "path", "sha256"}
METRICS = [
    "hit@1", "hit@5", "mrr", "ndcg@10", "answer_in_quote@1", "answer_in_quotes@3", "quote_chars", "highlight_f1",
    "answerable_auroc", "coverage@90", "latency_p50_ms", "latency_p95_ms", "n", "n_answerable",
]  # fmt: skip


# The types


@pytest.mark.parametrize(
    ("type_", "fields"),
    [
        (Document, {"id", "title", "path", "sha256", "text", "regions", "places"}),
        (Span, {"start", "end"}),
        (Place, {"page", "heading", "paragraph", "line"}),
        (Passage, {"document_id", "span", "text"}),
        (qa.Hit, {"passage", "score", "rank"}),
        (qa.Quote, {"text", "span", "highlights", "place", "document", "score"}),
        (qa.DocumentRef, {"id", "title", "path", "sha256", "extractor"}),
        (qa.Answer, {"question", "state", "confidence", "quotes", "nearest", "searched_for", "facts", "remark"}),
    ],
)
def test_types_are_frozen_slotted_dataclasses_with_the_fields_of_the_design(type_: Any, fields: set[str]) -> None:
    assert {field.name for field in dataclasses.fields(type_)} >= fields
    assert type_.__dataclass_params__.frozen
    assert "__slots__" in vars(type_) and "__dict__" not in vars(type_)


def test_results_are_immutable(qa_article: qa.Book) -> None:
    answer = qa_article.ask(QUESTION)
    for changed, field in ((answer, "state"), (answer.quotes[0], "text"), (answer.quotes[0].span, "start")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(changed, field, None)
    assert isinstance(answer.quotes, tuple) and isinstance(answer.nearest, tuple)


def test_signatures() -> None:
    path = inspect.signature(qa.load).parameters["path"]
    assert path.default == qa.DEFAULT_INDEX == Path(".chapter-verse/index")
    retrieve = inspect.signature(qa.Book.retrieve)
    assert str(retrieve) == "(self, query: 'str', k: 'int' = 5, documents: 'Sequence[str]' = ()) -> 'list[Hit]'"
    ask = inspect.signature(qa.Book.ask)
    assert list(ask.parameters) == ["self", "question", "history", "k", "documents"]
    assert ask.parameters["history"].default == () and ask.parameters["k"].default == 3
    assert get_type_hints(qa.Book.ask)["history"] == Sequence[str]
    assert get_type_hints(qa.Book.ask)["return"] is qa.Answer


def test_public_names_exist_once_and_include_those_of_the_readme() -> None:
    assert len(set(qa.__all__)) == len(qa.__all__)
    assert all(hasattr(qa, name) for name in qa.__all__)
    assert set(qa.__all__) >= {
        "load", "rebuild", "Book", "Answer", "Hit", "Quote", "IndexMissing", "IndexCorrupt", "IndexIncompatible",
        "ChapterVerseError", "UsageError",
    }  # fmt: skip


def test_errors_are_one_tree() -> None:
    for name in (
        "IndexMissing",
        "IndexCorrupt",
        "IndexIncompatible",
        "IndexUnwritable",
        "EncoderMissing",
        "UsageError",
        "DocumentMissing",
    ):
        assert issubclass(getattr(qa, name), qa.ChapterVerseError)
    assert (qa.ChapterVerseError.exit_status, qa.UsageError.exit_status) == (1, 2)
    assert issubclass(qa.DocumentMissing, qa.UsageError)


def _sent(error: Exception) -> Any:
    """The error as another process gets it."""
    return pickle.loads(pickle.dumps(error))


def test_errors_survive_a_copy_and_another_process() -> None:
    empty = SourceEmpty("a.txt is empty.")
    empty.files = (Path("a.txt"),)
    own = {qa.DocumentMissing, NotRead}
    kinds = {kind for kind in vars(qa).values() if isinstance(kind, type) and issubclass(kind, Exception)} - own
    errors = [qa.DocumentMissing("nix.md"), NotRead([empty]), *(kind("It is so.") for kind in kinds)]
    for error in errors:
        again: Any = error
        for copied in (copy.copy, copy.deepcopy, _sent, copy.copy):
            again = copied(again)
        assert (type(again), str(again)) == (type(error), str(error))
    (only,) = _sent(errors[1]).errors
    assert (type(only), str(only), only.files) == (SourceEmpty, str(empty), empty.files)


def test_the_session_of_the_design(qa_article_index: Path) -> None:
    book = qa.load(str(qa_article_index))
    hits = book.retrieve("who spoke first?", k=4)
    assert len(hits) == 4 and all(isinstance(hit, qa.Hit) and isinstance(hit.passage, Passage) for hit in hits)
    answer = book.ask("who spoke first?", history=[])
    assert isinstance(answer, qa.Answer) and isinstance(answer.confidence, float)
    quote = (answer.quotes or answer.nearest)[0]
    assert isinstance(quote, qa.Quote) and isinstance(quote.highlights[0], Span) and isinstance(quote.place, Place)


# What is printed


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The output of a `python -m qa …` that succeeds."""
    assert qa.__main__.main(arguments) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def check_quote(book: qa.Book, quote: dict[str, Any]) -> None:
    assert set(quote) == QUOTE
    assert set(quote["document"]) >= DOCUMENT
    assert set(quote["place"]) == {"page", "heading", "paragraph", "line"}
    text = book.document(quote["document"]["id"]).text
    assert text[quote["start"] : quote["end"]] == quote["text"]
    for mark in quote["highlights"]:  # offsets in the document, too
        assert set(mark) == {"start", "end"}
        assert quote["start"] <= mark["start"] < mark["end"] <= quote["end"]


def test_ask_json(qa_article: qa.Book, qa_article_index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "ask", QUESTION, "--index", str(qa_article_index), "--json")
    assert out.count("\n") == 1 and "\\u" not in out
    answer = json.loads(out)
    assert set(answer) == {"question", "answered", "state", "confidence", "searched_for", "quotes", "nearest"}
    assert (answer["question"], answer["answered"], answer["nearest"]) == (QUESTION, True, [])
    assert answer["state"] == "answered"
    assert 0.5 <= answer["confidence"] <= 1
    assert "$ 30.5 billion" in answer["quotes"][0]["text"]
    marks = answer["quotes"][0]["highlights"]
    text = qa_article.document(answer["quotes"][0]["document"]["id"]).text
    assert [text[mark["start"] : mark["end"]] for mark in marks] == ["$ 30.5 billion"]
    for quote in answer["quotes"]:
        check_quote(qa_article, quote)


def test_not_answered_is_exit_status_0(
    qa_article: qa.Book, qa_article_index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--index", str(qa_article_index))
    answer = json.loads(run(capsys, "ask", "Who wrote Hamlet?", *where, "--json"))
    assert (answer["answered"], answer["state"], answer["quotes"]) == (False, "nothing found", [])
    assert 1 <= len(answer["nearest"]) <= 3
    for quote in answer["nearest"]:
        check_quote(qa_article, quote)
    assert run(capsys, "ask", "Who wrote Hamlet?", *where).startswith("No answer found in these documents (confidence ")


def test_an_unsure_answer_prints_the_closest_passages_first(
    qa_article: qa.Book, qa_article_index: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.ask.confidence.UNSURE", 0.0)
    where = ("--index", str(qa_article_index))
    answer = json.loads(run(capsys, "ask", "Who wrote Hamlet?", *where, "--json"))
    assert (answer["answered"], answer["state"], answer["quotes"]) == (False, "unsure", [])
    out = run(capsys, "ask", "Who wrote Hamlet?", *where)
    first = answer["nearest"][0]["text"]
    assert out.startswith(f"These passages come closest:\n\n“{first}”\n  — ")
    assert "No answer" not in out and "**" not in out and out.rstrip().endswith(f"{answer['confidence']:.0%}")


def test_ask_prints_the_quote_the_place_and_the_answer_marked(
    qa_article_index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = run(
        capsys, "ask", "Since when has world society not faced so many challenges?", "--index", str(qa_article_index)
    )
    assert "**1945**" in out and "paragraph" in out and ", line " in out and "Confidence " in out


def test_k_limits_the_quotes(qa_article_index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "ask", "Who wrote Hamlet?", "--k", "1", "--json", "--index", str(qa_article_index))
    assert len(json.loads(out)["nearest"]) == 1


def test_retrieve_json(qa_article: qa.Book, qa_article_index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(run(capsys, "retrieve", QUESTION, "--k", "4", "--json", "--index", str(qa_article_index)))
    assert set(found) == {"query", "hits"} and found["query"] == QUESTION
    assert [hit["rank"] for hit in found["hits"]] == [1, 2, 3, 4]
    for hit in found["hits"]:
        assert set(hit) == {"rank", "score", "text", "start", "end", "document"}
        assert qa_article.document(hit["document"]["id"]).text[hit["start"] : hit["end"]] == hit["text"]
    out = run(capsys, "retrieve", QUESTION, "--index", str(qa_article_index))
    assert out.startswith("1. (") and found["hits"][0]["text"] in out.replace("\n> ", "\n")  # a block quote


def test_evaluate(qa_article_index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    questions = tmp_path / "questions.jsonl"
    turn = {"role": "user", "text": WELCOME}
    lines = [
        {"id": "1", "question": WELCOME, "answers": ["Andrey Rudenko"], "answerable": True, "history": []},
        {"id": "2", "question": "How did he describe the region?", "answers": ["stable island"], "history": [turn]},
        {"id": "3", "question": "Who wrote Hamlet?", "answers": [], "answerable": False, "history": ["Why?"]},
    ]
    questions.write_text("\n".join(map(json.dumps, lines)))
    figures = json.loads(run(capsys, "evaluate", str(questions), "--json", "--index", str(qa_article_index)))
    assert set(figures) >= set(METRICS)
    assert all(isinstance(value, int | float) for value in figures.values())
    assert (figures["n"], figures["n_answerable"], figures["answer_in_quote@1"]) == (3, 2, 1)
    table = run(capsys, "evaluate", str(questions), "--index", str(qa_article_index))
    assert "mrr                    1.000  [1.000, 1.000]" in table
    assert [line.split()[0] for line in table.splitlines()] == list(figures)


def test_verify_of_a_saved_answer(qa_article_index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved = tmp_path / "answer.json"
    saved.write_text(run(capsys, "ask", QUESTION, "--json", "--index", str(qa_article_index)), "utf-8")
    assert run(capsys, "verify", str(saved)).startswith("✓ valdai-russia-central-asia.txt: found: “")
    answer = json.loads(saved.read_text("utf-8"))
    answer["quotes"][0]["start"] -= 1
    saved.write_text(json.dumps(answer))
    assert qa.__main__.main(["verify", str(saved)]) == 1
    assert capsys.readouterr().out.startswith("✗ valdai-russia-central-asia.txt: not found there: ")


def test_a_document_of_a_collection_has_the_id_of_its_line(tmp_path: Path) -> None:
    lines = [
        {"id": "one", "title": "First", "text": "Comets have tails."},
        {"_id": "two", "text": "Wolves eat berries."},
    ]
    book = build_book(tmp_path, {"c.jsonl": "\n".join(map(json.dumps, lines))})
    assert [(each.id, each.title) for each in book.documents()] == [("one", "First"), ("two", "two")]
    assert book.retrieve("What do wolves eat?")[0].passage.document_id == "two"


# Errors: one sentence on standard error that says what to do


def fails(capsys: pytest.CaptureFixture[str], status: int, main: Any, *arguments: str) -> str:
    """The error line of a command that fails with `status`."""
    assert main([str(argument) for argument in arguments]) == status
    out, err = capsys.readouterr()
    assert err.count("\n") == 1 and err.endswith(".\n") and "Traceback" not in err
    assert "✓" not in out and not out.startswith("{")
    return err


def test_no_index_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for main, command in ((qa.__main__.main, ["ask", QUESTION]), (index.__main__.main, ["status"])):
        told = fails(capsys, 1, main, *command, "--index", str(tmp_path / "none"))
        assert "No index found in" in told and "Run `python -m index build`" in told


@pytest.mark.parametrize("name", ["vectors.faiss", "tokens.npy", "documents.jsonl", "passages.npy", "manifest.json"])
def test_a_damaged_index(qa_article_index: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "index"
    shutil.copytree(qa_article_index, root)
    file = next(root.rglob(name))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    told = fails(capsys, 1, qa.__main__.main, "ask", QUESTION, "--index", str(root))
    assert name in told and "Run `python -m index build --index DIR` to repair it" in told
    assert name in fails(capsys, 1, index.__main__.main, "verify", "--index", str(root))
    file.unlink()
    assert "Run `python -m index build --index DIR` to repair it" in fails(
        capsys, 1, qa.__main__.main, "ask", QUESTION, "--index", str(root)
    )


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (["ask", ""], "Please type a question."),
        (["ask", " ?! "], "Please use words in your question."),
        (["ask", "a" * 100_000], "too long (100,000 characters; the limit is 2,000)"),
        (["ask", "who \udcff?"], "The question isn't valid UTF-8."),
        (["ask", QUESTION, "--k", "0"], "--k must be between 1 and 1000."),
        (["ask", QUESTION, "--k", "-3"], "--k must be between 1 and 1000."),
        (["retrieve", ""], "Please type a question."),
        (["retrieve", "a" * 100_000], "the limit is 2,000"),
        (["retrieve", QUESTION, "--k", "0"], "--k must be between 1 and 1000."),
    ],
)
def test_a_question_that_cannot_be_asked(
    qa_article_index: Path, arguments: list[str], remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert remedy in fails(capsys, 2, qa.__main__.main, *arguments, "--index", str(qa_article_index))


def test_missing_files(tmp_path: Path, qa_article_index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "missing")
    told = fails(capsys, 2, index.__main__.main, "build", missing, "--index", str(tmp_path / "index"))
    assert "No such file or folder" in told
    for command in ("evaluate", "verify"):
        assert fails(capsys, 2, qa.__main__.main, command, missing) == f"No such file: {missing}.\n"


def test_a_line_of_questions_that_is_not_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"id": 1, "question": "who?"}\nnonsense\n')
    assert "questions.jsonl, line 2 is not" in fails(capsys, 2, qa.__main__.main, "evaluate", str(questions))


def test_a_question_that_cannot_be_asked_stops_the_evaluation(
    tmp_path: Path, qa_article_index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"id": 1, "question": ""}\n')
    fails(capsys, 2, qa.__main__.main, "evaluate", str(questions), "--index", str(qa_article_index))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b'{"id": 1, "text": "x y"}\nnonsense', "line 2 is not JSON"),
        ("a.jsonl", b'{"id": 1, "text": "x y"}\n{"id": 1, "text": "z"}', "Two documents have the id '1'"),
        ("a.txt", b"", "is empty"),
        ("a.txt", bytes(range(256)) * 8, "a.txt"),
        ("a.xyz", b"text", "unsupported file type"),
    ],
)
def test_a_bad_source_keeps_the_old_index(
    tmp_path: Path, name: str, content: bytes, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    book = build_book(tmp_path, {"good.txt": "Comets have tails."})
    source = tmp_path / name
    source.write_bytes(content)
    where = ("--index", str(tmp_path / "index"))
    status = index.__main__.main(["build", str(source), *where])
    assert status == 1
    lines = capsys.readouterr().err.splitlines()
    assert message in lines[-1] and all(line.endswith("…") for line in lines[:-1])
    assert qa.load(tmp_path / "index").generation == book.generation


def test_wrong_usage_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    for main in (qa.__main__.main, index.__main__.main):
        for arguments in ([], ["nonsense"], ["ask", "--k", "many", "x"]):
            with pytest.raises(SystemExit) as stopped:
                main(arguments)
            assert stopped.value.code == 2
    assert "usage: python -m" in capsys.readouterr().err


def test_build_then_ask_as_a_program_is_run(tmp_path: Path, qa_article_index: Path) -> None:
    """The real command, in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "qa", "ask", "a" * 5000, "--index", str(qa_article_index)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "That question is too long (5,000 characters; the limit is 2,000).\n"


def test_a_port_in_use(tmp_path: Path) -> None:
    with contextlib.closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ran = subprocess.run([sys.executable, "app.py", "--port", port], capture_output=True, text=True, timeout=120)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == f"Port {port} is in use. Choose another with --port.\n"
