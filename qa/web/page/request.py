"""Requests from the page, checked field by field: a client may send anything."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from qa import ChapterVerseError, UsageError
from source import is_unicode

_Item = TypeVar("_Item")
_LONGEST_TEXT = 20_000  # characters: more than the longest question, whose own error names its limit
_MOST_TEXTS = 10_000  # in a list


class BadRequest(ChapterVerseError):
    """A request that the page itself would not have sent."""


def json_of(body: bytes) -> Any:
    """A request's body as JSON, without NaN and Infinity. Raises BadRequest."""
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadRequest("not JSON") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


class Fields:
    """The fields of a request. A missing field is empty; one of another type raises BadRequest."""

    def __init__(self, data: object) -> None:
        self._fields: Mapping[str, Any] = data if isinstance(data, Mapping) else {}

    def has(self, name: str) -> bool:
        """Whether the request has this field."""
        return self._fields.get(name) is not None

    def value(self, name: str) -> object:
        """The field's value, of any type."""
        return self._fields.get(name)

    def text(self, name: str) -> str:
        """A string. Raises UsageError for a long one, and BadRequest for lone surrogates, which cannot be printed."""
        value = self._read(name, "", str)
        if len(value) > _LONGEST_TEXT:
            raise UsageError(f"That text is too long ({len(value):,} characters).")
        if not is_unicode(value):
            raise BadRequest(name)
        return value

    def number(self, name: str) -> int:
        """A whole number of bounded size."""
        value = self._read(name, 0, int)
        if isinstance(value, bool) or abs(value) > 1 << 48:
            raise BadRequest(name)
        return value

    def flag(self, name: str) -> bool:
        """A boolean."""
        return self._read(name, False, bool)

    def items(self, name: str, most: int) -> list[object]:
        """A list of at most `most` values of any type."""
        values: list[object] = self._read(name, [], list)
        if len(values) > most:
            raise BadRequest(name)
        return values

    def texts(self, name: str) -> list[str]:
        """A bounded list of strings, without lone surrogates."""
        values: list[str] = self._read(name, [], list)
        if len(values) > _MOST_TEXTS or not all(isinstance(value, str) and is_unicode(value) for value in values):
            raise BadRequest(name)
        return values

    def _read(self, name: str, default: _Item, kind: type) -> _Item:
        value = self._fields.get(name)
        if value is None:
            return default
        if not isinstance(value, kind):
            raise BadRequest(name)
        return value  # type: ignore[return-value]


def at(items: Sequence[_Item], position: int) -> _Item:
    """The item at a position, from 0. Raises BadRequest."""
    if not 0 <= position < len(items):
        raise BadRequest(str(position))
    return items[position]
