"""Every quote stands where it says, whatever the texts hold."""

from __future__ import annotations

import json
import tempfile
from itertools import pairwise
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from qa_fixtures import build_book

import qa
from source import Span

SNIPPETS = [
    "The bridge was opened in 1931. ", "Кто построил мост? Его построил Иван Петров. ", "这座桥建于1931年。它很长。",
    "من بنى الجسر؟ بناه علي. ", "橋は誰が作りましたか。", "สะพานสร้างเมื่อปี 2474 ", "👩‍👩‍👧 🏳️‍🌈 emoji. ",
    "e\u0301a\u0300\u0323 Zürich ",
    "\n", "\n\n", "\r\n\r\n", "\r", "\x0b", "\x85", "\u2028", "\t", "\u200f", "\ufeff", "\u00a0",
    "# Heading\n\n", "## Мост\n", "- item one\n", "1. first item;\n", "these:\n\n", "> quoted line\n", "---\n",
    "| a | b |\n",
    "```\ncode here\n```\n", "<div>raw</div>\n", "<!-- note -->\n", "Back to top\n",
    "(function(d, s){ var x = 1; }());\n",
    "Source The Club\n", "Accept all cookies\n", "He said “so.. ” ", "A. B. ", "𝔘𝔫𝔦 𐍈 ", "\u0e33\ufb01\u1e9e\u0130 ",
]  # fmt: skip
CHARACTERS = st.characters(codec="utf-8")
# A file with control or unassigned characters is taken for a binary one; a line of a collection may hold them.
TEXTS = st.lists(
    st.sampled_from(SNIPPETS) | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Co"])),
    min_size=1, max_size=25,
).map("".join)  # fmt: skip
RECORDS = st.lists(st.sampled_from([*SNIPPETS, "\x00", "\x1b[0m"]) | st.text(CHARACTERS, max_size=30), max_size=25).map(
    "".join
)
QUESTIONS = st.lists(st.sampled_from(SNIPPETS) | st.text(CHARACTERS, max_size=20), max_size=3).map(
    lambda parts: ("who opened the bridge 1931 " + "".join(parts))[: qa.MAX_QUESTION]
)
ANCHOR = "The bridge stands here. "  # so that a build always has something to quote


def holes(book: qa.Book, id: str) -> list[Span]:
    return [region.span for region in book.document(id).regions if not region.kind.quotable]


def check_answer(book: qa.Book, answer: qa.Answer) -> None:
    taken: dict[str, list[Span]] = {}
    for quote in (*answer.quotes, *answer.nearest):
        text = book.document(quote.document.id).text
        assert quote.text and text[quote.span.start : quote.span.end] == quote.text
        assert quote.text == quote.text.strip()
        for mark in quote.highlights:
            assert quote.span.start <= mark.start < mark.end <= quote.span.end
            assert quote.text_of(mark) == text[mark.start : mark.end]
        assert not [hole for hole in holes(book, quote.document.id) if hole.overlaps(quote.span)]
        taken.setdefault(quote.document.id, []).append(quote.span)
    for spans in taken.values():
        assert all(not first.overlaps(second) for first, second in pairwise(sorted(spans)))


def check_hits(book: qa.Book, hits: list[qa.Hit]) -> None:
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len({(hit.passage.document_id, hit.passage.span) for hit in hits}) == len(hits)
    for hit in hits:
        document = book.document(hit.passage.document_id)
        assert document.text[hit.passage.span.start : hit.passage.span.end] == hit.passage.text
        assert hit.document.id == hit.passage.document_id
        assert not [hole for hole in holes(book, document.id) if hole.overlaps(hit.passage.span)]


# An example is a build, so a failing one is not shrunk.
@settings(
    max_examples=15, suppress_health_check=list(HealthCheck), phases=[Phase.reuse, Phase.generate]
)  # fmt: skip
@given(plain=TEXTS, markdown=TEXTS, record=RECORDS, questions=st.lists(QUESTIONS, min_size=1, max_size=3))
def test_every_quote_stands_in_every_format(plain: str, markdown: str, record: str, questions: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = {
            "a.txt": ANCHOR + plain,
            "b.md": ANCHOR + markdown,
            "c.jsonl": json.dumps({"id": "r", "text": ANCHOR + record}),
        }
        book = build_book(Path(folder), files)
        for question in questions:
            check_answer(book, book.ask(question, k=20))
            check_answer(book, book.ask("And then he?", [question]))
            check_hits(book, book.retrieve(question, 50))
        assert {each.id: book.document(each.id).text for each in book.documents()} == {
            "a.txt": ANCHOR + plain,
            "b.md": ANCHOR + markdown,
            "r": ANCHOR + record,
        }
        check_verdicts(book, Path(folder), questions[0])


def check_verdicts(book: qa.Book, folder: Path, question: str) -> None:
    from qa.verification.verify import verify

    saved = folder / "answer.json"
    saved.write_text(json.dumps(qa.answer_json(book.ask(question))), "utf-8")
    verdicts = verify(saved, [folder / "sources"])
    assert verdicts and all(verdict.reason == "found" for verdict in verdicts)
