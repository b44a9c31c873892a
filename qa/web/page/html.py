"""Text to HTML. Nothing of a document, a title or a question gets into the page but through here.

>>> element("p", {"class": "x", "dir": "auto"}, escaped("a < b"))
'<p class="x" dir="auto">a &lt; b</p>'
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from source import Span

_WIDTHS = range(55, 130)  # of the longest line, where a program or a typist has wrapped prose
_FILLED = 0.6  # of the longest line: a wrapped line ends where the next word did not fit
_ITEM = re.compile(r"\s*(?:[-*•–—·+|>]|\(?\w{1,3}[.)])\s")


def flows(text: str) -> bool:
    """Whether lines may be put together where they are shown: the text itself stays as it is.

    >>> flows("It was the best of times, it was the worst of times, it was\\nthe age of wisdom, it was the age")
    True
    >>> flows("Shall I compare thee to a summer's day?\\nThou art more lovely and more temperate:")
    False
    """
    lines = [line.rstrip() for line in text.split("\n")]
    if len(lines) < 2 or max(map(len, lines)) not in _WIDTHS:
        return False
    full = _FILLED * max(map(len, lines))
    return all(len(line) >= full for line in lines[1:-1]) and not any(_ITEM.match(line) for line in lines[1:])


Mark = tuple[Span, str]
"""A span of the document and the class that sets it off."""
Stretch = tuple[Span, tuple[str, ...]]
"""A span of the document and all the classes that set it off."""

_VOID = frozenset({"img", "input"})  # they hold nothing and are not closed
_GOALS = frozenset({"quoted", "found"})  # classes of what may be brought into view
_MARKED = _GOALS | {"answer"}
_SPACE_KEPT = str.maketrans({"\x00": "\ufffd"})  # what an HTML parser would drop without a word


def escaped(text: str) -> str:
    """`text` as it stands, harmless both between tags and inside an attribute."""
    return escape(text.translate(_SPACE_KEPT), quote=True)


def _attribute(value: str) -> str:
    """A name with a carriage return in it comes back as it is; HTML makes a line feed of one."""
    return escaped(value).replace("\r", "&#13;")


def element(tag: str, attributes: Mapping[str, object], *content: str) -> str:
    """One element; attribute values are escaped here, `content` is HTML already."""
    written = "".join(f' {name}="{_attribute(str(value))}"' for name, value in attributes.items())
    return f"<{tag}{written}>" if tag in _VOID else f"<{tag}{written}>{''.join(content)}</{tag}>"


def button(does: str, label: str, kind: str = "text", **attributes: object) -> str:
    """A button that the page's script hears of by what it `does`; an "icon" has its label as a name and a hint."""
    named = {name.replace("_", "-"): value for name, value in attributes.items()}
    look = {"type": "button", "class": kind, "data-do": does}
    if kind == "icon":
        return element("button", {**look, "aria-label": label, "title": label, **named})
    return element("button", {**look, **named}, escaped(label))


def marked(text: str, span: Span, marks: Iterable[Mark]) -> str:
    """`text[span]` as HTML, each stretch under the classes of the marks that cover it.

    >>> marked("a river runs", Span(0, 12), [(Span(2, 7), "answer")])
    'a <mark class="answer">river</mark> runs'
    """
    return drawn(text, span, stretches(marks))


def stretches(marks: Iterable[Mark]) -> list[Stretch]:
    """What the marks cover, in order, cut wherever one starts or ends: each with the classes of those on it, sorted.

    >>> stretches([(Span(0, 9), "quoted"), (Span(4, 9), "answer")])
    [(Span(start=0, end=4), ('quoted',)), (Span(start=4, end=9), ('answer', 'quoted'))]
    """
    ends = [(at, name, change) for span, name in marks if span for at, change in ((span.start, 1), (span.end, -1))]
    found: list[Stretch] = []
    on: Counter[str] = Counter()
    start = 0
    for at, name, change in sorted(ends):
        if on and start < at:
            found.append((Span(start, at), tuple(sorted(on))))
        on[name] += change
        if not on[name]:
            del on[name]
        start = at
    return found


def drawn(text: str, span: Span, stretches: Sequence[Stretch]) -> str:
    """`text[span]` as HTML, under the classes of its part of the stretches."""
    first = bisect_right(stretches, span.start, key=lambda each: each[0].end)
    last = bisect_left(stretches, span.end, key=lambda each: each[0].start)
    parts = []
    at = span.start
    for covered, names in stretches[first:last]:
        start, end = max(covered.start, span.start), min(covered.end, span.end)
        parts += [escaped(text[at:start]), _piece(text, Span(start, end), names)]
        at = end
    return "".join([*parts, escaped(text[at : span.end])])


def _piece(text: str, piece: Span, names: tuple[str, ...]) -> str:
    attributes: dict[str, object] = {"class": " ".join(names)}
    if not _GOALS.isdisjoint(names):
        attributes["data-start"] = piece.start
    tag = "span" if _MARKED.isdisjoint(names) else "mark"
    return element(tag, attributes, escaped(text[piece.start : piece.end]))
