"""What a browser sent, read field by field: it may be anything."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from qa import ChapterVerseError
from source import is_unicode

_Item = TypeVar("_Item")
_LONGEST = 20_000  # characters of a text: enough to be told that a question is too long
_MOST = 10_000  # texts in a list


class BadRequest(ChapterVerseError):
    """A request that the page itself would not have sent."""


def json_of(body: bytes) -> Any:
    """The JSON of a request's body, which has no NaN or Infinity. Raises BadRequest."""
    try:
        return json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadRequest("no JSON") from error


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


class Fields:
    """The fields of a request. What is missing is empty; what has another type raises BadRequest."""

    def __init__(self, data: object) -> None:
        self._fields: Mapping[str, Any] = data if isinstance(data, Mapping) else {}

    def has(self, name: str) -> bool:
        """Whether it was sent at all."""
        return self._fields.get(name) is not None

    def value(self, name: str) -> object:
        """Whatever it is."""
        return self._fields.get(name)

    def text(self, name: str) -> str:
        """A string within reason; half of a surrogate pair in it could be neither searched for nor printed."""
        value = self._read(name, "", str)
        if len(value) > _LONGEST or not is_unicode(value):
            raise BadRequest(name)
        return value

    def number(self, name: str) -> int:
        """A whole number within reason."""
        value = self._read(name, 0, int)
        if isinstance(value, bool) or abs(value) > 1 << 48:
            raise BadRequest(name)
        return value

    def flag(self, name: str) -> bool:
        """Yes or no."""
        return self._read(name, False, bool)

    def items(self, name: str, most: int) -> list[object]:
        """At most so many things of any kind."""
        values: list[object] = self._read(name, [], list)
        if len(values) > most:
            raise BadRequest(name)
        return values

    def texts(self, name: str) -> list[str]:
        """Strings that can be searched for and printed, not too many."""
        values: list[str] = self._read(name, [], list)
        if len(values) > _MOST or not all(isinstance(value, str) and is_unicode(value) for value in values):
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
    """The item in this position, from 0. Raises BadRequest."""
    if not 0 <= position < len(items):
        raise BadRequest(str(position))
    return items[position]
