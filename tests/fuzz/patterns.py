"""Every regular expression of the project, tried as it is used on long texts made of what it is made of.

Prints those that take more than linear time:

    python tests/fuzz/patterns.py [NAME...]
"""

from __future__ import annotations

import importlib
import re
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from types import FrameType
from typing import Any

ROOT = Path(__file__).parents[2]
_SIZE = 24_000  # characters
_FIRST = 4_000  # that are tried first
_NOTICED = 0.002  # seconds for as many: what is linear takes less
_SLOW = 0.15  # seconds for as many: what is linear takes a hundredth of it
_HOPELESS = 0.2  # seconds for the first: no need to look how it grows
_GROWS = 2.8  # times as long for twice as many
_MOST = 10  # things that a text is made of
_CATEGORIES = {
    codes.CATEGORY_SPACE: " ", codes.CATEGORY_WORD: "a", codes.CATEGORY_DIGIT: "1", codes.CATEGORY_NOT_SPACE: "a",
    codes.CATEGORY_NOT_WORD: "-", codes.CATEGORY_NOT_DIGIT: "a",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Use:
    """A pattern, and a method of it that is called."""

    module: str
    name: str
    pattern: re.Pattern[Any]
    method: str


def uses() -> Iterator[Use]:
    """Every pattern that a module keeps, with each way it is used; searched with, if that cannot be told."""
    paths = sorted(path for top in ("source", "index", "qa") for path in (ROOT / top).rglob("*.py"))
    sources = {path: path.read_text("utf-8") for path in paths if path.stem != "__main__"}
    for path, code in sources.items():
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for each, value in vars(importlib.import_module(name)).items():
            if isinstance(value, re.Pattern) and re.search(rf"^{each} = ", code, re.MULTILINE):
                where = code if each.startswith("_") else "\n".join(sources.values())
                methods = re.findall(rf"(?<!\w){each}\.(\w+)\(", where) or ["search"]
                yield from (Use(name, each, value, method) for method in sorted({*methods} - {"pattern"}))


def atoms(pattern: re.Pattern[Any]) -> list[str]:
    """Short texts that parts of it match."""
    found: dict[str, None] = {}
    _collect(parser.parse(_text(pattern), pattern.flags & ~re.DEBUG & ~re.UNICODE), found)
    return list(found)[:_MOST]


def _text(pattern: re.Pattern[Any]) -> str:
    return pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else str(pattern.pattern)


def _collect(tree: Any, found: dict[str, None]) -> str:
    """What the whole matches; that of every part is put into `found`."""
    whole = ""
    for code, value in tree:
        whole += _sample(code, value, found)
    if whole:
        found.setdefault(whole)
    return whole


def _sample(code: Any, value: Any, found: dict[str, None]) -> str:
    if code is codes.LITERAL:
        return chr(value)
    if code is codes.IN:
        for char in _kinds_of(value):
            found.setdefault(char)
        return _of_set(value)
    if code is codes.NOT_LITERAL or code is codes.ANY:
        return "a"
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
        return _collect(value[2], found) * min(max(int(value[0]), 1), 4)
    if code is codes.SUBPATTERN:
        return _collect(value[-1], found)
    if code is codes.ATOMIC_GROUP:
        return _collect(value, found)
    if code is codes.BRANCH:
        return max((_collect(branch, found) for branch in value[1]), key=len)
    return ""


def _of_set(members: list[Any]) -> str:
    code, value = members[0]
    if code is codes.NEGATE:
        return "a" if members[1] != (codes.LITERAL, ord("a")) else "-"
    if code is codes.RANGE:
        return chr(value[0])
    return _CATEGORIES.get(value, "a") if code is codes.CATEGORY else chr(value)


def _kinds_of(members: list[Any]) -> str:
    """What a set has that is often in another set too: a `_` is a letter of a word, and may stand between words."""
    word = any(member == (codes.CATEGORY, codes.CATEGORY_WORD) for member in members)
    return "_" * word + "".join(chr(value) for code, value in members[:4] if code is codes.LITERAL)


def texts(parts: list[str], size: int) -> Iterator[str]:
    """Long texts: one part again and again, before or after another, and two in turn; then what nothing matches."""
    for one in parts:
        yield one * (size // len(one))
    for one, other in product(dict.fromkeys([*parts, " ", "a", "\n"]), repeat=2):
        if one != other:
            yield one + other * (size // len(other)) + "!"
            yield other * (size // len(other)) + one
            yield (one + other) * (size // len(one + other)) + "!"


def slow(use: Use) -> str:
    """A text on which it takes more than linear time, cut short; empty if none was found."""
    parts = [each for each in atoms(use.pattern) if each]
    for first, short, long in zip(*(texts(parts, size) for size in (_FIRST, _SIZE // 2, _SIZE)), strict=True):
        if (taken := seconds(use, first)) < _NOTICED:
            continue
        if taken > _HOPELESS:
            return f"more than {_HOPELESS} s for {first[:20]!r}…{first[-5:]!r}"
        if (taken := seconds(use, long)) > _SLOW and taken > _GROWS * seconds(use, short):
            return f"{taken:.1f} s for {long[:20]!r}…{long[-5:]!r}"
    return ""


def seconds(use: Use, text: str) -> float:
    """How long it takes, of this process's own time; at most some seconds."""
    subject: Any = text.encode("latin-1", "replace") if isinstance(use.pattern.pattern, bytes) else text
    start = time.process_time()
    signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, 5)
    try:
        if use.method in {"sub", "subn"}:
            use.pattern.sub(subject[:0], subject)
        elif use.method == "finditer":
            for _ in use.pattern.finditer(subject):
                pass
        else:
            getattr(use.pattern, use.method)(subject)
    except TimeoutError:
        pass
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return time.process_time() - start


def _stop(number: int, frame: FrameType | None) -> None:
    raise TimeoutError


def main() -> None:
    tried = [use for use in uses() if use.name in sys.argv[1:] or len(sys.argv) == 1]
    found = 0
    for use in tried:
        if said := slow(use):
            found += 1
            print(f"{use.module}.{use.name}.{use.method}: {said}", flush=True)
    print(f"{len(tried)} uses of patterns, {found} slow")


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    main()
