"""A program may change its working folder; and an index is rebuilt from any folder, by cron for instance."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

import index
import qa
from index.folder import build as build_module

pytestmark = pytest.mark.usefixtures("encoder")

QUESTION = "When was the bridge of Alpha opened?"
OPENED = {"here": "The bridge of Alpha was opened in 1931.", "elsewhere": "The bridge of Alpha was opened in 1777."}


@pytest.fixture
def projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two folders that each have `docs` and an index of it; the working folder is the first, `here`."""
    for name in ("elsewhere", "here"):
        folder = tmp_path / name
        (folder / "docs").mkdir(parents=True)
        (folder / "docs" / "a.txt").write_text(OPENED[name])
        monkeypatch.chdir(folder)
        index.build("idx", ["docs"])
    return tmp_path


def text(book: qa.Book) -> str:
    return book.ask(QUESTION).quotes[0].text


def test_a_book_stays_with_its_index(projects: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book, library = qa.load("idx"), qa.Library("idx")
    monkeypatch.chdir(projects / "elsewhere")
    index.build("idx", ["docs"], full=True)
    assert text(book) == OPENED["here"]
    (projects / "more.txt").write_text("There is more.")
    assert library.add([("more.txt", projects / "more.txt")]).refused == ()
    assert {each.id for each in book.documents()} == {"a.txt", "more.txt"}
    assert text(book) == OPENED["here"]


@pytest.mark.parametrize("folder", ["elsewhere", ""])
def test_an_index_is_rebuilt_from_its_own_sources(projects: Path, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    (projects / "here" / "docs" / "b.txt").write_text("There is more.")
    root = projects / "here" / "idx"
    monkeypatch.chdir(projects / folder)
    qa.rebuild(root)
    book = qa.load(root)
    assert {each.id for each in book.documents()} == {"a.txt", "b.txt"}
    assert text(book) == OPENED["here"]
    qa.Library(root).remove(["b.txt"])
    assert text(book) == OPENED["here"]


def test_sources_of_a_library_or_a_watch_stay_the_same(projects: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = qa.Library("idx", ["docs"])
    reports: list[str] = []
    stop, begun = Event(), Event()

    def tell(report: str) -> None:
        reports.append(report)
        begun.set()

    watching = Thread(target=qa.watch, args=("idx", ["docs"], tell, stop))
    watching.start()
    assert begun.wait(20)
    monkeypatch.chdir(projects / "elsewhere")
    begun.clear()
    (projects / "here" / "docs" / "b.txt").write_text("There is more.")
    assert begun.wait(20)
    stop.set()
    watching.join(20)
    assert "1 added" in reports[-1]
    library.rebuild()
    assert text(qa.load(projects / "here" / "idx")) == OPENED["here"]
    assert len(list(qa.load(projects / "elsewhere" / "idx").documents())) == 1


def test_an_index_of_an_earlier_version_is_not_rebuilt_for_the_paths_that_it_lacks(
    projects: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_from = build_module._made_from

    def earlier(*arguments: Any) -> dict[str, Any]:
        return {name: value for name, value in made_from(*arguments).items() if name != "absolute_roots"}

    with monkeypatch.context() as patched:
        patched.setattr(build_module, "_made_from", earlier)
        index.build("old", ["docs"])
    assert "absolute_roots" not in index.open_store("old").sources()
    assert index.build("old", ["docs"]).up_to_date
    assert index.build("old").up_to_date
    assert text(qa.load("old")) == OPENED["here"]
    (projects / "here" / "docs" / "b.txt").write_text("There is more.")
    index.build("old")
    assert index.open_store("old").sources()["absolute_roots"] == [str(projects / "here" / "docs")]
