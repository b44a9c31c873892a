"""The page answers from the newest generation, whichever process built it."""

from __future__ import annotations

from pathlib import Path

import pytest
from qa_fixtures import build_book

import qa
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
