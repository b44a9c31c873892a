import time
import tracemalloc
from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.encoder.protocol import Encoder, knows
from index.text.passages import LONGEST_CONTEXT, LONGEST_PASSAGE, Draft, context_of, passages
from index.types import Offsets
from source.builder import TextBuilder
from source.document import Document
from source.formats.csv import read_csv
from source.formats.markdown import read_markdown
from source.formats.plain import read_plain
from source.formats.rst import read_rst

PROPERTY = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
LIKELY = st.lists(
    st.sampled_from(
        [
            "# Heading\n\n", "Chapter 1\n\n", "A sentence here. And one more of them.\n", "\n\n", "word " * 200,
            "你好。" * 99,
            "unbelievablycomplicatedwordformations-" * 20, "|a|b|\n|" + "-" * 150 + "|-|\n|c|d|\n",
            "```\ncode(x);\n```\n",
            "document.write(window.x);\n", "Announced:\n\n", "- item one\n- item two\n", "\x00", "<div>\n\n",
            "[r]: http://x.y/z\n\n", "Sail" + " " * 6000 + "on. ", "a" * 6000, "a\u200b" * 3000, "\u0301" * 6000,
        ]
    )
).map("".join)  # fmt: skip


def read(draft: Draft, document: Document) -> str:
    return draft.context + document.text[draft.span.start : draft.span.end]


def check(document: Document, encoder: Encoder, drafts: list[Draft], target: int) -> None:
    text = document.text
    counts = [len(pieces) for pieces in encoder.pieces([read(draft, document) for draft in drafts])]
    assert max(counts, default=0) <= encoder.max_tokens
    own = [len(pieces) for pieces in encoder.pieces([text[d.span.start : d.span.end] for d in drafts])]
    most = target if knows(encoder, text) else 2 * target
    assert max(own, default=0) <= most + 8  # a word cut in two may become more pieces
    assert all(len(draft.span) <= LONGEST_PASSAGE for draft in drafts)
    covered = [0] * len(text)
    for draft in drafts:
        for region in document.regions:
            assert region.kind.quotable or not region.span.overlaps(draft.span)
        for span in draft.sentences:
            for offset in range(span.start, span.end):
                covered[offset] += 1
    for span in document.quotable():
        for offset in range(span.start, span.end):
            assert covered[offset] == 1 or text[offset].isspace()
    assert max(covered, default=0) <= 1


@PROPERTY
@given(text=st.text() | LIKELY, target=st.sampled_from([16, 128, 254]), markdown=st.booleans())
def test_every_quotable_character_is_in_just_one_passage(
    encoder: Encoder, text: str, target: int, markdown: bool
) -> None:
    document = (read_markdown if markdown else read_plain)(text, id="x", title="A title of some length")
    check(document, encoder, list(passages(document, "en", encoder, target)), target)


