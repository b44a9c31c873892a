"""Every test that SECURITY.md names exists, and every test of an attack says which it is."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


@cache
def docstrings_in(file: str) -> dict[str, str]:
    """The tests of a file by their names, each with its docstring."""
    tree = ast.parse((ROOT / "tests" / file).read_text("utf-8"))
    tests = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))
    return {test.name: ast.get_docstring(test) or "" for test in tests}


def named_in(row: str) -> list[tuple[str, str]]:
    """The tests that a row of the table names, each with its file; a name without a file is of the file before."""
    named, file = [], ""
    for other, name in re.findall(r"`([\w/]*(?:\.py)?)::(test_\w+)`", row):
        file = other or file
        named.append((file, name))
    return named


def test_every_promise_has_its_test() -> None:
    rows = [row for row in (ROOT / "SECURITY.md").read_text("utf-8").splitlines() if row.startswith("| **")]
    assert len(rows) > 20
    assert all(map(named_in, rows))
    assert [(file, name) for row in rows for file, name in named_in(row) if name not in docstrings_in(file)] == []


def test_every_attack_is_named() -> None:
    tests = docstrings_in("test_attacks.py")
    assert len(tests) > 15
    assert [name for name, docstring in tests.items() if not docstring.startswith("Attack: ")] == []
