"""How long each stage of a question takes, measured only inside `timed()`.

with timed() as seconds:
    book.ask("who spoke first?")
seconds  # {"encoding": 0.0031, "vectors": 0.0002, ...} in the order of the stages
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter

_seconds: ContextVar[dict[str, float] | None] = ContextVar("seconds", default=None)


@contextmanager
def timed() -> Iterator[dict[str, float]]:
    """Collects the seconds of each stage that runs inside; those of a repeated stage are added up."""
    seconds: dict[str, float] = {}
    token = _seconds.set(seconds)
    try:
        yield seconds
    finally:
        _seconds.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Measures the enclosed code as the stage `name`. Stages must not nest, or their time would count twice."""
    seconds = _seconds.get()
    if seconds is None:
        yield
        return
    started = perf_counter()
    try:
        yield
    finally:
        seconds[name] = seconds.get(name, 0.0) + perf_counter() - started