class Counting:
    """An encoder that records how many characters it tokenises at once."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder, self.max_tokens, self.most = encoder, encoder.max_tokens, 0

    def pieces(self, texts: Sequence[str]) -> list[Offsets]:
        self.most = max(self.most, sum(map(len, texts)))
        return self._encoder.pieces(texts)

    def known(self, text: str) -> float:
        return self._encoder.known(text)


@pytest.mark.parametrize("unit", ["Anna Karlsson, 12 Harbour Street.\n", "words and more of them ", "你好。"])
def test_a_long_text_is_tokenised_in_parts_and_cut_as_it_would_be_whole(
    encoder: Encoder, unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = read_plain(unit * (30_000 // len(unit)), id="x")
    whole = list(passages(document, "en", encoder, 128))
    monkeypatch.setattr("index.text.word_pieces._AT_ONCE", 2_000)
    counting = Counting(encoder)
    assert list(passages(document, "en", cast(Encoder, counting), 128)) == whole
    assert counting.most <= LONGEST_PASSAGE


@pytest.mark.parametrize("unit", ["你", "ab,", "don't", "é-"])
def test_ten_thousand_characters_without_a_space_are_cut(encoder: Encoder, unit: str) -> None:
    document = read_plain(unit * (10_000 // len(unit)), id="x")
    drafts = list(passages(document, "en", encoder, 128))
    assert len(drafts) > 10
    check(document, encoder, drafts, 128)


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        ("The bridge was" + " " * 100_000 + "opened in 1931.", [14, 15]),
        ("One sails." + "\n \n" * 10_000 + "Two sail.", [10, 9]),
        ("a" * 12_000 + " Two sail.", [5000, 5000, 2010]),
        ("\u200b" * 12_000 + "Two sail.", [5000, 5000, 2009]),
        ("word " * 999, [639] * 7 + [514]),
        ("x".ljust(40) * 127, [4961, 41]),
    ],
    ids=["spaces", "lines", "a word", "nothing to see", "words", "columns"],
)
def test_a_passage_has_no_more_than_so_many_characters(encoder: Encoder, text: str, lengths: list[int]) -> None:
    """Attack: megabytes of spaces, or of one word, in a sentence."""
    drafts = list(passages(read_plain(text, id="x"), "en", encoder, 128))
    assert [len(draft.span) for draft in drafts] == lengths


def test_a_passage_has_twice_as_many_pieces_where_words_are_broken(encoder: Encoder) -> None:
    for sentence, least, most in (("The ships went north all night. ", 64, 128), ("Корабли шли на север. ", 128, 254)):
        document = read_plain(sentence * 100, id="x")
        drafts = list(passages(document, "en", encoder, 128))
        counts = [len(encoder.pieces([document.text[each.span.start : each.span.end]])[0]) for each in drafts[:-1]]
        assert counts and least < min(counts) <= max(counts) <= most


def test_the_rule_of_a_table_is_counted(encoder: Encoder) -> None:
    document = read_markdown("Words.\n\n| a | b |\n|" + "-" * 300 + "|---|\n| c | d |\n", id="x")
    drafts = list(passages(document, "en", encoder, 128))
    assert len(drafts) == 2
    check(document, encoder, drafts, 128)


def test_a_table_is_read_under_its_head_row_and_what_follows_is_not(encoder: Encoder) -> None:
    text = "# Prices\n\nIn euros.\n\n| what | price |\n|---|---|\n| saw | 12 |\n| nail | 1 |\n\nAll with tax.\n"
    document = read_markdown(text, id="p.md")
    found = [
        (draft.context, text[draft.span.start : draft.span.end]) for draft in passages(document, "en", encoder, 90)
    ]
    assert found == [
        ("Prices.\n", "In euros."),
        ("Prices – what | price.\n", "| saw | 12 |\n| nail | 1 |"),
        ("Prices.\n", "All with tax."),
    ]


def test_a_passage_does_not_reach_past_a_heading_that_stands_elsewhere(encoder: Encoder) -> None:
    builder = TextBuilder()
    for name, sentence in (("Wind", "They sailed."), ("Calm", "They rowed.")):
        builder.name(name, 1)
        builder.paragraph(sentence)
    document = builder.build(id="a", extractor="a/1", title="Two ships")
    drafts = list(passages(document, "en", encoder, 200))
    assert [read(draft, document) for draft in drafts] == [
        "Two ships – Wind.\nThey sailed.", "Two ships – Calm.\nThey rowed.",
    ]  # fmt: skip


def test_a_long_context_keeps_a_part_of_each_name() -> None:
    text = f"# {'Title ' * 30}\n\n## Short\n\n### {'Deep ' * 60}\n\nText."
    context = context_of(read_markdown(text, id="x"), len(text) - 2)
    title, short, deep = context.removesuffix(".\n").split(" – ")
    assert (title[:5], short, deep[:4]) == ("Title", "Short", "Deep ".strip())
    assert len(title + short + deep) <= LONGEST_CONTEXT < len(context) + 10
    many = "".join(f"{'x' * 200} {level}\n{mark * 204}\n\n" for level, mark in enumerate("=-~^+*#<>:."))
    deepest = context_of(read_rst(f"{many}Text.", id="x"), len(many))
    assert deepest.count(" – ") == 7 and len(deepest) < LONGEST_CONTEXT + 30


def test_the_heading_path_is_context_and_not_text(encoder: Encoder) -> None:
    document = read_markdown("# Ships\n\nOne sails.\n\n## North\n\nTwo sail. Three sail.\n", id="x")
    first, second = passages(document, "en", encoder, 128)
    assert read(first, document) == "Ships.\nOne sails."
    assert read(second, document) == "Ships – North.\nTwo sail. Three sail."
    assert len(second.sentences) == 2


def test_a_heading_longer_than_the_encoder_reads_is_dropped(encoder: Encoder) -> None:
    document = read_markdown("# " + "漢" * 3000 + "\n\n" + "Words go on. " * 200, id="x")
    drafts = list(passages(document, "en", encoder, 254))
    assert {draft.context for draft in drafts} == {""}
    check(document, encoder, drafts, 254)


def test_a_list_stays_with_its_lead_in(encoder: Encoder) -> None:
    filler = "Filler words stand here in some number, to fill it up. " * 6
    text = f"{filler}\n\nTake these things with you now:\n\n1. A hammer.\n2. A saw.\n"
    document = read_plain(text, id="x")
    *_, last = passages(document, "en", encoder, 90)
    assert text[last.span.start : last.span.end] == "Take these things with you now:\n\n1. A hammer.\n2. A saw."


def test_a_long_document_is_split_in_little_memory(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack: 48 MB of short rows, all of whose word pieces, paragraphs and sentences were in memory at once."""
    monkeypatch.setattr("index.text.word_pieces._AT_ONCE", 5_000)
    document = read_csv(b"1,Erik\n" * 10_000, id="x")
    drafts = passages(document, "en", encoder, 128)
    tracemalloc.start()
    try:
        count = sum(1 for _ in drafts)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count > 200
    assert most < 1_500_000  # 4.2 MB, when it grew with the document


@pytest.mark.parametrize("unit", ["words and more of them ", "1,Erik\n", "Sails:\n\n"])
def test_a_split_is_heard_from_all_the_time(encoder: Encoder, unit: str) -> None:
    """A build is cancelled by an exception from `on_wait`, even within one sentence of megabytes."""
    document = read_plain(unit * (200_000 // len(unit)), id="x")
    heard: list[float] = []

    def on_wait() -> None:
        heard.append(time.process_time())

    on_wait()
    for _ in passages(document, "en", encoder, 128, on_wait):
        on_wait()
    assert max(after - before for before, after in pairwise(heard)) < 0.3


def test_a_split_is_heard_from_within_a_sentence(encoder: Encoder) -> None:
    document = read_plain("words and more of them " * 8_000, id="x")
    heard: list[int] = []
    next(passages(document, "en", encoder, 128, lambda: heard.append(1)))
    assert len(heard) > 40
