"""Every test that SECURITY.md and docs/attacks.md name is there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


@cache
def there_in(file: str) -> frozenset[str]:
    return frozenset(re.findall(r"^def (test_\w+)\(", (ROOT / "tests" / file).read_text("utf-8"), re.MULTILINE))


def named_in(row: str) -> list[tuple[str, str]]:
    """The tests that a row of a table names, each with its file; a name alone is of the file before."""
    named, file = [], ""
    for other, name in re.findall(r"`([\w/]*(?:\.py)?)::(test_\w+)`", row):
        file = other or file
        named.append((file, name))
    return named


def missing(rows: list[str]) -> list[tuple[str, str]]:
    assert all(map(named_in, rows))
    return [(file, name) for row in rows for file, name in named_in(row) if name not in there_in(file)]


def test_every_promise_has_its_test() -> None:
    rows = [row for row in (ROOT / "SECURITY.md").read_text("utf-8").splitlines() if row.startswith("| **")]
    assert len(rows) > 15
    assert missing(rows) == []


def test_every_attack_has_its_test() -> None:
    rows = re.findall(r"^\| (?!attack |---).*", (ROOT / "docs" / "attacks.md").read_text("utf-8"), re.MULTILINE)
    assert len(rows) > 100
    assert missing(rows) == []
    tried = {name for row in rows for file, name in named_in(row) if file == "test_attacks.py"}
    assert tried == there_in("test_attacks.py")
