"""Watching sources: changes are built, and other files ignored."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import qa
from index import FolderStore, build, changes

pytestmark = pytest.mark.usefixtures("encoder")


def wait(holds: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return holds()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("The keeper counted the ships.\n")
    return tmp_path / "in"


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_an_index_follows_its_sources(folder: Path, stop: threading.Event) -> None:
    root = folder / "index"  # an index among its sources is not one of them
    qa.rebuild(root, [folder])
    book = qa.load(root)
    told: list[str] = []
    threading.Thread(target=qa.watch, args=(root, (), told.append, stop), daemon=True).start()
    assert wait(lambda: len(told) == 1)  # changes before the start are built too
    assert "Up to date: 1 document," in told[0]
    (folder / "b.txt").write_text("They went north.\n")
    assert wait(lambda: book.store.documents == 2)
    (folder / "a.txt").unlink()
    assert wait(lambda: book.store.documents == 1)
    (folder / "b.txt").unlink()  # nothing is left to build from: the index stays as it is
    assert wait(lambda: "No readable documents found" in told[-1])
    assert book.store.documents == 1
    (folder / "c.txt").write_text("They came back.\n")
    assert wait(lambda: "1 added, 1 removed" in told[-1])
    assert [each.id for each in book.documents()] == ["c.txt"]
    count = len(told)
    time.sleep(2)
    assert len(told) == count  # its own writing does not wake it


def test_only_changes_of_the_sources_count(folder: Path, stop: threading.Event) -> None:
    seen: list[None] = []

    def listen() -> None:
        seen.extend(changes(folder.parent / "index", [folder / "a.txt"], stop))

    threading.Thread(target=listen, daemon=True).start()
    time.sleep(2.5)
    (folder / "b.txt").write_text("Beside it.\n")
    (folder / ".hidden.txt").write_text("Hidden.\n")
    time.sleep(1.5)
    (folder / "new.txt").write_text("Another.\n")
    (folder / "new.txt").rename(folder / "a.txt")  # as editors save
    time.sleep(1.5)
    stop.set()
    assert wait(lambda: len(seen) == 2)  # the beginning, and the file


def test_the_index_is_not_a_source(folder: Path) -> None:
    build(folder / "index", [folder])
    assert build(folder / "index", [folder]).up_to_date
    assert FolderStore(folder / "index").documents == 1


def test_documents_added_to_the_index_are_followed(folder: Path, stop: threading.Event) -> None:
    root = folder.parent / "index"
    qa.rebuild(root, [folder])
    book = qa.load(root)
    told: list[str] = []
    threading.Thread(target=qa.watch, args=(root, (), told.append, stop), daemon=True).start()
    assert wait(lambda: len(told) == 1)
    (root / "added").mkdir()
    (root / "added" / "b.txt").write_text("They went north.\n")
    assert wait(lambda: book.store.documents == 2)
    (root / "left-out.json").write_text('["a.txt"]')
    assert wait(lambda: [each.id for each in book.documents()] == ["b.txt"])


def test_sources_that_cannot_be_watched_are_told(folder: Path) -> None:
    qa.rebuild(folder / "index", [folder])
    told: list[str] = []
    qa.watch(folder / "index", ["x" * 5000], told.append)
    assert len(told) == 1 and "File name too long" in told[0]
