"""Checks the structure of an index's JSON, which may come from somebody else and contain anything."""

from __future__ import annotations

from types import UnionType
from typing import Any

from index.errors import REBUILD, IndexCorrupt

ENCODER = {"name": str, "sha256": str, "settings": str, "dimension": int}
SETTINGS = {"model": str, "passage_tokens": int, "ocr": str}
COUNTS = {str: int, "documents": int, "passages": int, "texts": int}
_SOURCES = {
    "roots": [str], "left_out": [str], "files": {str: str}, "readers": [str], "splitter": str, "skipped": [str],
    "doubts": {str: [str]},
}  # fmt: skip


def fits(value: object, shape: Any) -> bool:
    """Whether a JSON value has a given shape.

    A shape is a type; a list of one shape, for a list whose elements all have it; or a dict from names to shapes,
    for an object with those names. The key `str` gives the shape of all other names.

    >>> fits({"size": 3, "names": ["a"]}, {"size": int, "names": [str]})
    True
    """
    if isinstance(shape, type | UnionType):
        return isinstance(value, shape)
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(each, shape[0]) for each in value)
    if not isinstance(value, dict) or any(name not in value for name in shape if name is not str):
        return False
    return all(fits(each, shape.get(name, shape.get(str, object))) for name, each in value.items())


def sources_from(record: Any) -> dict[str, Any]:
    """The checked content of a generation's `sources.json`. Raises IndexCorrupt."""
    if not fits(record, _SOURCES):
        raise IndexCorrupt(f"The index's record of its sources is invalid. {REBUILD}")
    return dict(record)
