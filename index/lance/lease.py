"""The right to build, for a time: renewed while a build is at work, and free again when its machine is gone."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from secrets import token_hex
from threading import Event, Lock, Thread
from typing import Any

from index.address import Engine
from index.errors import IndexUnwritable, StoreError, StoreUnreachable
from index.lance.pointer import Current, Generation, Pointer, whoami

LEASE = 60
"""Seconds. The clocks of two machines that build may differ by less than that."""


class Right:
    """The right to build, while it lasts. `current`: the pointer as it is since."""

    def __init__(self, engine: Engine, pointer: Pointer, current: Current) -> None:
        self._engine, self._pointer, self.current = engine, pointer, current
        self._changing = Lock()

    def change(self, generation: str, kept: tuple[Generation, ...]) -> None:
        """Makes a generation answer, and these the ones that are kept. Raises IndexUnwritable if the right is lost."""
        with self._changing:
            self._change(generation=generation, kept=kept)

    def renew(self) -> None:
        """Makes it last."""
        with self._changing:
            self._change(until=_until())

    def give_back(self) -> None:
        """Lets another build begin."""
        with self._changing:
            self._change(builder="", who="", until=0)

    def _change(self, **what: Any) -> None:
        if not self._changed(what):
            found = self._pointer.row()
            if found.builder == self.current.builder:  # a change of ours went through, and nobody could tell us
                self.current = found
            if found.builder != self.current.builder or not self._changed(what):
                raise IndexUnwritable(f"Another build has taken over {self._engine}; look at it, and build again.")

    def _changed(self, what: Mapping[str, Any]) -> bool:
        new = replace(self.current, **what)
        if not _changed(self._pointer, self.current, new):
            return False
        self.current = new
        return True


@contextmanager
def building(engine: Engine, pointer: Pointer) -> Iterator[Right]:
    """The right to build at an address, alone. Raises IndexUnwritable if another has it."""
    pointer.create()
    old = pointer.row()
    if old.builder and old.until > time.time():
        until = datetime.fromtimestamp(old.until, UTC)
        raise IndexUnwritable(
            f"Another build ({old.who:.99}) is writing to {engine}; wait until it has ended, or, if it was killed, "
            f"until {until:%H:%M:%S} UTC."
        )
    new = replace(old, builder=token_hex(8), who=whoami(), until=_until())
    if not _changed(pointer, old, new):
        raise IndexUnwritable(f"Another build has just begun to write to {engine}; wait until it has ended.")
    right = Right(engine, pointer, new)
    ended = Event()
    renewing = Thread(target=_renew, args=(right, ended), name="lease", daemon=True)
    renewing.start()
    try:
        yield right
    finally:
        ended.set()
        renewing.join()
        with suppress(StoreError):  # then it ends by itself
            right.give_back()


def _renew(right: Right, ended: Event) -> None:
    while not ended.wait(LEASE / 3):
        with suppress(StoreError):  # there is time for two more tries; what is lost is seen when it is used
            right.renew()


def _changed(pointer: Pointer, old: Current, new: Current) -> bool:
    """Whether `new` stands there now, also if the answer to that was lost on the way."""
    try:
        return pointer.change(old, new)
    except StoreUnreachable:
        return pointer.row() == new


def _until() -> int:
    return int(time.time()) + LEASE
