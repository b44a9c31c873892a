"""Checks arguments that must be lists, before a single string is taken for a list of its letters.

>>> strings("a.md", "documents")
Traceback (most recent call last):
source.errors.UsageError: documents must be a list of strings, not str. Put a single one into a list: documents=[…].
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from source.errors import UsageError

_NO_LISTS = (str, bytes, bytearray, memoryview, Mapping)


def strings(values: object, name: str) -> list[str]:
    """The values of the argument `name`, a list of strings; None is an empty one. Raises UsageError."""
    return _items(values, name, "strings", (str,))


def paths(values: object, name: str) -> list[str | Path]:
    """The values of the argument `name`, a list of paths; None is an empty one. Raises UsageError."""
    return _items(values, name, "paths", (str, os.PathLike))


def pairs(values: object, name: str) -> list[tuple[str, str | Path]]:
    """The values of the argument `name`, a list of pairs, each a name and a path. Raises UsageError."""
    items: list[tuple[object, ...]] = _items(values, name, "pairs of a name and a path", (tuple, list))
    for item in items:
        if len(item) != 2 or not isinstance(item[0], str) or not isinstance(item[1], str | os.PathLike):
            raise UsageError(f"{name} must be a list of pairs, each of a name and a path.")
    return [(item[0], item[1]) for item in items]  # type: ignore[misc]


def _items(values: object, name: str, what: str, kinds: tuple[type, ...]) -> list[Any]:
    if values is None:
        return []
    if not isinstance(values, Collection) or isinstance(values, _NO_LISTS):
        single = f" Put a single one into a list: {name}=[…]." if isinstance(values, kinds) else ""
        raise UsageError(f"{name} must be a list of {what}, not {type(values).__name__}.{single}")
    items: list[Any] = list(values)
    for item in items:
        if not isinstance(item, kinds):
            raise UsageError(f"{name} must be a list of {what}, but it contains {type(item).__name__}.")
    return items
