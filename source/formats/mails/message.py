"""A mail as a document: its headers, what its sender wrote, and under a heading of its own what it quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import getaddresses, parsedate_to_datetime

from source.document import Document, Doubt, DoubtKind
from source.errors import SourceEmpty
from source.formats.html.blocks import blocks_of
from source.formats.html.extractor import parse_html
from source.formats.imprint import properties
from source.formats.mails.history import divided, without_history
from source.formats.office.blocks import OfficeBuilder
from source.places import Heading
from source.untrusted_text import isolated

SHOWN_HEADERS = ("From", "To", "Cc", "Date", "Subject")
"""The headers that are read, by the names that they have in a document."""
_LONGEST_HEADER = 2000  # characters of a header that is read
_QUOTE_LEVEL = 2  # of the line that introduces an earlier mail
_MOST_QUOTES = 200  # with a heading
_GAP = re.compile(r"\n[^\S\n]*\n\s*")
_ITEM = re.compile(r"\s*(?:[-*•–]|\(?\d{1,3}[.)])\s+\S")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a mail. `suffix`: its ending, with the dot."""

    name: str
    suffix: str
    data: bytes


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """A mail, decoded. `html`: its body as a web page, which is read if it has no plain `text`."""

    headers: Mapping[str, str]
    text: str = ""
    html: str = ""
    attachments: Sequence[Attachment] = ()
    names: Sequence[str] = field(default=())  # of all attachments, read or not
    undecodable: int = 0

    @property
    def subject(self) -> str:
        return " ".join(self.headers.get("Subject", "").split())

    @property
    def sender(self) -> str:
        """The sender's name, or else the address."""
        name, address = next(iter(getaddresses([self.headers.get("From", "")[:_LONGEST_HEADER]])), ("", ""))
        return " ".join((name or address).split())

    @property
    def date(self) -> str:
        """The day on which it was sent, in ISO form; empty if it doesn't say."""
        moment = moment_of(self.headers.get("Date", ""))
        return f"{moment:%Y-%m-%d}" if moment else ""

    @property
    def named(self) -> str:
        """How a mail is named where something in it is cited: subject, sender and date."""
        subject = f"“{self.subject}”" if self.subject else ""
        return "in mail " + ", ".join(filter(None, [subject, self.sender, self.date]))

    def document(self, extractor: str, size: int, *, id: str, title: str, path: str, sha256: str) -> Document:
        """The mail as a document. Raises SourceEmpty or TooLarge."""
        builder = OfficeBuilder(size, path or id)
        _add_headers(self, builder)
        written = _add_text(self.text, builder) if self.text.strip() else _add_html(self.html, builder, path or id)
        if not written and not self.subject:
            raise SourceEmpty(f"{isolated(path or id)} contains no text.")
        if self.undecodable:
            builder.doubt(Doubt(DoubtKind.UNDECODABLE, count=self.undecodable))
        stated = properties([self.sender], self.date)
        own = self.subject or title
        document = builder.build(id=id, extractor=extractor, title=own, path=path, sha256=sha256, stated=stated)
        return under(document, ", ".join(filter(None, [self.sender, self.date])))


def under(document: Document, title: str) -> Document:
    """The document with a heading above its others that doesn't stand in the text."""
    if not title:
        return document
    below = (replace(heading, level=heading.level + 1) for heading in document.places.headings)
    places = replace(document.places, headings=(Heading(0, 1, title, len(document.text)), *below))
    return replace(document, places=places)


def moment_of(date: str) -> datetime | None:
    """The moment in a mail's header; None if it has none."""
    try:
        return parsedate_to_datetime(date[:_LONGEST_HEADER])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _add_headers(mail: ParsedMail, builder: OfficeBuilder) -> None:
    """Adds the headers that are read, each in a line."""
    for name in SHOWN_HEADERS:
        if value := " ".join(mail.headers.get(name, "")[:_LONGEST_HEADER].split()):
            builder.item(f"{name}: {value}")
    if mail.names:
        builder.item(f"Attachments: {', '.join(mail.names)}"[:_LONGEST_HEADER])


def _add_text(text: str, builder: OfficeBuilder) -> bool:
    for number, part in enumerate(divided(text.replace("\r\n", "\n"))):
        headed = bool(part.title) and number < _MOST_QUOTES
        if headed:
            builder.heading(part.title, _QUOTE_LEVEL)
        for paragraph in _paragraphs(part.text):
            builder.paragraph(paragraph)
        if headed:
            builder.end_headings(_QUOTE_LEVEL)
    return any(char.isalnum() for char in text)


def _paragraphs(text: str) -> Iterator[str]:
    """The paragraphs of a text: what blank lines divide, and each item of a list."""
    for block in _GAP.split(text.strip()):
        lines: list[str] = []
        for line in block.split("\n"):
            if _ITEM.match(line) and lines:
                yield "\n".join(lines)
                lines = []
            lines.append(line.strip())
        yield "\n".join(lines)


def _add_html(text: str, builder: OfficeBuilder, shown_as: str) -> bool:
    if not text.strip():
        return False
    try:
        root = parse_html(text, shown_as)
    except SourceEmpty:
        return False
    earlier = without_history(root)
    blocks = blocks_of(root)
    for block in blocks:
        block.put_into(builder, content=True)
    for element in earlier:
        for block in blocks_of(element):
            block.put_into(builder, content=True)
    return any(char.isalnum() for block in blocks for char in block.text) or bool(earlier)
