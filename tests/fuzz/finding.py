"""What a target is, and what counts as a finding."""

from __future__ import annotations

import hashlib
import traceback
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Protocol

ROOT = Path(__file__).parents[2]
_OURS = tuple(str(ROOT / name) for name in ("source", "index", "qa", "app.py", "tests"))


class Target(Protocol):
    """Something that reads untrusted input. `seconds`: of this process's own time that one input may take."""

    seconds: float

    def draw(self, random: Random) -> bytes:
        """An input."""

    def check(self, data: bytes) -> None:
        """Reads it. Whatever this raises is a finding."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`key`: the same for what is found at the same place."""

    key: str
    told: str

    @classmethod
    def of(cls, error: BaseException) -> Finding:
        """What was raised, and where in the project's own code."""
        frames = [each for each in traceback.extract_tb(error.__traceback__) if each.filename.startswith(_OURS)]
        places = [f"{Path(each.filename).name}:{each.name}" for each in frames][-3:]
        said = str(error)[:80] if isinstance(error, AssertionError) else ""
        told = "".join(traceback.format_exception(error, limit=-30))[-6000:]
        return cls(f"{type(error).__name__} {said} at {' > '.join(places)}", told)

    @property
    def name(self) -> str:
        """What its files are called."""
        return hashlib.sha256(self.key.encode()).hexdigest()[:10]
