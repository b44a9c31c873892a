"""Builds HTML from text. Whatever the page shows of documents, titles and questions is escaped here.

HTML is `Markup` and text is `str`, so that mypy refuses a text that was not escaped.

>>> print(element("p", {"class": "x", "dir": "auto"}, escaped("a < b")))
<p class="x" dir="auto">a &lt; b</p>
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from markupsafe import Markup

from source import END_ISOLATE, ISOLATE, Span, undirected
from source.web.origin import is_address

_VOID = frozenset({"img", "input"})  # elements without content or end tag
_NUL_SHOWN = str.maketrans({"\x00": "\ufffd"})  # an HTML parser would silently drop it


def escaped(text: str) -> Markup:
    """A text as HTML, safe both between tags and inside an attribute."""
    return Markup(_escape(text))


def _escape(text: str) -> str:
    return escape(text.translate(_NUL_SHOWN), quote=True)


def sentence(text: str) -> Markup:
    """A sentence of the page as HTML: the names that `source.isolated` has put into it are `<bdi>` elements."""
    return Markup(_escape(text).replace(ISOLATE, "<bdi>").replace(END_ISOLATE, "</bdi>"))


def named(text: str, tag: str = "bdi", **attributes: object) -> Markup:
    """A name, or another short text that isn't quoted, in an element of its own that affects nothing outside it."""
    return element(tag, {"dir": "auto", **_written(attributes)}, escaped(undirected(text)))


def link(address: str, **attributes: object) -> Markup:
    """The address of a web page as a link that opens beside this page, which it does not learn of.

    The address may come from somebody else's index: of anything that isn't one, only the text.
    """
    if not is_address(address):
        return named(address, "span", **attributes)
    return named(address, "a", href=address, target="_blank", rel="noopener noreferrer", **attributes)


def element(tag: str, attributes: Mapping[str, object], *content: Markup) -> Markup:
    """An element. Attribute values are escaped here; the content is HTML already."""
    written = "".join(f' {name}="{_attribute(str(value))}"' for name, value in attributes.items())
    # A document has thousands of elements: joined as str, they take half the time that Markup's methods need.
    return Markup(f"<{tag}{written}>" if tag in _VOID else f"<{tag}{written}>{''.join(content)}</{tag}>")


def _attribute(value: str) -> str:
    # A carriage return in a file's name must survive; an HTML parser would read it as a line feed.
    return _escape(value).replace("\r", "&#13;")


def button(action: str, label: str, kind: str = "text", **attributes: object) -> Markup:
    """A button for one of the page script's actions.

    `kind` is its class. An "icon" has no text: the label is its accessible name and tooltip.
    """
    basic = {"type": "button", "class": kind, "data-do": action, **_written(attributes)}
    if kind == "icon":
        return element("button", {**basic, "aria-label": label, "title": label})
    return element("button", basic, sentence(label))


def _written(attributes: Mapping[str, object]) -> dict[str, object]:
    """Attributes by their names in HTML: `class_` is "class", `data_do` is "data-do"."""
    return {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}


Mark = tuple[Span, str]
"""A span of the document, and the CSS class that marks it."""
Stretch = tuple[Span, tuple[str, ...]]
"""A span of the document, and all the CSS classes that mark it."""

_SCROLL_TARGETS = frozenset({"quoted", "found"})  # classes of what the page may scroll to
_MARK_CLASSES = _SCROLL_TARGETS | {"answer"}  # drawn as <mark>, all others as <span>


def marked(text: str, span: Span, marks: Iterable[Mark]) -> Markup:
    """`text[span]` as HTML, each stretch of it with the classes of the marks that cover it.

    >>> print(marked("a river runs", Span(0, 12), [(Span(2, 7), "answer")]))
    a <mark class="answer">river</mark> runs
    """
    return drawn(text, span, stretches(marks))


def stretches(marks: Iterable[Mark]) -> list[Stretch]:
    """The stretches that marks cover, in order: cut wherever a mark starts or ends, with sorted classes.

    >>> stretches([(Span(0, 9), "quoted"), (Span(4, 9), "answer")])
    [(Span(start=0, end=4), ('quoted',)), (Span(start=4, end=9), ('answer', 'quoted'))]
    """
    ends = [(at, name, change) for span, name in marks if span for at, change in ((span.start, 1), (span.end, -1))]
    found: list[Stretch] = []
    open_marks: Counter[str] = Counter()
    start = 0
    for at, name, change in sorted(ends):
        if open_marks and start < at:
            found.append((Span(start, at), tuple(sorted(open_marks))))
        open_marks[name] += change
        if not open_marks[name]:
            del open_marks[name]
        start = at
    return found


def drawn(text: str, span: Span, stretches: Sequence[Stretch]) -> Markup:
    """`text[span]` as HTML, with the classes of the stretches that overlap it."""
    first = bisect_right(stretches, span.start, key=lambda stretch: stretch[0].end)
    last = bisect_left(stretches, span.end, key=lambda stretch: stretch[0].start)
    parts: list[Markup] = []
    at = span.start
    for covered, names in stretches[first:last]:
        start, end = max(covered.start, span.start), min(covered.end, span.end)
        parts += [escaped(text[at:start]), _stretch(text, Span(start, end), names)]
        at = end
    return Markup("".join([*parts, escaped(text[at : span.end])]))


def _stretch(text: str, span: Span, names: tuple[str, ...]) -> Markup:
    attributes: dict[str, object] = {"class": " ".join(names)}
    if not _SCROLL_TARGETS.isdisjoint(names):
        attributes["data-start"] = span.start
    tag = "span" if _MARK_CLASSES.isdisjoint(names) else "mark"
    return element(tag, attributes, escaped(text[span.start : span.end]))


_WRAP_WIDTHS = range(55, 130)  # of the longest line, where a program or a typist has wrapped prose
_FILLED = 0.6  # of the longest line: a wrapped line ends where the next word did not fit
_ITEM = re.compile(r"\s*(?:[-*•–—·+|>]|\(?\w{1,3}[.)])\s")


def flows(text: str) -> bool:
    """Whether a text is wrapped prose, whose line breaks the page may ignore. The text itself isn't changed.

    >>> flows("It was the best of times, it was the worst of times, it was\\nthe age of wisdom, it was the age")
    True
    >>> flows("Shall I compare thee to a summer's day?\\nThou art more lovely and more temperate:")
    False
    """
    lines = [line.rstrip() for line in text.split("\n")]
    if len(lines) < 2 or max(map(len, lines)) not in _WRAP_WIDTHS:
        return False
    filled = _FILLED * max(map(len, lines))
    return all(len(line) >= filled for line in lines[1:-1]) and not any(_ITEM.match(line) for line in lines[1:])
