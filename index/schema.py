"""What JSON of an index must look like: who hands one on may have written anything."""

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
    """Whether a value is of a type, a list of what fits `shape[0]`, or an object of what its names ask for.

    The name `str` stands for any other.

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
    """What a generation says that it was made from. Raises IndexCorrupt if it is not."""
    if not fits(record, _SOURCES):
        raise IndexCorrupt(f"The index does not say what it was made from; {REBUILD}.")
    return dict(record)
