"""What several test modules share: the real encoder, loaded once, and short ways to look at a document."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from hypothesis import settings

from index.encoder.load import load_encoder
from index.encoder.protocol import Encoder
from index.settings import DEFAULT_MODEL

# Tests build with the default encoder, whatever is installed and whatever their documents' languages.
os.environ["CHAPTER_VERSE_LANGUAGE"] = "english"

# A shell starts what runs in the background with SIGINT ignored, and so would be every child that a test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("shared", deadline=None)  # what else a machine does makes an example slow, and no fault
settings.load_profile("shared")

SIZE = 200_000
HOSTILE = {
    "parentheses": "(" * SIZE,
    "hashes": "# " * (SIZE // 2),
    "blank lines": "\n \n" * (SIZE // 3),
    "dashes": "- " * (SIZE // 2),
    "document.": "document." * (SIZE // 9),
    "one letter": "a" * SIZE,
    "open quotes": "“" * SIZE,
    "brackets": "[" * SIZE,
    "escaped brackets": "\\[" * (SIZE // 2),
    "bracket heading": "# " + "[" * SIZE,
    "tag heading": "# " + "<" * SIZE,
    "image heading": "# " + "![a](" * (SIZE // 5),
    "backticks": "`a" * (SIZE // 2),
    "quote marks": ">" * SIZE,
    "spaces in a title": "---\ntitle: a" + " " * SIZE + "b\n---\ntext",
    "spaces in a function": "(" * 100 + "function" + " " * SIZE,
    "buttons": "Menu\n\n" * (SIZE // 6),
    "rules": "----\n\n" * (SIZE // 6),
    "tags": "<div>\n" * (SIZE // 6),
    "open tags": "<a" * (SIZE // 2),
    "table": "a|b\n-|-\n" + "x|y\n" * (SIZE // 20),
    "code": "a;\n" * (SIZE // 3),
    "assignments": "var a = b; " * (SIZE // 11),
    "selectors": "a " * (SIZE // 2) + "{",
    "headings": ("Heading\n\n" + "x" * 40 + ".\n\n") * (SIZE // 52),
    "carriage returns": "\r" * SIZE,
    "numbers": "1." * (SIZE // 2),
}
"""Strings on which a careless pattern takes quadratic time or worse."""


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return load_encoder(DEFAULT_MODEL)


@pytest.fixture
def within() -> Callable[[float], AbstractContextManager[None]]:
    """Fails what takes longer than so many seconds of this process's own time, or on a slow machine so much more."""

    @contextmanager
    def limit(seconds: float) -> Iterator[None]:
        allowed = seconds * max(1.0, _reckoning() / _USUAL_RECKONING)
        start = time.process_time()
        yield
        assert time.process_time() - start < allowed

    return limit


@pytest.fixture
def in_child() -> Callable[[Callable[[], object]], None]:
    """Checks that a function ends without an error in a forked process, within a minute."""
    if not hasattr(os, "fork"):
        pytest.skip("the system has no forks")
    return _in_child


def _in_child(do: Callable[[], object]) -> None:
    child = os.fork()
    if not child:
        try:
            do()
        except BaseException as error:
            os.write(2, f"in the child: {error!r}\n".encode())
            os._exit(1)
        os._exit(0)
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert os.waitstatus_to_exitcode(status) == 0
            return
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    raise AssertionError("the child hangs")


_USUAL_RECKONING = 0.01  # seconds


def _reckoning() -> float:
    """Seconds that a fixed piece of work takes here, now."""
    start = time.process_time()
    sum(number * number for number in range(200_000))
    return time.process_time() - start


@pytest.fixture(params=sorted(HOSTILE))
def hostile(request: pytest.FixtureRequest) -> str:
    return HOSTILE[request.param]
