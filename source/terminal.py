"""Functions that the command lines share: safe output to a terminal, and how a command ends.

Documents and file names are untrusted. An escape sequence in one could hide
lines, overwrite others, or make the terminal send input as if its user had
typed it.

>>> printable("One\\x1b[2Jtwo.\\r\\n")
'One␛[2Jtwo.\\n'
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from source.errors import INTERRUPTED, ChapterVerseError

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


def run_command(command: Callable[[], int]) -> int:
    """Runs a command and returns its exit status.

    An error that the user can fix becomes one sentence on standard error; Ctrl-C
    and a closed pipe (`… | head`) end the command without a traceback.
    """
    try:
        return command()
    except ChapterVerseError as error:
        sys.stderr.write(f"{printable(str(error))}\n")
        return error.exit_status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # or Python complains at exit that it can't flush standard output
        return 0
