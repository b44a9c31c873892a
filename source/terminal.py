"""Makes untrusted text safe to print: control characters are shown and not obeyed.

Documents and file names can come from anyone. An escape sequence in one of
them could hide lines, overwrite others, or make the terminal type input as if
it came from the user.

>>> printable("One\\x1b[2Jtwo.\\r\\n")
'One␛[2Jtwo.\\n'
"""

from __future__ import annotations

import json

_PICTURES = {code: 0x2400 + code for code in range(0x20) if code not in b"\t\n"}  # Unicode's "control pictures"
_ESCAPES = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}  # JSON itself escapes those below 0x20
_REPLACEMENTS = {**_PICTURES, 0x7F: 0x2421, **dict.fromkeys(range(0x80, 0xA0), 0xFFFD)}


def printable_json(value: object) -> str:
    """A value as one line of JSON, with every control character escaped.

    >>> printable_json({"a": "é\\x9b"})
    '{"a": "é\\\\u009b"}'
    """
    return json.dumps(value, ensure_ascii=False).translate(_ESCAPES)


def printable(text: str) -> str:
    """The text with a visible symbol in place of each control character, except tabs and line ends."""
    return text.replace("\r\n", "\n").translate(_REPLACEMENTS)
