"""The `Document` that every extractor returns. Its text never changes.

>>> from source.formats.plain import read_plain
>>> document = read_plain("Title\\n\\nFirst things. Second things.", id="a.txt")
>>> [document.text[s.start:s.end] for s in document.quotable()]
['First things. Second things.']
>>> document.place(20).heading
('Title',)

All offsets are half-open and count Unicode code points of `Document.text`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from source.places import Corners, Lines, Place, Places, shortened
from source.spans import Span, SpanIndex, subtract, trim


class RegionKind(StrEnum):
    """The reason why a span of text is marked."""

    HEADING = "heading"
    SCRIPT = "script"  # program code that leaked into prose
    NAVIGATION = "navigation"  # buttons, menus, share links, cookie banners
    REPETITION = "repetition"  # the headline repeated
    FURNITURE = "furniture"  # a page's running header or footer, or its number
    FRONT_MATTER = "front matter"
    MARKUP = "markup"  # comments, raw HTML, rules
    ATTRIBUTION = "attribution"  # "Source: …": not prose, but it may answer a question

    @property
    def quotable(self) -> bool:
        """Whether such text may be quoted: attributions, headings and front matter may."""
        return self in (RegionKind.ATTRIBUTION, RegionKind.HEADING, RegionKind.FRONT_MATTER)

    @property
    def in_passages(self) -> bool:
        """Whether such text is part of passages; a heading is the context of those below it."""
        return self is RegionKind.ATTRIBUTION


@dataclass(frozen=True, slots=True)
class Region:
    """A marked span of text. Marking deletes nothing, so offsets stay valid."""

    span: Span
    kind: RegionKind


class DoubtKind(StrEnum):
    """The reason why an extracted text may differ from what its file shows."""

    NO_TEXT = "no text"  # the page is only an image, perhaps with a stamp or a header
    RECOGNISED = "recognised text"  # by OCR
    JOINED_WORDS = "joined words"
    SPACED_WORDS = "spaced-out words"
    UNIDENTIFIED = "unidentified characters"  # the font doesn't say which they are
    PRIVATE_USE = "private-use characters"  # their meaning depends on the font
    CONTROL = "control characters"
    UNDECODABLE = "undecodable bytes"
    READING_ORDER = "doubtful reading order"
    TRUNCATED = "damaged file"
    UNCALCULATED = "formulas without results"  # of a spreadsheet that was saved before they were calculated


@dataclass(frozen=True, slots=True)
class Doubt:
    """A reason to check the original: its kind, the page (None: anywhere), and how often it occurs."""

    kind: DoubtKind
    page: int | None = None
    count: int = 1


class StatedName(StrEnum):
    """What a document says about itself."""

    AUTHOR = "author"
    DATE = "date"  # in ISO form, as precise as it is known: "2024-03-12", "2024-03" or "2024"
    VERSION = "version"


LONGEST_VALUE = 200
"""Maximum length, in characters, of what a document states about itself."""


@dataclass(frozen=True, slots=True)
class Stated:
    """Something that a document states about itself, as its author.

    `span`: where it stands in the text; None if it is from the file's properties or its name.
    """

    name: StatedName
    value: str
    span: Span | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", self.value[:LONGEST_VALUE])


@dataclass(frozen=True, slots=True)
class Document:
    """A document: its whole text, and the regions, places and doubts of that text.

    `sha256` is the hash of the file's bytes (in a collection, of the record's line).
    `extractor` names the extractor and its version, because another one may give the
    same file different offsets. `corners`: the position of each character on its page,
    in formats that have pages; an index stores them beside the text. `stated`: who wrote
    it, when, and its version, as far as the document says. `address` and `fetched`: where
    its file was fetched, and when (ISO 8601), if it is the copy of a web page.
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
    stated: tuple[Stated, ...] = field(default=(), repr=False)
    address: str = ""
    fetched: str = ""
    corners: Corners | None = field(default=None, repr=False, compare=False)
    _lines: Lines = field(init=False, repr=False, compare=False)
    _holes: SpanIndex = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", shortened(self.title))
        object.__setattr__(self, "_lines", Lines(self.text))
        object.__setattr__(self, "_holes", SpanIndex([each.span for each in self.regions if not each.kind.quotable]))

    @property
    def authors(self) -> tuple[str, ...]:
        """The names of its authors."""
        return values_of(self.stated, StatedName.AUTHOR)

    @property
    def date(self) -> str:
        """Its date in ISO form, as precise as it is known; empty if it isn't."""
        return "".join(values_of(self.stated, StatedName.DATE)[:1])

    @property
    def version(self) -> str:
        """Its version; empty if it states none."""
        return "".join(values_of(self.stated, StatedName.VERSION)[:1])

    def place(self, offset: int) -> Place:
        """The page, heading path, paragraph and line at `offset`."""
        places = self.places
        return Place(
            page=places.page(offset),
            heading=places.heading(offset),
            paragraph=None if places.pages or places.labels.joined else places.paragraph(offset),
            line=self._lines.number(offset) if places.own_lines else None,
            page_name=places.page_name,
            label=places.label(offset),
            label_name=places.label_name,
        )

    def doubts_about(self, span: Span) -> tuple[Doubt, ...]:
        """The doubts about the whole document and those about the pages of a span."""
        first, last = self.places.page(span.start), self.places.page(span.end - 1)
        pages = range(first or 0, (last or 0) + 1)
        return tuple(doubt for doubt in self.doubts if doubt.page is None or doubt.page in pages)

    def is_quotable(self, span: Span) -> bool:
        """Whether a span is non-empty, lies in the text, and overlaps no region that may not be quoted."""
        return 0 <= span.start < span.end <= len(self.text) and not self._holes.overlap(span)

    def quotable(self) -> list[Span]:
        """The paragraphs without headings and the regions that may not be quoted, trimmed of white space."""
        return list(self.iter_quotable())

    def iter_quotable(self) -> Iterator[Span]:
        """As `quotable`, one after the other: there may be millions."""
        holes = [region.span for region in self.regions if not region.kind.in_passages]
        for span in subtract(self.places.paragraphs, holes):
            if inner := trim(self.text, span):
                yield inner


