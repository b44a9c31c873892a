"""A text as a terminal may be given it: shown, and not obeyed.

Documents and the names of files come from anybody. An escape sequence in one
would hide lines, write others over them, or have the terminal answer as if
its user had typed.

>>> printable("One\\x1b[2Jtwo.\\r\\n")
'One␛[2Jtwo.\\n'
"""

from __future__ import annotations

import json

_PICTURES = {code: 0x2400 + code for code in range(0x20) if code not in b"\t\n"}  # Unicode has one for each
_ESCAPES = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}  # JSON itself escapes those below
_ORDERS = {**_PICTURES, 0x7F: 0x2421, **dict.fromkeys(range(0x80, 0xA0), 0xFFFD)}


def printable_json(value: object) -> str:
    """One line of JSON, with an escape in the place of each control character.

    >>> printable_json({"a": "é\\x9b"})
    '{"a": "é\\\\u009b"}'
    """
    return json.dumps(value, ensure_ascii=False).translate(_ESCAPES)


def printable(text: str) -> str:
    """The text with a picture in the place of each control character, but for tabs and the ends of lines."""
    return text.replace("\r\n", "\n").translate(_ORDERS)
