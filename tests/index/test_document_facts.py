"""What documents state about themselves is kept in an engine's tables, and missing from earlier ones."""

from __future__ import annotations

import pytest

from source import DocumentFacts

pytest.importorskip("lancedb")


def test_facts_come_back_and_earlier_ones_have_nothing_stated() -> None:
    from index.lance.documents import DocumentRow, dump_facts

    origin = ("https://example.com/ships", "2026-11-30T19:40:12+00:00")
    stated = (("Anna Berg",), "2024-03", "2.1", "0" * 64, "markdown/3")
    facts = DocumentFacts("a", "Ships", "a.md", 3, (), *stated, *origin)
    assert DocumentRow.of(0, ("a", 0, 2, dump_facts(facts))).facts == facts
    earlier = DocumentRow.of(0, ("a", 0, 2, b'["Ships", "a.md", 3, []]'))
    assert earlier.facts == DocumentFacts("a", "Ships", "a.md", 3, ())
