"""Bounds JSON by its number of values and its depth, before it is parsed."""

from __future__ import annotations

MOST_LEVELS = 32
"""How deep objects and lists may be nested."""
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_SEPARATORS = (b",", b":", b"[", b"{")


def is_bounded(body: bytes, most: int) -> bool:
    """Whether JSON has no more than `most` values, counting keys, and is nested at most 32 deep.

    In Python objects, JSON takes up to thirty times its size, most of it for tiny values, and deep JSON
    exhausts the stack. What is not JSON may be found to be bounded, but whatever a JSON parser would read is counted.

    >>> is_bounded(b'{"data": [1, "a, b, c"]}', most=4), is_bounded(b"[1, 2, 3]", most=2)
    (True, False)
    """
    if b"\0" in body or body[:1] in (b"\xff", b"\xfe"):  # a parser would take it for UTF-16 or UTF-32
        return False
    unescaped = body.replace(rb"\\", b"").replace(rb"\"", b"")
    if unescaped.count(b'"') > 2 * (most + 1):  # before it is split
        return False
    outside = b"".join(unescaped.split(b'"')[::2])  # of strings
    if sum(map(outside.count, _SEPARATORS)) > most:
        return False
    brackets = outside.translate(None, _NO_BRACKETS)
    if len(brackets) > 2 * most:  # more are closed than opened
        return False
    for _ in range(MOST_LEVELS):  # each time, at least the innermost go
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return not brackets
