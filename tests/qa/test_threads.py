"""Questions where no thread can be started: after the main thread has ended, and where the system has none left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import index

HOME = Path(__file__).parents[2]
QUESTION = "Who signed the lease of the mill?"
ANSWER = "The lease of the mill was signed by Peter Lund."
AFTER_MAIN = r"""
import atexit, sys, threading, time
from pathlib import Path
import qa
root, sources, question = sys.argv[1:]
book = qa.load(root)

def say(text):
    sys.stdout.write(text + "\n")  # at once, unlike `print`
    sys.stdout.flush()

def ask():
    threading.main_thread().join()
    say(book.ask(question).quotes[0].text)

def rebuild():
    threading.main_thread().join()
    Path(sources, "more.txt").write_text("There is more.")
    say(qa.rebuild(root, [sources]))

atexit.register(lambda: say(book.ask(question).quotes[0].text))
for function in (ask, ask, rebuild):
    threading.Thread(target=function).start()
"""
NO_THREADS = """
import os, resource, sys
import qa
book = qa.load(sys.argv[1])
encoder = book.encoder
if not os.geteuid():
    os.setuid(65534)  # the limit doesn't apply to root
soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
long = "The keeper counted the ships. " * 1000
for limit in (1, soft):
    resource.setrlimit(resource.RLIMIT_NPROC, (limit, hard))
    print(book.ask(sys.argv[3]).quotes[0].text)
    assert len(encoder.pieces([long])[0]) == 6000
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "lease.txt").write_text(ANSWER)
    (folder / "ships.txt").write_text("The keeper counted the ships.")
    return folder


def output(program: str, sources: Path) -> list[str]:
    root = sources.parent / "index"
    index.build(root, [sources])
    done = subprocess.run(
        [sys.executable, "-c", program, root, sources, QUESTION], cwd=HOME, capture_output=True, text=True, timeout=60,
        env={**os.environ, "CHAPTER_VERSE_THREADS": "2"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_threads_that_outlive_the_main_thread_are_answered(sources: Path) -> None:
    *answers, report = sorted(output(AFTER_MAIN, sources), key=lambda line: line.startswith("Built"))
    assert answers == [ANSWER] * 3
    assert "1 added" in report


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit is Linux's")
def test_a_question_needs_no_thread_and_a_shortage_of_them_passes(sources: Path) -> None:
    assert output(NO_THREADS, sources) == [ANSWER] * 2
