"""Checking that every quote of a saved answer is still at its place."""

from __future__ import annotations

import contextlib
import copy
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pdf_fixtures import paragraph, pdf
from qa_fixtures import build_book

import qa
from qa.__main__ import main
from qa.verification import verify as verify_module
from qa.verification.verify import verify
from source import Span, UsageError

TEXT = "The Zorblax bridge was opened in 1931. It is painted green.\n"
QUESTION = "When was the Zorblax bridge opened?"


@pytest.fixture
def qa_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A saved answer that quotes the file `deep/bridge.txt` of the folder `sources` beside it."""
    monkeypatch.chdir(tmp_path)
    files = {"deep/bridge.txt": TEXT, "other/bridge.txt": "Comets have tails.\n"}
    return save(tmp_path, qa.answer_json(build_book(tmp_path, files).ask(QUESTION)))


def save(folder: Path, answer: object) -> Path:
    path = folder / "answer.json"
    path.write_text(json.dumps(answer), "utf-8")
    return path


def changed(path: Path, **fields: Any) -> Path:
    """The answer with only its first quote, and other values in some of its fields."""
    answer = json.loads(path.read_text())
    answer["quotes"] = [{**answer["quotes"][0], **fields}]
    return save(path.parent, answer)


def reasons(path: Path, *sources: str) -> set[tuple[bool, str]]:
    return {(verdict.verified, verdict.reason) for verdict in verify(path, sources)}


def test_every_quote_is_found(qa_saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert reasons(qa_saved, "sources") == {(True, "found")}
    assert main(["verify", str(qa_saved), "sources"]) == 0
    assert "✓ deep/bridge.txt: found: “The Zorblax bridge was opened in 1931." in capsys.readouterr().out


def test_without_sources_the_paths_of_the_quotes_are_read(qa_saved: Path) -> None:
    """A file of a folder is found by its path, although read alone it would have another id."""
    assert {verdict.document for verdict in verify(qa_saved)} >= {"deep/bridge.txt"}
    assert reasons(qa_saved) == {(True, "found")}


def test_a_collection_is_found_again_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [json.dumps({"_id": "b", "text": TEXT}), json.dumps({"id": "c", "text": "Comets have tails."})]
    book = build_book(tmp_path, {"all.jsonl": "\n".join(lines)})
    assert reasons(save(tmp_path, qa.answer_json(book.ask(QUESTION)))) == {(True, "found")}


def test_moved_text_is_detected(qa_saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = qa_saved.parent / "sources/deep/bridge.txt"
    file.write_text("A new first line.\n" + TEXT)
    moved = "not found there: it moved to paragraph 2, line 2, from 18 to "
    assert all(reason.startswith(moved) for _, reason in reasons(changed(qa_saved)) if "moved" in reason)
    assert any("it moved" in reason for _, reason in reasons(changed(qa_saved)))
    assert main(["verify", str(qa_saved)]) == 1
    assert "✗ deep/bridge.txt" in capsys.readouterr().out


def test_searching_takes_linear_time() -> None:
    """Attack: a saved answer whose words occur nowhere, and would take minutes to look for."""
    started = time.process_time()
    assert verify_module.find_changed("yes " * 20_000, "no no no " + "yes " * 400) is None
    assert verify_module.find_moved("yes " * 50_000 + "no", "yes " * 25_000 + "maybe") is None
    assert verify_module.find_moved("a yes " * 50_000 + "yes\n no", "yes yes no") == Span(299_994 + 2, 299_994 + 13)
    assert time.process_time() - started < 3  # it once took minutes


def test_text_changed_elsewhere_leaves_the_quote_verified(qa_saved: Path) -> None:
    (qa_saved.parent / "sources/deep/bridge.txt").write_text(TEXT + "\nOne more paragraph.\n")
    assert reasons(changed(qa_saved)) >= {(True, "found, though the file has changed elsewhere")}


def test_other_words_are_detected(qa_saved: Path) -> None:
    """Attack: a saved answer whose words were changed."""
    saved = json.loads(qa_saved.read_text())

    def complaint(**fields: Any) -> str:
        path = changed(save(qa_saved.parent, saved), **fields)
        (first, *_) = [verdict for verdict in verify(path) if not verdict.verified]
        return first.reason.removeprefix("not found there: ")

    was = "The Zorblax bridge was opened in 1932."
    assert complaint(text=was) == "it changed, at paragraph 1, line 1, to “The Zorblax bridge was opened in”"
    assert complaint(text="Nothing like it was ever said.") == "it is gone"
    assert complaint(start=-38, end=0).startswith("it moved to paragraph 1, line 1, from 0 to ")
    assert complaint(end=10**9).startswith("it moved to paragraph 1, line 1, from 0 to ")


def test_quotes_of_a_page_are_verified_with_their_boxes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bridge.pdf").write_bytes(pdf([paragraph(["The Zorblax bridge was opened in 1931."])]))
    qa.rebuild(tmp_path / "index", ["bridge.pdf"])
    saved = save(tmp_path, qa.answer_json(qa.load(tmp_path / "index").ask(QUESTION)))
    assert reasons(saved) == {(True, "found")}
    (box,) = json.loads(saved.read_text())["quotes"][0]["boxes"]
    for other in ({"left": box["left"] + 0.1}, {"page": 2}):
        complaint = (False, "its boxes don't match its words on the page")
        assert reasons(changed(saved, boxes=[{**box, **other}])) >= {complaint}
    page = [
        *paragraph(["A new first line stands here."]),
        *paragraph(["The Zorblax bridge was opened in 1931."], y=300),
    ]
    (tmp_path / "bridge.pdf").write_bytes(pdf([[], page]))
    assert any("it moved to page 2, from 31 to 69" in reason for _, reason in reasons(changed(saved)))
    with pytest.raises(UsageError, match="isn't a saved answer"):
        verify(changed(saved, boxes=[{"page": "1"}]))


@pytest.mark.parametrize("span", [{"start": 0, "end": 1000}, {"start": -5, "end": 2}, {"start": 9, "end": 3}])
def test_a_highlight_outside_the_quote_is_detected(qa_saved: Path, span: dict[str, int]) -> None:
    assert reasons(changed(qa_saved, highlights=[span])) >= {(False, "a highlight is outside the quote")}


def test_a_document_that_is_not_there(qa_saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (False, "the document is not among the sources") in reasons(qa_saved, "sources/other")
    (qa_saved.parent / "sources/deep/bridge.txt").unlink()
    assert main(["verify", str(qa_saved)]) == 2
    assert "No such file or folder: sources/deep/bridge.txt" in capsys.readouterr().err


def test_every_quote_of_a_conversation_is_judged(qa_saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(qa_saved.read_text())
    count = len(answer["quotes"]) + len(answer["nearest"])
    other = {**answer, "quotes": [{**answer["quotes"][0], "text": "Nothing like it was ever said."}]}
    saved = save(qa_saved.parent, {"conversation": [answer, {**answer, "quotes": [], "nearest": []}, other]})
    verdicts = verify(saved)
    assert [verdict.verified for verdict in verdicts] == [True] * count + [False] + [True] * (len(verdicts) - count - 1)
    assert main(["verify", str(saved)]) == 1
    capsys.readouterr()
    assert main(["verify", str(save(qa_saved.parent, {"conversation": []}))]) == 0
    assert capsys.readouterr().out == "There are no quotes in this file.\n"
    anything: tuple[object, ...] = (answer, [answer, 5], [{}])
    for broken in anything:
        with pytest.raises(UsageError, match="isn't a saved answer"):
            verify(save(qa_saved.parent, {"conversation": broken}))


def test_an_answer_without_quotes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(save(tmp_path, {"quotes": []}))]) == 0
    assert capsys.readouterr().out == "There are no quotes in this file.\n"


def test_a_quote_that_names_a_folder_is_refused(qa_saved: Path) -> None:
    """Somebody else's answer must not make `verify` read the whole disk."""
    quote = json.loads(qa_saved.read_text())["quotes"][0]
    for path in ("/", "sources", ""):
        with pytest.raises(UsageError, match="isn't a saved answer"):
            verify(changed(qa_saved, document={**quote["document"], "path": path}))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "5", '"quotes"', '{"quotes": 5}', "[" * 100_000, "\ufeff{}"])
