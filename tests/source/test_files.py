"""Names from elsewhere become names of documents, whatever they are."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source import SUFFIXES, document_name, numbered
from source.errors import UnknownFormat


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Report 2024.pdf", "Report 2024.pdf"),
        ("REPORT.PDF", "REPORT.PDF"),
        ("中文 文件.txt", "中文 文件.txt"),
        ("C:\\papers\\a.txt", "a.txt"),
        ("/etc/../a.txt", "a.txt"),
        ("a/b\\c.txt", "c.txt"),
        ("..a.txt", "a.txt"),
        ("...txt", "document.txt"),
        ("  a \t b .txt", "a b.txt"),
        ("a\0b\r\n.txt", "ab.txt"),
        ("invoice\u202efdp.txt", "invoicefdp.txt"),
        ("half \ud800 a character.txt", "half a character.txt"),
        ("e\u0301.txt", "é.txt"),
        ('a<b>:"|?*.txt', "ab.txt"),
        ("???.txt", "document.txt"),
        ("con.txt", "_con.txt"),
        ("LPT1.old.txt", "_LPT1.old.txt"),
        ("console.txt", "console.txt"),
        ("-rf.txt", "-rf.txt"),
        ("questions.txt", "questions.txt"),
    ],
)
def test_a_name_keeps_what_a_name_may_have(name: str, expected: str) -> None:
    r"""Attack: an upload called `../x`, `C:\x` or `con.txt`, with NUL, bidi marks or half letters."""
    assert document_name(name) == expected


@pytest.mark.parametrize("name", ["", ".", "..", "/", "a", ".txt", "a.exe", "a.txt/", "a.txt.", "QUESTIONS.jsonl"])
def test_unsupported_names_are_refused(name: str) -> None:
    """Attack: an upload called like golden questions."""
    with pytest.raises(UnknownFormat, match=r"unsupported file type|reserved for golden questions"):
        document_name(name)


@given(st.text(max_size=400), st.sampled_from(SUFFIXES), st.integers(1, 10_000))
def test_every_name_is_a_file_of_its_folder(stem: str, suffix: str, number: int) -> None:
    try:
        name = numbered(document_name(stem + suffix), number)
    except UnknownFormat:
        return
    assert len(name.encode()) <= 255
    assert Path(name).name == name and Path("folder", name).parent == Path("folder")
    assert Path(name).suffix == suffix
    assert name.isprintable()
    assert not name.startswith((".", " ")) and not set(name) & set('\0/\\<>:"|?*')
    assert document_name(name) == name


def test_a_name_of_accents_takes_no_time(within: Callable[[float], AbstractContextManager[None]]) -> None:
    """Attack: accents by the ten thousand on one letter, to be sorted."""
    with within(0.2):
        name = document_name("a" + "\u0301\u0323" * 50_000 + ".txt")
    assert name.startswith("ạ") and name.endswith(".txt") and len(name.encode()) <= 255


def test_a_number_is_never_cut_off() -> None:
    long = document_name("漢" * 300 + ".pdf")
    assert long == "漢" * 83 + ".pdf"
    assert numbered(long, 12) == "漢" * 82 + " (12).pdf"
    assert numbered("a.pdf", 1) == "a.pdf"


@pytest.mark.parametrize(
    "name", ["questions.jsonl", "questions?.jsonl", "questions .jsonl", "questions..jsonl", '"Questions".jsonl']
)
def test_no_name_becomes_that_of_golden_questions(name: str) -> None:
    with pytest.raises(UnknownFormat, match="golden questions"):
        document_name(name)
