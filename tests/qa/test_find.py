from __future__ import annotations

import time
import tracemalloc
import unicodedata
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import pairwise
from typing import Any

import pytest
from cachetools import LRUCache, cached
from hypothesis import given
from hypothesis import strategies as st

import qa.find as find_in_module
from qa.find import find_in
from source import Document
from source.formats.plain import read_plain

Within = Callable[[float], AbstractContextManager[None]]


def document(text: str) -> Document:
    return Document(id="a", title="a", path="a", sha256="0" * 64, extractor="test/1", text=text)


def found(text: str, query: str, most: int = 1000) -> list[str]:
    return [text[span.start : span.end] for span in find_in(document(text), query, most)]


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("One bridge, two Bridges.", "bridge", ["bridge", "Bridge"]),
        ("the old\n  stone\tbridge", "Old stone bridge", ["old\n  stone\tbridge"]),
        ("the old\u00a0stone bridge", "old   stone", ["old\u00a0stone"]),
        ("an in-\nvisible ﬁsh", "invisible fish", ["in-\nvisible ﬁsh"]),
        ("a soft\u00adware pack\u200bage", "software package", ["soft\u00adware pack\u200bage"]),
        ("Ｆｕｌｌ width １２", "full WIDTH 12", ["Ｆｕｌｌ width １２"]),
        ("Die Straße und die STRASSE", "strasse", ["Straße", "STRASSE"]),
        ("caf\u00e9 cafe\u0301 cafe", "cafe\u0301", ["caf\u00e9", "cafe\u0301"]),
        ("caf\u00e9 cafe\u0301 cafe", "cafe", ["cafe"]),
        ("한국 하늘", "하", ["하"]),
        ("ガ ｶﾞ カ", "カ", ["カ"]),
        ("ガ ｶﾞ カ", "ガ", ["ガ", "ｶﾞ"]),
        ("Переезд в Москву", "переезд В москву", ["Переезд в Москву"]),
        ("欢迎使用软件包。软件包", "软件包", ["软件包", "软件包"]),
        ("كتاب كِتابٌ", "كتاب", ["كتاب"]),
        ("Russia’s “new” role", 'russia\'s "new" role', ["Russia’s “new” role"]),
        ("from 1939–45", "1939-45", ["1939–45"]),
        ("aaaa", "aa", ["aa", "aa"]),
        ("ß", "s", ["ß"]),
        ("a.c abc", "a.c", ["a.c"]),
        ("x(y[z\\", "(Y[z\\", ["(y[z\\"]),
        ("𝐁old 😀 face", "bold 😀 FACE", ["𝐁old 😀 face"]),
        ("nothing here", "elsewhere", []),
        ("nothing here", " \n ", []),
        ("nothing here", "", []),
        ("nothing here", "\u00ad", []),
        ("", "a", []),
        ("a\ud800b", "\ud800B", ["\ud800b"]),
    ],
)
def test_matches_of_a_query(text: str, query: str, expected: list[str]) -> None:
    assert found(text, query) == expected


def test_only_the_first_matches_are_returned() -> None:
    assert len(find_in(document("a " * 5000), "a")) == 1000
    assert [span.start for span in find_in(document("a " * 5000), "a", most=3)] == [0, 2, 4]


def brute(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


LETTERS = st.text(st.sampled_from("aAbéßİıŒ \n\tﬁ1１Ⅳ漢Жж-.*('’\u0301\u00ad"), max_size=12)


@given(LETTERS, LETTERS, LETTERS)
def test_places_are_in_order_inside_and_hold_the_query(before: str, query: str, after: str) -> None:
    text = f"{before} {query} {after}"
    spans = find_in(document(text), query)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    for span in spans:
        assert find_in(document(text[span.start : span.end]), query), text[span.start : span.end]
    if brute(query).strip("\u00ad '’") and query[0] != "\u0301":
        assert spans


@given(st.text(max_size=40), st.text(max_size=5))
def test_any_text_and_any_query(text: str, query: str) -> None:
    for span in find_in(document(text), query):
        assert 0 <= span.start < span.end <= len(text)


@given(LETTERS, LETTERS, st.integers(1, 3))
def test_a_text_is_folded_a_stretch_at_a_time(text: str, query: str, at_once: int) -> None:
    book = document(f"{text} {query}{text}")
    whole = find_in(book, query)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(find_in_module, "_AT_ONCE", at_once)
        patched.setattr(find_in_module, "_folded_document", lambda: find_in_module._folded)
        find_in_module._matches.cache_clear()
        assert find_in(book, query) == whole
    find_in_module._matches.cache_clear()


def test_hostile_texts_take_little_time(hostile: str, within: Within) -> None:
    with within(1):
        for query in (hostile, hostile[: len(hostile) // 2] + "!", "a" * 1000 + "b", "(a+)+$"):
            find_in(document(hostile), query)


def test_a_thousand_pages_are_searched_at_once() -> None:
    """The first search folds the text; later ones, as the user keeps typing, are fast."""
    text = "The harbour master of Lund is called Astrid Lindqvist, and the ﬁsh are\nhis.\n\n" * 26_000
    book = read_plain(text, id="a.txt")
    assert len(book.text) > 2_000_000
    assert len(find_in(book, "astrid lindqvist")) == 1000
    started = time.process_time()
    for query in ("astrid", "the fish are his.", "not in it", "lund is not"):
        find_in(book, query)
    assert (time.process_time() - started) / 4 < 0.05


def test_the_cache_takes_little_more_memory_than_the_text() -> None:
    """An é is two characters; a line break with an indent is one."""
    text = "The ﬁsh of the café are\n    his, and the in-\nvisible ones too.\n" * 15_000
    tracemalloc.start()
    find_in(document(text), "astrid")
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 10 * len(text) and peak < 20 * len(text)


def test_a_text_is_folded_once_for_all_queries() -> None:
    book = document("The keeper of the lamps counted the ships.")
    find_in_module._folded_document().cache_clear()
    assert find_in(book, "keeper") and find_in(book, "ships")
    assert len(find_in_module._folded_document().cache or ()) == 1


def test_matches_in_a_text_too_large_for_the_cache_are_cached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folded: list[str] = []

    def counting(text: str) -> object:
        folded.append(text)
        return find_in_module._folded(text)

    cache = LRUCache[str, Any](10, lambda folded: len(folded.text))
    monkeypatch.setattr(find_in_module, "_folded_document", lambda: cached(cache)(counting))
    book = document("The keeper counted the ships near the quay.")
    for _ in range(3):
        assert [span.start for span in find_in(book, "quay")] == [38]
    assert folded == [book.text]
    assert not cache
