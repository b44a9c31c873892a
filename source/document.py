"""What every reader returns: a `Document` whose text never changes.

>>> from source.formats.plain import read_plain
>>> document = read_plain("Title\\n\\nFirst things. Second things.", id="a.txt")
>>> [document.text[s.start:s.end] for s in document.quotable()]
['First things. Second things.']
>>> document.place(20).heading
('Title',)

All offsets are half-open and count Unicode code points of `Document.text`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from source.places import Corners, Lines, Place, Places, shortened
from source.spans import Marked, Span, subtract, trim


class RegionKind(StrEnum):
    """Why a stretch of text is marked."""

    HEADING = "heading"
    SCRIPT = "script"  # program code that leaked into prose
    NAVIGATION = "navigation"  # buttons, menus, share links, cookie banners
    REPETITION = "repetition"  # the headline once more
    FURNITURE = "furniture"  # a page's running header or footer, or its number
    MARKUP = "markup"  # front matter, comments, raw HTML, rules
    ATTRIBUTION = "attribution"  # "Source: …": not prose, yet it may be what is asked for

    @property
    def quotable(self) -> bool:
        """Only the line that says where a text comes from is still quoted."""
        return self is RegionKind.ATTRIBUTION


@dataclass(frozen=True, slots=True)
class Region:
    """A marked stretch of text; marking never deletes, so offsets hold."""

    span: Span
    kind: RegionKind


class DoubtKind(StrEnum):
    """Why a text may not be what its file shows."""

    NO_TEXT = "no text"  # a page that is only a picture
    RECOGNISED = "recognised text"  # read off a picture by a program
    JOINED_WORDS = "joined words"
    SPACED_WORDS = "spaced-out words"
    PRIVATE_USE = "private-use characters"  # they mean something in one font only
    CONTROL = "control characters"
    UNDECODABLE = "undecodable bytes"
    READING_ORDER = "doubtful reading order"
    TRUNCATED = "damaged file"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A reason to look at the original: on which page (None: anywhere), and how often it shows."""

    kind: DoubtKind
    page: int | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class Document:
    """One document: its whole text, and what is known about stretches of it.

    `sha256` is that of the file's bytes (of the record's line, in a collection);
    `extractor` names the reader and its version, because the same file read by
    another reader may have other offsets. `corners`: where each character stands on
    its page, in formats that have boxes; an index keeps them beside the text.
    """

    id: str
    title: str
    path: str
    sha256: str
    extractor: str
    text: str = field(repr=False)
    regions: tuple[Region, ...] = field(default=(), repr=False)
    places: Places = field(default=Places(), repr=False)
    doubts: tuple[Doubt, ...] = ()
    corners: Corners | None = field(default=None, repr=False, compare=False)
    _lines: Lines = field(init=False, repr=False, compare=False)
    _holes: Marked = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", shortened(self.title))
        object.__setattr__(self, "_lines", Lines(self.text))
        object.__setattr__(self, "_holes", Marked([each.span for each in self.regions if not each.kind.quotable]))

    def place(self, offset: int) -> Place:
        """The page, heading path, paragraph and line at `offset`."""
        places = self.places
        return Place(
            page=places.page(offset),
            heading=places.heading(offset),
            paragraph=None if places.pages else places.paragraph(offset),
            line=self._lines.number(offset) if places.own_lines else None,
            page_name=places.page_name,
        )

    def doubts_about(self, span: Span) -> tuple[Doubt, ...]:
        """The doubts about the document as a whole, and about the pages of a span."""
        first, last = self.places.page(span.start), self.places.page(span.end - 1)
        on = range(first or 0, (last or 0) + 1)
        return tuple(doubt for doubt in self.doubts if doubt.page is None or doubt.page in on)

    def is_quotable(self, span: Span) -> bool:
        """Whether a span has characters of the text, and none that is marked as not to be quoted."""
        return 0 <= span.start < span.end <= len(self.text) and not self._holes.overlap(span)

    def quotable(self) -> list[Span]:
        """Each paragraph less the regions that are not quoted, trimmed of white space."""
        holes = [region.span for region in self.regions if not region.kind.quotable]
        return list(_trimmed(self.text, subtract(self.places.paragraphs, holes)))


def _trimmed(text: str, spans: Iterable[Span]) -> Iterable[Span]:
    for span in spans:
        inner = trim(text, span)
        if inner:
            yield inner


_SHOWN = 12  # pages, or ranges of them
_ENGLISH: Mapping[str, str] = MappingProxyType({})


def describe(doubts: Iterable[Doubt], names: Mapping[str, str] = _ENGLISH) -> list[str]:
    """A line for each kind of doubt: what it is, how often, and on which pages.

    `names`: the words of another language, by the English ones (`DoubtKind`'s, "page", "pages", "on", "and {} more").

    >>> describe([Doubt(DoubtKind.NO_TEXT, 3), Doubt(DoubtKind.NO_TEXT, 4), Doubt(DoubtKind.CONTROL, None, 2)])
    ['no text: pages 3–4', 'control characters: 2']
    """
    kinds: dict[DoubtKind, list[Doubt]] = {}
    for doubt in doubts:
        kinds.setdefault(doubt.kind, []).append(doubt)
    return [_told(kind, each, names) for kind, each in kinds.items()]


def _told(kind: DoubtKind, doubts: list[Doubt], names: Mapping[str, str]) -> str:
    count = sum(doubt.count for doubt in doubts)
    often = [f"{count:,}"] if count > len(doubts) else []
    pages = sorted({doubt.page for doubt in doubts if doubt.page is not None})
    page = "pages" if len(pages) > 1 else "page"
    where = [f"{names.get(page, page)} {_ranges(pages, names)}"] if pages else []
    found = f" {names.get('on', 'on')} ".join([*often, *where])
    return ": ".join([names.get(kind, kind), *([found] if found else [])])


def _ranges(pages: list[int], names: Mapping[str, str]) -> str:
    """Whole numbers in order, neighbours as a range."""
    found: list[list[int]] = []
    for page in pages:
        if found and found[-1][1] == page - 1:
            found[-1][1] = page
        else:
            found.append([page, page])
    shown = [f"{first}–{last}" if last > first else str(first) for first, last in found]
    further = names.get("and {} more", "and {} more").format(len(shown) - _SHOWN)
    more = [further] if len(shown) > _SHOWN else []
    return ", ".join([*shown[:_SHOWN], *more])
