"""The page answers from the newest generation, whichever process built it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from qa_fixtures import build_book

import qa
from qa.library import Added
from qa.web.state import AppState

pytestmark = pytest.mark.usefixtures("encoder")


def test_a_build_by_another_process_is_used_from_the_next_question(tmp_path: Path) -> None:
    build_book(tmp_path, {"a.txt": "The Zorblax bridge was opened in 1931."})
    state = AppState(tmp_path / "index")
    before = state.book
    assert list(state.titles) == ["a"]
    build_book(tmp_path, {"a.txt": "The Zorblax bridge was opened in 1777.", "b.txt": "Comets have tails of dust."})
    assert list(state.titles) == ["a", "b"]
    assert "1777" in state.book.ask("When was the Zorblax bridge opened?").quotes[0].text
    assert "1931" in before.ask("When was the Zorblax bridge opened?").quotes[0].text
    assert state.book is state.book


def test_a_page_whose_index_is_damaged_rebuilds_it_from_the_same_documents(tmp_path: Path) -> None:
    """As "Rescan source files" does, while the page runs."""
    build_book(tmp_path, {"a.txt": "The Zorblax bridge was opened in 1931."})
    build_book(tmp_path, {"b.txt": "Comets have tails of dust."})
    state = AppState(tmp_path / "index")
    newest, oldest = (tmp_path / "index" / "generations" / name / "sources.json" for name in ("000002", "000001"))
    newest.write_bytes(newest.read_bytes()[:-1])
    assert _rescanned(state) == ("done", "Built: 2 documents, 2 passages, generation 000003 (2 added).")
    (tmp_path / "index" / "generations" / "000003" / "sources.json").unlink()
    oldest.unlink()
    said = _rescanned(state)
    assert said[0] == "failed" and "Name its sources: `python -m index build SOURCE …" in said[1]
    assert [each.id for each in state.book.documents()] == ["a.txt", "b.txt"]


def _rescanned(state: AppState) -> tuple[str, str]:
    state.builds.start(lambda progress: Added(state.library.rebuild(progress)))
    end = time.monotonic() + 30
    while state.builds.now.state == "running" and time.monotonic() < end:
        time.sleep(0.02)
    return state.builds.now.state, state.builds.now.report


def test_questions_work_even_if_suggestions_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(book: qa.Edition) -> list[str]:
        raise IndexError("list index out of range")

    build_book(tmp_path, {"a.txt": "The Zorblax bridge was opened in 1931."})
    monkeypatch.setattr("qa.web.state.suggested_questions", failing)
    state = AppState(tmp_path / "index")
    assert state.examples == ()
    assert "list index out of range" in caplog.text
    assert "1931" in state.book.ask("When was the Zorblax bridge opened?").quotes[0].text
