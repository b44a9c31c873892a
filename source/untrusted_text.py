"""Untrusted text shown to a person: no control character reaches a terminal, and no name disturbs its sentence.

Documents and their names are untrusted. An escape sequence in one could hide
lines, overwrite others, or make the terminal send input as if its user had typed
it; a character that sets the direction of writing could turn around the words
after it. A name in right-to-left letters does so without any such character.

>>> printable("One\\x1b[2Jtwo.\\r\\n")
'One␛[2Jtwo.\\n'
>>> isolated("name\\u202e"), isolated("\\u05e9\\u05dd"), isolated("\\u200b.txt")
('name�', '\\u2068שם\\u2069', '�.txt')
"""

from __future__ import annotations

import json
import re

_LONGEST = 400
"""Characters of a name in a sentence; a longer one is cut in the middle."""
ISOLATE, END_ISOLATE = "\u2068", "\u2069"
"""The characters around a part of a text that has a direction of its own."""

_PICTURES = {code: 0x2400 + code for code in range(0x20)}  # Unicode's "control pictures"
_CONTROLS = {**_PICTURES, 0x7F: 0x2421, **dict.fromkeys(range(0x80, 0xA0), 0xFFFD)}
_IN_TEXT = {code: shown for code, shown in _CONTROLS.items() if code not in b"\t\n"}
# Separators of lines and paragraphs, and all that embeds, overrides or isolates a direction. Marks (U+200E, U+200F,
# U+061C), which right-to-left names need, only affect their neighbours.
_DIRECTIONS = (*range(0x2028, 0x202F), *range(0x2066, 0x206A))
_UNDIRECTED = dict.fromkeys(_DIRECTIONS, 0xFFFD)
_ESCAPES = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), *_DIRECTIONS)}  # JSON escapes those below 0x20
_RIGHT_TO_LEFT = re.compile(
    r"[\u200f\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
"""Letters that are written from right to left, by their blocks in Unicode, and the mark that counts as one."""

# Drawn as nothing, or as an empty space. Between two letters some scripts need them (Khmer, Persian, emoji), but tags
# are needed nowhere.
_UNSEEN = "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2064\u2800\u3164\ufeff\uffa0"
_LOST = re.compile(rf"[\U000e0000-\U000e0fff]|(?<![^\s{_UNSEEN}])[{_UNSEEN}]|[{_UNSEEN}](?![^\s{_UNSEEN}])")
_SEEN = re.compile(rf"[^\s{_UNSEEN}\u061c\u200e\u200f]")


def printable(text: str) -> str:
    """The text with a visible symbol in place of each control character, except tabs and line ends."""
    return text.replace("\r\n", "\n").translate(_IN_TEXT)


def printable_json(value: object) -> str:
    """A value as one line of JSON, with every control character escaped, and every one that changes the direction.

    >>> printable_json({"a": "é\\x9b"})
    '{"a": "é\\\\u009b"}'
    """
    return json.dumps(value, ensure_ascii=False).translate(_ESCAPES)


def undirected(text: str) -> str:
    """As `printable`, with a symbol also for each character that changes the direction, and each that cannot be seen.

    A text that shows nothing at all is only symbols.
    """
    shown = _LOST.sub("\ufffd", printable(text).translate(_UNDIRECTED))
    return shown if _SEEN.search(shown) else "\ufffd" * len(shown)


def isolated(name: object) -> str:
    """A name (or path, or address) for use in a sentence: on one line, and unable to change how its sentence reads.

    Of a very long one, only both ends: it may be a document's own words.
    """
    text = str(name)
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST // 2]}…{text[-_LONGEST // 2 :]}"
    shown = undirected(text).translate(_CONTROLS)
    shown = shown.encode("utf-8", "backslashreplace").decode()  # bytes of a file's name that aren't UTF-8
    return f"{ISOLATE}{shown}{END_ISOLATE}" if _RIGHT_TO_LEFT.search(shown) else shown
