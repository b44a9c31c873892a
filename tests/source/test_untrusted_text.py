"""Untrusted text: no control character gets through, and no name turns the sentence that it stands in."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from source import END_ISOLATE, ISOLATE, isolated, printable_json, scan, undirected
from source.archive import parse_xml
from source.builder import TextBuilder
from source.errors import Damaged, SourceUnreadable, TooLarge
from source.files import SourceFile, readable
from source.formats.registry import SUFFIXES
from source.formats.rst import read_rst
from source.limits import check_amounts

DIRECTED = re.compile("[\u202a-\u202e\u2066-\u2069]")
BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
NAMES = st.text(
    st.sampled_from(
        "ab 1.-שלוםمرحبا\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e"
        "\u2066\u2067\u2068\u2069\n\r\t\x1b\x85\u2028\u2029"
    )
)
OVERRIDE = "report\u202efdp.exe"


@given(NAMES | st.text())
@example("\u2069\u202e")
def test_a_name_in_a_sentence_is_one_line_and_closes_what_it_opens(name: str) -> None:
    shown = isolated(name)
    inside = shown.removeprefix(ISOLATE).removesuffix(END_ISOLATE)
    assert not DIRECTED.search(inside) and not BREAKS.search(inside)
    assert len(shown) - len(inside) in (0, 2)
    if any(unicodedata.bidirectional(char) in ("R", "AL", "AN") for char in inside):
        assert shown == f"{ISOLATE}{inside}{END_ISOLATE}"


def test_an_ordinary_name_stays_as_it_is() -> None:
    for name in ("report.pdf", "Отчёт за май.txt", "報告書.md", "C:\\papers\\a.txt"):
        assert isolated(name) == undirected(name) == name
    assert isolated("דוח.pdf") == f"{ISOLATE}דוח.pdf{END_ISOLATE}"
    assert isolated(OVERRIDE) == "report\ufffdfdp.exe"


UNSEEN = "\u00ad\u034f\u115f\u1160\u17b4\u180b\u180e\u200b\u200c\u200d\u2060\u2064\u2800\u3164\ufeff\uffa0\U000e0041"


@given(st.text(st.sampled_from(f"{UNSEEN}\u200e\u200f\u061c \u00a0\u2003"), min_size=1))
def test_no_name_is_invisible(name: str) -> None:
    """Attack: names of characters that nothing is drawn for."""
    assert "\ufffd" in isolated(name)
    assert undirected(f"{name}.txt").endswith(".txt")


@given(st.sampled_from(UNSEEN), st.sampled_from(["Law{}", "{}Law", "La {}w", "La{} w", "La{0}{0}w"]))
def test_no_name_looks_like_another_by_what_is_not_seen(unseen: str, pattern: str) -> None:
    assert unseen not in isolated(pattern.format(unseen))


def test_what_joins_letters_stays() -> None:
    for name in (
        "می\u200cخواهم",
        "ភាសា\u200bខ្មែរ",
        "👩\u200d🌾.txt",
        "🏳\ufe0f\u200d🌈",
        "Donau\u00addampfer",
        "क\u200dष",
    ):
        assert undirected(name) == name
    assert undirected("Law\U000e0041\U000e0042s") == "Law\ufffd\ufffds"


@given(NAMES)
def test_json_for_a_terminal_says_the_same_without_such_characters(text: str) -> None:
    written = printable_json({text: text})
    assert not DIRECTED.search(written) and not BREAKS.search(written)
    assert json.loads(written) == {text: text}


def test_no_error_about_a_file_repeats_what_its_name_does_to_a_line(tmp_path: Path) -> None:
    """Attack: overrides, ends of isolates, escape sequences and line ends in the names of unreadable files."""
    for content in (b"", b"\x00\xff\x00", b"%PDF-1.4", b"<"):
        for suffix in SUFFIXES:
            file = tmp_path / f"{len(content)}\u2069\u202e\x1b[2J\rb\n\x85{suffix}"
            file.write_bytes(content)
    found = scan([tmp_path])
    list(found.documents())
    assert len(found.skipped) > 2 * len(SUFFIXES)
    for error in map(str, found.skipped):
        assert not DIRECTED.search(error) and not BREAKS.search(error)
        assert "\ufffd\ufffd␛[2J␍b␊\ufffd" in error or "files left out" in error  # pictures are only counted


def test_no_limit_repeats_what_a_name_does_to_a_line() -> None:
    name = f"c{OVERRIDE}\n\x1b[2J.rst"
    headings = "".join(f"Ships {n}\n=========\n\n" for n in range(11))
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("source.limits.MOST_MARKS", 10)
        patch.setattr("source.limits.MOST_GROWTH", 0)
        patch.setattr("source.limits.GROWTH_COUNTS_FROM", 10)
        for text in (headings, "x" * 11):
            with pytest.raises(TooLarge) as caught:
                check_amounts(read_rst(text, id="c"), 1, name)
            found.append(str(caught.value))
        with pytest.raises(TooLarge) as caught:
            TextBuilder(1, name).paragraph("x" * 11)
        found.append(str(caught.value))
    with pytest.raises(SourceUnreadable) as unreadable, readable(SourceFile(Path(), name, name), 1):
        pass
    for error in (*found, str(unreadable.value)):
        assert not DIRECTED.search(error) and not BREAKS.search(error)


def test_an_error_repeats_only_a_little_of_a_document() -> None:
    """Attack: a tag of 49,000 letters, which the parser's message repeats."""
    with pytest.raises(Damaged) as caught:
        parse_xml(f"<a><{'n' * 49_000}></a>".encode(), "a.docx")
    assert len(str(caught.value)) < 600
    assert isolated("a" * 300 + "b" * 300) == "a" * 200 + "…" + "b" * 200