def test_what_is_no_answer(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text, "utf-8")
    with pytest.raises(UsageError, match=r"a\.json isn't a saved answer. Save one with `python -m qa ask --json`"):
        verify(tmp_path / "a.json")


def test_bytes_that_are_not_text(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"\xff\x00")
    for path in (tmp_path / "a.json", tmp_path):
        with pytest.raises(UsageError, match="isn't a saved answer"):
            verify(path)
    with pytest.raises(UsageError, match=r"No such file: .*missing\.json\."):
        verify(tmp_path / "missing.json")


LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=6) | st.just("\ud800")
)
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["quotes", "text", "start", "x"]), inner)
    ),
    max_leaves=6,
)
GOOD = {
    "quotes": [
        {
            "text": TEXT[:38], "start": 0, "end": 38, "highlights": [{"start": 33, "end": 37}],
            "document": {"id": "bridge.txt", "title": "bridge", "path": "bridge.txt", "sha256": "0" * 64},
        }
    ],
    "nearest": [],
}  # fmt: skip
PLACES: list[tuple[str | int, ...]] = [
    ("quotes",), ("nearest",), ("quotes", 0), ("quotes", 0, "text"), ("quotes", 0, "start"), ("quotes", 0, "end"),
    ("quotes", 0, "highlights"), ("quotes", 0, "highlights", 0), ("quotes", 0, "highlights", 0, "end"),
    ("quotes", 0, "document"), ("quotes", 0, "document", "id"), ("quotes", 0, "document", "path"),
    ("quotes", 0, "document", "sha256"),
]  # fmt: skip


@settings(max_examples=300)
@given(place=st.sampled_from(PLACES), value=ANY_JSON)
def test_any_json_in_any_place_gives_verdicts_or_a_usage_error(
    tmp_path_factory: pytest.TempPathFactory, place: tuple[str | int, ...], value: object
) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "bridge.txt").write_text(TEXT)
    answer: Any = copy.deepcopy(GOOD)
    inner = answer
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    path = save(folder, answer)
    with contextlib.chdir(folder):
        try:
            verdicts = verify(path, ["bridge.txt"]) + verify(path)
        except UsageError as error:
            assert "\n" not in str(error)
        else:
            for verdict in verdicts:
                f"{verdict.document}{verdict.text}".encode()  # it is printable
