"""Forked processes: a child answers as its parent does, and neither disturbs the other."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace

import numpy as np
import pytest
from pdf_fixtures import paragraph, pdf
from qa_fixtures import build_book

import qa
from index.blas import _one_thread, product
from qa import find
from qa.rebuild import exclusive_build
from source.spans import Span, SpanIndex

PASSAGES = 420  # more than are compared without FAISS's help
QUESTION = "Who is the keeper of lighthouse 7?"
SECONDS = 60
InChild = Callable[[Callable[[], object]], None]
HOME = Path(__file__).parents[2]


def texts() -> dict[str, str]:
    names = ["Astrid Lindqvist", "Peter Lund", "Maria Orlova", "Anna Holm", "Ivan Petrov"]
    about = "## Lighthouse {at}\n\nThe keeper of lighthouse {at} is {name}, who has {at} ships."
    return {"keepers.md": "\n\n".join(about.format(at=at, name=names[at % 5]) for at in range(PASSAGES))}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> qa.Book:
    """A book that has been asked. It was built here too, with all threads of FAISS."""
    made = build_book(tmp_path_factory.mktemp("forks"), texts())
    assert "Maria Orlova" in made.ask(QUESTION).quotes[0].text
    return made


def boat(pages: list[str]) -> bytes:
    """A PDF with a paragraph on each page."""
    lines = ("The captain {} the boat to a friend who", "had asked for it in 1931. It had two masts.")
    return pdf([paragraph([line.format(what) for line in lines]) for what in pages])


def test_a_child_answers_as_its_parent_and_so_does_a_child_of_it(book: qa.Book, in_child: InChild) -> None:
    answer, hits = book.ask(QUESTION), book.retrieve(QUESTION)

    def same() -> None:
        assert book.ask(QUESTION) == answer and book.retrieve(QUESTION) == hits

    def both() -> None:
        same()
        in_child(same)

    in_child(both)
    same()


_asked: list[qa.Book] = []


def _ask(question: str) -> qa.Answer:
    return _asked[0].ask(question)


def test_the_processes_of_a_pool_answer(book: qa.Book) -> None:
    _asked[:] = [book]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map_async(_ask, [QUESTION] * 4).get(SECONDS) == [book.ask(QUESTION)] * 4


def test_a_child_that_is_forked_during_questions_answers(book: qa.Book, in_child: InChild) -> None:
    answer, ended = book.ask(QUESTION), Event()

    def ask() -> None:
        while not ended.is_set():
            book.ask(QUESTION)

    def same() -> None:
        assert book.ask(QUESTION) == answer

    asking = Thread(target=ask)
    asking.start()
    try:
        for _ in range(4):
            in_child(same)
    finally:
        ended.set()
        asking.join()


def test_a_product_that_is_being_computed_during_a_fork_ends(
    in_child: InChild, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where BLAS computes it in several threads: OpenBLAS doesn't take a limit from every thread."""
    limit = SimpleNamespace(restore_original_limits=lambda: None)
    monkeypatch.setattr("index.blas._blas", lambda: SimpleNamespace(limit=lambda limits: limit))
    one, other = np.ones((200, 384), np.float32), np.ones((384, 4000), np.float32)
    ended = Event()

    def compute() -> None:
        while not ended.is_set():
            product(one, other)

    computing = Thread(target=compute, daemon=True)
    computing.start()
    for _ in range(30):
        in_child(lambda: None)
    ended.set()
    computing.join(20)
    assert not computing.is_alive()


@contextmanager
def held_elsewhere(lock: AbstractContextManager[object]) -> Iterator[None]:
    """Holds a lock in another thread."""
    held, enough = Event(), Event()

    def hold() -> None:
        with lock:
            held.set()
            enough.wait(SECONDS)

    holding = Thread(target=hold)
    holding.start()
    held.wait(SECONDS)
    try:
        yield
    finally:
        enough.set()
        holding.join()


def locks() -> dict[str, AbstractContextManager[object]]:
    return {
        "matrix product": _one_thread()._lock,
        "find": find._folded_document().cache_lock or nullcontext(),
        "build": exclusive_build(lambda *_: None),
        "lazy property": getattr(SpanIndex.__dict__["_order"], "lock", None) or nullcontext(),
    }


@pytest.mark.parametrize("name", sorted(locks()))
def test_a_lock_that_another_thread_holds_is_free_in_a_child(book: qa.Book, name: str, in_child: InChild) -> None:
    answer = book.ask(QUESTION)

    def use_it() -> None:
        assert book.ask(QUESTION) == answer
        assert find.find_in(book.document("keepers.md"), "lighthouse 9")
        assert not SpanIndex([]).overlap(Span(0, 1))
        with exclusive_build(lambda *_: os._exit(2)):
            pass

    with held_elsewhere(locks()[name]):
        in_child(use_it)


def test_a_child_opens_the_next_generation_although_a_thread_of_its_parent_was_about_to(
    tmp_path: Path, in_child: InChild
) -> None:
    book = build_book(tmp_path, {"a.txt": "The bridge was opened in 1931."})
    build_book(tmp_path, {"a.txt": "The bridge was opened in 1777."})

    def ask() -> None:
        assert "1777" in book.ask("When was the bridge opened?").quotes[0].text

    with held_elsewhere(book._opening()):
        in_child(ask)


def test_a_child_builds_an_index(book: qa.Book, tmp_path: Path, in_child: InChild) -> None:
    """Also from a file that a parser process reads, with those of the parent still there."""
    files = texts()
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources/boat.pdf").write_bytes(boat(["sold"]))

    def build() -> None:
        built = build_book(tmp_path, files)
        assert built.ask(QUESTION).quotes[0].text == book.ask(QUESTION).quotes[0].text
        assert built.ask("When did the captain sell the boat?").answered

    in_child(build)


_ENDS = """
import os, sys
from pathlib import Path
from source import temporary_folder
from source.sandbox.page_images import _pool
import qa

book = qa.load(sys.argv[1])
def picture(page):
    return book.page_picture("pages.pdf", page)
picture(1)
(parser,) = _pool()._free
with temporary_folder() as folder:
    child = os.fork()
    if not child:
        picture(2)
        del book
        sys.exit()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert folder.exists(), "the child has removed a folder of its parent"
assert not folder.exists()
assert parser.alive, "the child has ended a parser of its parent"
picture(2)
assert _pool()._free == [parser]
assert book.ask("Who sold the boat?").answered
print("fine")
"""


def test_a_child_that_ends_leaves_what_its_parent_uses(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources/pages.pdf").write_bytes(boat(["sold", "painted"]))
    build_book(tmp_path, {})
    ran = subprocess.run(
        [sys.executable, "-c", _ENDS, str(tmp_path / "index")],
        cwd=HOME,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert (ran.stdout, ran.stderr) == ("fine\n", "")
