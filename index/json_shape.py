"""Checks the shape of JSON from outside, which may contain anything.

A shape is one of
- a type or a union of types; True and False are not integers
- a function that says whether a value fits
- `[shape]`: a list of values that fit it
- `{name: shape}`: an object with at least these names. The name `str` matches any other name; names whose shape
  is `optional(shape)` may be missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import UnionType
from typing import Any

from index.errors import REBUILD, IndexCorrupt
from source import is_unicode

_LARGEST = 1e9  # no score or share of a page comes near it


@dataclass(frozen=True, slots=True)
class optional:  # noqa: N801 - reads as a word in a shape
    """The shape of a value that may be missing."""

    shape: Any


def text(value: object) -> bool:
    """Whether a value is a string of Unicode characters, without lone surrogates."""
    return isinstance(value, str) and is_unicode(value)


def number(value: object) -> bool:
    """Whether a value is a number of reasonable size: not infinite, not NaN, not True."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -_LARGEST < value < _LARGEST


def fits(value: object, shape: Any) -> bool:
    """Whether a value of JSON has a shape.

    >>> fits({"size": 3, "names": ["a"]}, {"size": int, "names": [str], "note": optional(str)})
    True
    >>> fits({"size": True, "names": []}, {"size": int, "names": [str]})
    False
    """
    if isinstance(shape, type | UnionType):
        return isinstance(value, shape) and (not isinstance(value, bool) or isinstance(value, _without_int(shape)))
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(each, shape[0]) for each in value)
    if isinstance(shape, dict):
        return isinstance(value, dict) and _object_fits(value, shape)
    predicate: Callable[[object], bool] = shape
    return predicate(value)


def _without_int(shape: Any) -> Any:
    """The types of a shape that True and False may be taken for."""
    kinds = shape.__args__ if isinstance(shape, UnionType) else (shape,)
    return tuple(kind for kind in kinds if kind is not int)


def _object_fits(value: dict[str, Any], shape: dict[Any, Any]) -> bool:
    for name, wanted in shape.items():
        if name is not str and name not in value and not isinstance(wanted, optional):
            return False
    for name, each in value.items():
        wanted = shape.get(name, shape.get(str, object))
        if not fits(each, wanted.shape if isinstance(wanted, optional) else wanted):
            return False
    return True


ENCODER = {"name": text, "sha256": text, "settings": text, "dimension": int}
SETTINGS = {"model": text, "passage_tokens": int, "ocr": text}
COUNTS = {str: int, "documents": int, "passages": int, "texts": int}
_SOURCES = {
    "roots": [str], "left_out": [str], "files": {str: str}, "readers": [str], "splitter": str, "skipped": [str],
    "doubts": {str: [str]}, "origins": optional({str: [str]}),
}  # fmt: skip


def sources_from(record: Any) -> dict[str, Any]:
    """The checked content of a generation's `sources.json`. Raises IndexCorrupt."""
    if not fits(record, _SOURCES):
        raise IndexCorrupt(f"The index's record of its sources is invalid. {REBUILD}")
    return dict(record)
