"""The page's scripts: how they are joined and served, and that they parse no HTML but the server's."""

from __future__ import annotations

import re

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from qa.web.http.static_files import StaticFiles
from qa.web.page.chat.actions import ChatActions
from qa.web.page.document.actions import DocumentActions
from qa.web.page.library.actions import LibraryActions
from qa.web.page.scripts import ENTRY, FOLDER, Script, ScriptError, imports, join, modules, script
from qa.web.page.texts import LANGUAGES

MODULES = modules(FOLDER)
TYPES = (FOLDER / "types.d.ts").read_text("utf-8")
PARSERS = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|setHTML|DOMParser|document\.write"
)
START = 'export const start = () => "started";\n'


def test_every_module_is_reached_from_the_entry() -> None:
    reached, waiting = set[str](), [ENTRY]
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting += imports(path, MODULES[path])
    assert reached == set(MODULES)


def test_the_modules_are_joined_whole_each_after_what_it_imports() -> None:
    text = script().text
    order = re.findall(r"^// ([\w/-]+\.js)$", text, re.MULTILINE)
    assert sorted(order) == sorted(MODULES)
    for path in order:
        assert all(order.index(each) < order.index(path) for each in imports(path, MODULES[path]))
    assert re.findall(r"^(?:import|export)\b.*", text, re.MULTILINE) == ["export { start };"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"page.js": 'import { a } from "./a.js";\n' + START}, "page.js imports a.js, which does not exist."),
        (
            {
                "page.js": 'import { a } from "./chat/a.js";\n' + START,
                "chat/a.js": 'import { start } from "../page.js";\nexport const a = start;\n',
            },
            "page.js → chat/a.js → page.js is a circle of imports.",
        ),
        (
            {
                "page.js": 'import { a } from "./a.js";\nconst b = a;\n' + START,
                "a.js": "const b = 1;\nexport const a = b;\n",
            },
            "page.js and a.js both declare b. Rename one.",
        ),
        (
            {"page.js": 'import { a as b } from "./a.js";\n' + START, "a.js": "export const a = 1;\n"},
            "page.js: 'import { a as b } from \"./a.js\";' is not a form of import or export that can be joined.",
        ),
        (
            {"page.js": "export default () => 1;\n"},
            "page.js: 'export default () => 1;' is not a form of import or export that can be joined.",
        ),
    ],
)
def test_modules_that_cannot_be_joined_are_refused(files: dict[str, str], message: str) -> None:
    with pytest.raises(ScriptError) as error:
        join(files)
    assert str(error.value) == message


def test_the_script_is_served_for_good_at_an_address_of_its_own() -> None:
    one, other = Script(START), Script("// another\n" + START)
    client = TestClient(Starlette(routes=StaticFiles({}, {one.path: one.text}).routes))
    response = client.get(one.path)
    assert response.text == START
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert one.path == Script(START).path != other.path
    assert client.get(other.path).status_code == 404


def test_html_is_parsed_in_one_place_and_is_the_servers_or_a_constant() -> None:
    assert {path: len(PARSERS.findall(text)) for path, text in MODULES.items() if PARSERS.search(text)} == {"dom.js": 1}
    for path, text in MODULES.items():
        calls = re.findall(r"\bfromMarkup\((.)", text)
        assert set(calls) <= {"'"}, f"{path}: markup must be a constant"
        assert not re.search(r"@type \{ServerHtml\}", text), f"{path}: only the server makes ServerHtml"


def test_the_texts_that_the_scripts_use_are_those_of_their_types() -> None:
    (union,) = re.findall(r"export type Texts = Record<(.*?),\s*string\s*>;", TYPES, re.DOTALL)
    typed = set(re.findall(r'"(\w+)"', union))
    assert typed
    for texts in LANGUAGES.values():
        assert typed <= texts.plain().keys()
    used = {name for text in MODULES.values() for name in re.findall(r"\btexts\(\)\.(\w+)", text)}
    assert typed - used <= {"earlier", "later"}  # by the direction in which a part is added


def test_the_actions_are_those_of_their_types() -> None:
    there = {name for kind in (ChatActions, DocumentActions, LibraryActions) for name in vars(kind) if name[0] != "_"}
    assert set(re.findall(r"^  (\w+): Action<", TYPES, re.MULTILINE)) == there


@pytest.mark.parametrize("path", MODULES)
def test_modules_are_short(path: str) -> None:
    assert len(MODULES[path].splitlines()) <= 400
