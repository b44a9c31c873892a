"""Text to HTML. Nothing of a document, a title or a question gets into the page but through here.

>>> element("p", {"class": "x", "dir": "auto"}, escaped("a < b"))
'<p class="x" dir="auto">a &lt; b</p>'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import pairwise

from source import Span

Mark = tuple[Span, str]
"""A span of the document and the class that sets it off."""

_VOID = frozenset({"img", "input"})  # they hold nothing and are not closed
_SPACE_KEPT = str.maketrans({"\x00": "\ufffd"})  # what an HTML parser would drop without a word


def escaped(text: str) -> str:
    """`text` as it stands, harmless both between tags and inside an attribute."""
    return escape(text.translate(_SPACE_KEPT), quote=True)


def element(tag: str, attributes: Mapping[str, object], *content: str) -> str:
    """One element; attribute values are escaped here, `content` is HTML already."""
    written = "".join(f' {name}="{escaped(str(value))}"' for name, value in attributes.items())
    return f"<{tag}{written}>" if tag in _VOID else f"<{tag}{written}>{''.join(content)}</{tag}>"


def button(does: str, label: str, kind: str = "text", **attributes: object) -> str:
    """A button that the page's script hears of by what it `does`; an "icon" has its label as a name and a hint."""
    named = {name.replace("_", "-"): value for name, value in attributes.items()}
    look = {"type": "button", "class": kind, "data-do": does}
    if kind == "icon":
        return element("button", {**look, "aria-label": label, "title": label, **named})
    return element("button", {**look, **named}, escaped(label))


def marked(text: str, span: Span, marks: Sequence[Mark]) -> str:
    """`text[span]` as HTML, each stretch under the classes of the marks that cover it.

    >>> marked("a river runs", Span(0, 12), [(Span(2, 7), "answer")])
    'a <mark class="answer">river</mark> runs'
    """
    near = [(other, name) for other, name in marks if other.overlaps(span)]
    return "".join(_piece(text, piece, near) for piece in _pieces(span, near))


def _pieces(span: Span, marks: Iterable[Mark]) -> list[Span]:
    cuts = {span.start, span.end}
    cuts.update(min(max(at, span.start), span.end) for mark, _ in marks for at in (mark.start, mark.end))
    return [Span(start, end) for start, end in pairwise(sorted(cuts))]


def _piece(text: str, piece: Span, marks: Iterable[Mark]) -> str:
    names = sorted({name for span, name in marks if span.overlaps(piece)})
    words = escaped(text[piece.start : piece.end])
    if not names:
        return words
    goal = {"data-start": piece.start} if {"quoted", "found"} & set(names) else {}  # what may be brought into view
    tag = "mark" if {"quoted", "found", "answer"} & set(names) else "span"
    return element(tag, {"class": " ".join(names), **goal}, words)
