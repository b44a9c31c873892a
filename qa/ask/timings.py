"""Where the time of a question goes, stage by stage, for those who ask.

with timed() as spent:
    book.ask("who spoke first?")
spent  # {"encoding": 0.0031, "vectors": 0.0002, ...} in seconds, in the order of the stages
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter

_spent: ContextVar[dict[str, float] | None] = ContextVar("spent", default=None)


@contextmanager
def timed() -> Iterator[dict[str, float]]:
    """The seconds that each stage takes within; they are added up where a stage runs more than once."""
    spent: dict[str, float] = {}
    token = _spent.set(spent)
    try:
        yield spent
    finally:
        _spent.reset(token)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """What happens within is the stage `name`. Stages do not nest, or their time would count twice."""
    spent = _spent.get()
    if spent is None:
        yield
        return
    started = perf_counter()
    try:
        yield
    finally:
        spent[name] = spent.get(name, 0.0) + perf_counter() - started
