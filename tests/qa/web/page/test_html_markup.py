"""Text to HTML: each character appears once, under the classes of the marks that cover it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from html import escape
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from qa.web.page.html import Mark, button, element, escaped, marked, named, sentence
from source import Span, isolated

Within = Callable[[float], AbstractContextManager[None]]

TEXT = "a <b> & 'c' \"d\" and so on"
OFFSETS = st.integers(0, len(TEXT))
SPANS = st.tuples(OFFSETS, OFFSETS).map(lambda ends: Span(*sorted(ends)))
MARKS = st.lists(st.tuples(SPANS, st.sampled_from(["quoted", "answer", "found", "strong", "syntax"])), max_size=8)


def by_character(span: Span, marks: list[Mark]) -> str:
    """The expected HTML, worked out character by character."""
    cuts = [sum(at >= end for mark, _ in marks if mark for end in (mark.start, mark.end)) for at in range(len(TEXT))]
    names = [sorted({name for mark, name in marks if mark.start <= at < mark.end}) for at in range(len(TEXT))]
    html = ""
    for (on, _), group in groupby(range(span.start, span.end), lambda at: (names[at], names[at] and cuts[at])):
        at = list(group)
        words = escape(TEXT[at[0] : at[-1] + 1])
        start = f' data-start="{at[0]}"' if {"quoted", "found"} & set(on) else ""
        tag = "mark" if {"quoted", "found", "answer"} & set(on) else "span"
        html += f'<{tag} class="{" ".join(on)}"{start}>{words}</{tag}>' if on else words
    return html


@given(SPANS.filter(bool), MARKS)
def test_each_piece_is_one_element_with_the_sorted_classes_of_its_marks(span: Span, marks: list[Mark]) -> None:
    assert marked(TEXT, span, marks) == by_character(span, marks)


@given(SPANS.filter(bool), MARKS)
def test_marks_that_can_be_scrolled_to_have_their_offset(quote: Span, marks: list[Mark]) -> None:
    assert f'data-start="{quote.start}"' in marked(TEXT, Span(0, len(TEXT)), [*marks, (quote, "quoted")])


def test_an_empty_mark_marks_nothing() -> None:
    marks = [(Span(0, 6), "quoted"), (Span(3, 3), "answer")]
    assert marked("in one", Span(0, 6), marks) == '<mark class="quoted" data-start="0">in one</mark>'


def test_many_marks_are_drawn_in_time(within: Within) -> None:
    """Marks side by side, nested, and all in one place."""
    text, size = "a" * 200_000, 5_000
    beside = [(Span(at, at + 5), "strong") for at in range(0, 40 * size, 40)]
    nested = [(Span(at, len(text) - at), "quoted") for at in range(size)]
    alike = [(Span(0, len(text)), "answer")] * size
    with within(2):
        html = marked(text, Span(0, len(text)), [*beside, *nested, *alike])
    assert html.count("a") > len(text) and html.count("<mark") > 3 * size


def test_a_carriage_return_in_a_name_survives() -> None:
    assert element("p", {"data-id": "a\rb\n"}) == '<p data-id="a&#13;b\n"></p>'


def test_a_text_is_escaped_once() -> None:
    text, html = """<i> & "q" 'a'""", "&lt;i&gt; &amp; &quot;q&quot; &#x27;a&#x27;"
    assert element("p", {"title": text}, escaped(text)) == f'<p title="{html}">{html}</p>'
    assert element("p", {}, marked(text, Span(0, len(text)), [])) == f"<p>{html}</p>"
    assert f'title="{html}"' in button("read", text, "icon") and f">{html}</button>" in button("read", text)


def test_a_name_in_a_sentence_is_an_element_of_its_own() -> None:
    names = [isolated(name) for name in ("<b>\u202e", "שם\u2069", "\u2068\u2068مرحبا")]
    html = sentence(f"Removed {', '.join(names)} & more.")
    assert html == "Removed &lt;b&gt;\ufffd, <bdi>שם\ufffd</bdi>, <bdi>\ufffd\ufffdمرحبا</bdi> &amp; more."
    assert named("a\u202e<", "h2", class_="x") == '<h2 dir="auto" class="x">a\ufffd&lt;</h2>'
    assert named("שם") == '<bdi dir="auto">שם</bdi>'