def values_of(stated: Iterable[Stated], name: StatedName) -> tuple[str, ...]:
    """The values of one name."""
    return tuple(each.value for each in stated if each.name is name)


_MAX_RANGES = 12  # page numbers or ranges that are listed
_ENGLISH: Mapping[str, str] = MappingProxyType({})


def describe(doubts: Iterable[Doubt], names: Mapping[str, str] = _ENGLISH) -> list[str]:
    """One line per kind of doubt: the kind, how often it occurs, and on which pages.

    `names`: translations of the English words (those of `DoubtKind`, "page", "pages", "on", "and {} more").

    >>> describe([Doubt(DoubtKind.NO_TEXT, 3), Doubt(DoubtKind.NO_TEXT, 4), Doubt(DoubtKind.CONTROL, None, 2)])
    ['no text: pages 3–4', 'control characters: 2']
    """
    kinds: dict[DoubtKind, list[Doubt]] = {}
    for doubt in doubts:
        kinds.setdefault(doubt.kind, []).append(doubt)
    return [_description(kind, each, names) for kind, each in kinds.items()]


def _description(kind: DoubtKind, doubts: list[Doubt], names: Mapping[str, str]) -> str:
    count = sum(doubt.count for doubt in doubts)
    occurrences = [f"{count:,}"] if count > len(doubts) else []
    pages = sorted({doubt.page for doubt in doubts if doubt.page is not None})
    page = "pages" if len(pages) > 1 else "page"
    where = [f"{names.get(page, page)} {_ranges(pages, names)}"] if pages else []
    details = f" {names.get('on', 'on')} ".join([*occurrences, *where])
    return ": ".join([names.get(kind, kind), *([details] if details else [])])


def _ranges(pages: list[int], names: Mapping[str, str]) -> str:
    """Page numbers in ascending order as text; consecutive pages become a range."""
    ranges: list[list[int]] = []
    for page in pages:
        if ranges and ranges[-1][1] == page - 1:
            ranges[-1][1] = page
        else:
            ranges.append([page, page])
    shown = [f"{first}–{last}" if last > first else str(first) for first, last in ranges]
    further = names.get("and {} more", "and {} more").format(len(shown) - _MAX_RANGES)
    more = [further] if len(shown) > _MAX_RANGES else []
    return ", ".join([*shown[:_MAX_RANGES], *more])
