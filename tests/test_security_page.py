"""Every test that SECURITY.md names is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_promise_has_its_test() -> None:
    rows = [row for row in (ROOT / "SECURITY.md").read_text("utf-8").splitlines() if row.startswith("| **")]
    assert len(rows) > 15
    for row in rows:
        file, named = "", 0
        for other, name in re.findall(r"`([\w/]*(?:\.py)?)::(test_\w+)`", row):
            file = other or file
            assert re.search(rf"^def {name}\(", (ROOT / "tests" / file).read_text("utf-8"), re.MULTILINE), (file, name)
            named += 1
        assert named, row
