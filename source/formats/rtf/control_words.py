"""The words of Rich Text: how they are told apart, the characters they are for, and what they change."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

TOKEN = re.compile(
    r"\\(?:(?P<word>[a-zA-Z]{1,32})(?P<value>-?\d{1,10})? ?|'(?P<hex>[0-9a-fA-F]{2})|(?P<symbol>[^a-zA-Z]))"
    r"|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]+)|[\r\n]+|\\",
    re.DOTALL,
)
SYMBOLS = {"{": "{", "}": "}", "\\": "\\", "~": " ", "_": "-"}
CHARACTERS = {
    "tab": "\t", "line": "\n", "lbr": "\n", "page": "\n", "column": "\n", "emdash": "—", "endash": "–", "bullet": "•",
    "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "emspace": " ", "enspace": " ", "qmspace": " ",
}  # fmt: skip
_LEFT_OUT = {
    "pict", "objdata", "objclass", "objname", "header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr",
    "footerf", "colortbl", "filetbl", "fldinst", "xe", "tc", "txe", "rxe", "bkmkstart", "bkmkend", "nonesttables",
    "sp", "shprslt", "listtext", "pntext", "listtable", "listoverridetable",
}  # fmt: skip
ENTERED = {"shpinst", "do"}  # of the groups that a reader may pass over; they hold text boxes
CODE_PAGES = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}


class State(NamedTuple):
    """What holds up to the end of a group."""

    group: str = ""  # what its text is, if not the document's: "fonts", "styles", "info", "title", or "out" of account
    font: int | None = None
    hidden: bool = False
    deleted: bool = False
    bold: bool = False
    fallbacks: int = 1  # characters after each \\u for programs that do not know it
    in_table: bool = False
    style: int = 0
    level: int | None = None
    listed: bool = False


CHANGES: dict[str, Callable[[State, int | None], State]] = {
    "pard": lambda state, _: state._replace(in_table=False, style=0, level=None, listed=False),
    "plain": lambda state, _: state._replace(font=None, hidden=False, deleted=False, bold=False),
    "intbl": lambda state, value: state._replace(in_table=value != 0),
    "s": lambda state, value: state._replace(style=value or 0),
    "outlinelevel": lambda state, value: state._replace(level=value),
    "ls": lambda state, value: state._replace(listed=bool(value)),
    "f": lambda state, value: state._replace(font=value),
    "v": lambda state, value: state._replace(hidden=value != 0),
    "deleted": lambda state, value: state._replace(deleted=value != 0),
    "b": lambda state, value: state._replace(bold=value != 0),
    "uc": lambda state, value: state._replace(fallbacks=1 if value is None else max(value, 0)),
    "fonttbl": lambda state, _: state._replace(group="fonts"),
    "stylesheet": lambda state, _: state._replace(group="styles"),
    "info": lambda state, _: state._replace(group="info"),
    "title": lambda state, _: state._replace(group="title") if state.group == "info" else state,
    **dict.fromkeys(_LEFT_OUT, lambda state, _: state._replace(group="out")),
}
