"""Mails as they are sent (.eml; RFC 5322 and MIME), parsed by the standard library."""

from __future__ import annotations

import codecs
import mimetypes
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.errors import HeaderParseError, MessageError
from email.header import decode_header, make_header
from email.message import Message
from pathlib import PurePosixPath

from source.document import Document
from source.encoding import decode
from source.errors import Damaged, NotText
from source.formats.mails.message import SHOWN_HEADERS, Attachment, ParsedMail
from source.untrusted_text import isolated

EXTRACTOR = "eml/1"

_MOST_PARTS = 2000
_LONGEST_HEADER = 10_000  # characters: decoding takes more than linear time
_LONGEST_NAME = 200
_MAIL = "message/rfc822"
_SIGNATURES = {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}


def read_eml(data: bytes, *, id: str, title: str = "", path: str = "", sha256: str = "") -> Document:
    """Extracts a Document from a mail, without its attachments. Raises Damaged, SourceEmpty or TooLarge."""
    mail = parse_eml(data, path or id)
    return mail.document(EXTRACTOR, len(data), id=id, title=title, path=path, sha256=sha256)


def parse_eml(data: bytes, shown_as: str) -> ParsedMail:
    """The mail in a file. Raises Damaged if it is none."""
    try:
        message = message_from_bytes(data, policy=policy.compat32)
        headers = {name: _header(message, name) for name in SHOWN_HEADERS}
    except (MessageError, ValueError, LookupError) as error:
        raise Damaged(f"{isolated(shown_as)} is damaged or not a mail. Try saving it again.") from error
    if not any(headers.values()):
        raise Damaged(
            f"{isolated(shown_as)} is damaged or not a mail: it has no sender, subject or date. Export it again."
        )
    texts: dict[str, list[str]] = {"plain": [], "html": []}
    attachments: list[Attachment] = []
    names: list[str] = []
    undecodable = 0
    for part in _parts(message):
        kind = part.get_content_type()
        if kind in ("text/plain", "text/html") and not _is_attached(part):
            text, replaced = _text(part, shown_as)
            undecodable += replaced
            texts[part.get_content_subtype()].append(text)
        elif kind not in _SIGNATURES and not _is_drawn(part) and (attachment := _attachment(part, len(names) + 1)):
            attachments.append(attachment)
            names.append(attachment.name)
    return ParsedMail(headers, "\n\n".join(texts["plain"]), "\n".join(texts["html"]), attachments, names, undecodable)


def _parts(message: Message) -> Iterator[Message]:
    """The parts that hold content, without those of mails that are attached."""
    pending = [message]
    for _ in range(_MOST_PARTS):
        if not pending:
            return
        part = pending.pop(0)
        payload = part.get_payload()
        if part.get_content_type() == _MAIL or not isinstance(payload, list):
            yield part
        else:
            pending[:0] = [each for each in payload if isinstance(each, Message)]


def _header(message: Message, name: str) -> str:
    value = str(message.get(name, ""))[:_LONGEST_HEADER]
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, ValueError):
        return value.encode("utf-8", "replace").decode()


def _text(part: Message, shown_as: str) -> tuple[str, int]:
    """The text of a part and the number of bytes that could not be decoded."""
    data = _payload(part)
    declared = part.get_content_charset("")
    try:
        text = data.decode(codecs.lookup(declared).name) if declared else data.decode("utf-8")
        return text, 0
    except (LookupError, ValueError):
        pass
    try:
        return decode(data, shown_as)
    except NotText:
        return data.decode("utf-8", "replace"), 1


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(part.get_filename())


def _is_drawn(part: Message) -> bool:
    """Whether a part is a picture in the mail's own text: a logo, say."""
    return (
        part.get_content_maintype() == "image"
        and "Content-ID" in part
        and part.get_content_disposition() != "attachment"
    )


def _attachment(part: Message, number: int) -> Attachment | None:
    if part.get_content_type() == _MAIL:
        payload = part.get_payload()
        inner = payload[0] if isinstance(payload, list) and payload else None
        if not isinstance(inner, Message):
            return None
        subject = " ".join(_header(inner, "Subject").split())
        return Attachment(tidy_name(f"{subject or number}.eml"), ".eml", inner.as_bytes())
    data = _payload(part)
    if not data:
        return None
    name = tidy_name(_header_text(part.get_filename() or ""))
    suffix = PurePosixPath(name).suffix or mimetypes.guess_extension(part.get_content_type()) or ""
    return Attachment(name or f"{number}{suffix}", suffix, data)


def _header_text(value: str) -> str:
    try:
        return str(make_header(decode_header(value[:_LONGEST_HEADER])))
    except (HeaderParseError, LookupError, ValueError):
        return value


def tidy_name(name: str) -> str:
    """A file's name without folders and control characters, with its ending if it is long.

    >>> tidy_name("..\\\\a\\n/b.pdf")
    'b.pdf'
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    visible = " ".join("".join(char if char.isprintable() else " " for char in last).split()).strip(". ")
    if len(visible) <= _LONGEST_NAME:
        return visible
    suffix = PurePosixPath(visible).suffix[:20]
    return visible[: _LONGEST_NAME - len(suffix)] + suffix
