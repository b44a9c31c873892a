"""The log of errors stays small, whatever clients send."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from qa.web.http.error_log import RepeatFilter

TESTS = Path(__file__).parents[3]


class Lines(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


class Clock:
    """A time that only tests advance."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(clock: Clock) -> logging.Logger:
    logger = logging.Logger("test")
    logger.addHandler(Lines())
    logger.handlers[0].addFilter(RepeatFilter(clock))
    return logger


def lines(log: logging.Logger) -> list[str]:
    (handler,) = log.handlers
    assert isinstance(handler, Lines)
    return handler.lines


def fails(log: logging.Logger, error: Exception) -> None:
    try:
        raise error
    except type(error):
        log.exception("It failed.")


def test_the_same_traceback_is_logged_once_a_minute(log: logging.Logger, clock: Clock) -> None:
    """Attack: requests that fail, thousands of them, to fill the disk with tracebacks."""
    for number in range(5_000):
        fails(log, KeyError(f"secret {number}"))
    assert len(lines(log)) == 10
    assert sum("Traceback" in line for line in lines(log)) == 1
    assert "Traceback" in lines(log)[0] and "KeyError: 'secret 0'" in lines(log)[0]
    assert lines(log)[1] == "It failed. (KeyError; the traceback is above)"
    assert "counted for a minute" in lines(log)[9]
    clock.seconds = 60
    fails(log, KeyError("secret"))
    assert "4,990 more of these were not logged" in lines(log)[10] and "Traceback" in lines(log)[10]


def test_other_errors_are_not_lost_in_a_flood(log: logging.Logger) -> None:
    for number in range(100):
        log.warning("flood %d", number)
        fails(log, KeyError(number))
    log.warning("something else")
    fails(log, OSError("disk"))
    assert lines(log)[-2] == "something else"
    assert lines(log)[-1].startswith("It failed.") and "OSError: disk" in lines(log)[-1]


@pytest.mark.parametrize(
    "write",
    [
        lambda log, text: log.warning(text),
        lambda log, text: log.warning("%s", text),
        lambda log, text: fails(log, ValueError(text)),
    ],
)
def test_a_message_is_short_whatever_is_in_it(
    log: logging.Logger, write: Callable[[logging.Logger, str], None]
) -> None:
    """Attack: a request of megabytes that is repeated in an error."""
    write(log, "x" * 4_000_000)
    assert len(lines(log)) == 1 and len(lines(log)[0]) < 12_000


WARNINGS = """
import asyncio, logging, sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
import httpx
from qa_fixtures import served_book
from qa.web.http.config import Config

with served_book(Path(sys.argv[1]), Config(mcp=True)) as (url, _, _), httpx.Client(base_url=url, timeout=60) as client:
    accept = {"accept": "application/json, text/event-stream"}
    message = {"jsonrpc": "2.0", "id": 1, "method": "unknown"}
    assert client.post("/gradio_api/mcp", json=message, headers=accept).status_code == 200
    for number in range(30):
        logging.getLogger("asyncio").warning("asyncio %d", number)
    logging.basicConfig(force=True)
    logging.getLogger().addHandler(logging.StreamHandler())
    for number in range(30):
        logging.getLogger("gradio").warning("gradio %d", number)
"""


def test_whatever_a_library_does_to_the_log_it_stays_bounded(tmp_path: Path) -> None:
    """Attack: one message that a library warns of, and with that sets up logging without any limit."""
    ran = subprocess.run(
        [sys.executable, "-c", WARNINGS, str(tmp_path), str(TESTS)],
        cwd=TESTS.parent, capture_output=True, text=True, timeout=100, check=True,
    )  # fmt: skip
    found = [len(re.findall(rf"\b{name} \d+", ran.stderr)) for name in ("asyncio", "gradio")]
    assert found == [10, 20]  # of the latter, by two handlers
