"""The page's scripts: the ES modules of this folder, joined into the one module that browsers load.

Served one by one, they would delay the first visit to the page by about 0.3 s on localhost: each import is discovered
only when the module that contains it has arrived. They are joined without being parsed, which requires these rules,
and `join` checks them: an import lists names, without `as`; no two modules declare the same name; no circular imports.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).parent
ENTRY = "page.js"
"""The module from which all others are imported; it exports `start`."""

_IMPORT = re.compile(r"^import \{ [\w$]+(?:, [\w$]+)* \} from \"(\.[\w./-]+\.js)\";\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:const|let|function|async function) )", re.MULTILINE)
_DECLARED = re.compile(r"^(?:const|let|(?:async )?function) ([\w$]+)", re.MULTILINE)
_UNKNOWN = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


class ScriptError(Exception):
    """The modules cannot be joined."""


@dataclass(frozen=True, slots=True)
class Script:
    """The module that browsers load, and the path at which it is served."""

    text: str

    @property
    def path(self) -> str:
        """The path, made from the text, so that browsers may cache the script forever."""
        return f"/scripts/page-{sha256(self.text.encode()).hexdigest()[:16]}.js"


@cache
def script() -> Script:
    """The page's script."""
    return Script(join(modules(FOLDER)))


def modules(folder: Path) -> dict[str, str]:
    """The modules below a folder by their paths."""
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.js"))}


def imports(path: str, text: str) -> list[str]:
    """The paths of the modules that a module imports.

    >>> imports("chat/list.js", 'import { $ } from "../dom.js";\\nimport { chats } from "./chats.js";\\n')
    ['dom.js', 'chat/chats.js']
    """
    return [posixpath.normpath(posixpath.join(posixpath.dirname(path), found[1])) for found in _IMPORT.finditer(text)]


def join(files: Mapping[str, str]) -> str:
    """Joins the modules that the entry needs, each after those that it imports. Raises ScriptError.

    >>> page = 'import { a } from "./a.js";\\nexport const start = a;\\n'
    >>> print(join({"page.js": page, "a.js": "export const a = 1;\\n"}))
    // a.js
    const a = 1;
    <BLANKLINE>
    // page.js
    const start = a;
    <BLANKLINE>
    export { start };
    <BLANKLINE>
    """
    parts: dict[str, str] = {}
    _add(ENTRY, files, parts, ())
    names: dict[str, str] = {}
    for path, text in parts.items():
        for name in _DECLARED.findall(text):
            if names.setdefault(name, path) != path:
                raise ScriptError(f"{path} and {names[name]} both declare {name}. Rename one.")
    return "\n".join([*(f"// {path}\n{text}" for path, text in parts.items()), "export { start };\n"])


def _add(path: str, files: Mapping[str, str], parts: dict[str, str], above: tuple[str, ...]) -> None:
    """Adds a module to `parts` after those that it imports; `above`: the modules that led to it."""
    if path in above:
        raise ScriptError(f"{' → '.join([*above, path])} is a circle of imports.")
    if path in parts:
        return
    if path not in files:
        raise ScriptError(f"{above[-1]} imports {path}, which does not exist.")
    for each in imports(path, files[path]):
        _add(each, files, parts, (*above, path))
    text = _EXPORT.sub("", _IMPORT.sub("", files[path]))
    if unknown := _UNKNOWN.search(text):
        raise ScriptError(f"{path}: {unknown[0]!r} is not a form of import or export that can be joined.")
    parts[path] = text
