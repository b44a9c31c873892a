"""Outlook's mails (.msg; MS-OXMSG): an OLE file of properties, opened by olefile, which is an extra."""

from __future__ import annotations

import io
import struct
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import PurePosixPath
from typing import Any

from source.document import Document
from source.encoding import decode
from source.errors import Damaged, ExtraMissing, NotText
from source.formats.mails.eml import tidy_name
from source.formats.mails.message import Attachment, ParsedMail
from source.untrusted_text import isolated

EXTRACTOR = "msg/1"

_SUBJECT, _SENDER, _ADDRESS, _SMTP = "0037", "0C1A", "0C1F", "5D01"
_TO, _CC, _TEXT, _HTML = "0E04", "0E03", "1000", "1013"
_DATA, _LONG_NAME, _SHORT_NAME, _SHOWN_NAME = "3701", "3707", "3704", "3001"
_TIMES = (0x0039, 0x0E06)  # when it was sent, or else delivered
_TIME_TYPE = 0x0040
_UNICODE, _CODE_PAGE, _BINARY = "001F", "001E", "0102"
_HEAD = 32  # bytes before the first property of a message
_ROW = struct.Struct("<HHIq")
_START = datetime(1601, 1, 1)
_MOST_ATTACHED = 1000


def read_msg(data: bytes, *, id: str, title: str = "", path: str = "", sha256: str = "") -> Document:
    """Extracts a Document from a mail, without its attachments.

    Raises Damaged, SourceEmpty, TooLarge, or ExtraMissing if olefile isn't installed.
    """
    mail = parse_msg(data, path or id)
    return mail.document(EXTRACTOR, len(data), id=id, title=title, path=path, sha256=sha256)


def parse_msg(data: bytes, shown_as: str) -> ParsedMail:
    """The mail in a file. Raises Damaged, or ExtraMissing if olefile isn't installed."""
    try:
        import olefile
    except ImportError as error:
        raise ExtraMissing(
            f"{isolated(shown_as)} is a mail of Outlook, which needs olefile to be read. "
            "Run `pip install '.[outlook]'`, or save the mail as .eml."
        ) from error
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as ole:
            return _Properties(ole, shown_as).mail()
    except (OSError, ValueError, struct.error, IndexError, OverflowError) as error:  # olefile raises any of them
        raise Damaged(f"{isolated(shown_as)} is damaged or not a .msg file. Save the mail again.") from error


class _Properties:
    """The properties of a message and of its attachments: a stream for each."""

    def __init__(self, ole: Any, shown_as: str) -> None:
        self._ole, self._shown_as = ole, shown_as
        self._streams = {"/".join(path).upper(): path for path in ole.listdir()}
        self._undecodable = 0

    def mail(self) -> ParsedMail:
        """The mail. Raises Damaged if the file has no properties of one."""
        if not any("__SUBSTG1.0_" in name for name in self._streams):
            raise ValueError("no properties")
        address = self._text(_SMTP) or self._text(_ADDRESS)
        headers = {"To": self._text(_TO), "Cc": self._text(_CC), "Date": self._date(), "Subject": self._text(_SUBJECT)}
        headers["From"] = _sender(self._text(_SENDER), address)
        html = self._bytes(f"{_HTML}{_BINARY}")
        page = self._decoded(html) if html else self._text(_HTML)
        attachments, names = self._attachments()
        return ParsedMail(headers, self._text(_TEXT), page, attachments, names, self._undecodable)

    def _attachments(self) -> tuple[list[Attachment], list[str]]:
        """The attached files, and the names of all that is attached, mails included."""
        folders = sorted({name.partition("/")[0] for name in self._streams if name.startswith("__ATTACH_VERSION1.0_#")})
        files: list[Attachment] = []
        names: list[str] = []
        for folder in folders[:_MOST_ATTACHED]:
            found = (self._text(each, f"{folder}/") for each in (_LONG_NAME, _SHORT_NAME, _SHOWN_NAME))
            name = tidy_name(next(filter(None, found), ""))
            names.append(name or str(len(names) + 1))
            if data := self._bytes(f"{_DATA}{_BINARY}", f"{folder}/"):
                files.append(Attachment(names[-1], PurePosixPath(name).suffix, data))
        return files, names

    def _text(self, property: str, folder: str = "") -> str:
        if data := self._bytes(property + _UNICODE, folder):
            return data.decode("utf-16-le", "replace").rstrip("\0")
        return self._decoded(self._bytes(property + _CODE_PAGE, folder)).rstrip("\0")

    def _decoded(self, data: bytes) -> str:
        try:
            text, undecodable = decode(data, self._shown_as) if data else ("", 0)
        except NotText:
            text, undecodable = data.decode("latin-1"), 1
        self._undecodable += undecodable
        return text

    def _bytes(self, property: str, folder: str = "") -> bytes:
        path = self._streams.get(f"{folder}__substg1.0_{property}".upper())
        if path is None:
            return b""
        with self._ole.openstream(path) as stream:
            data: bytes = stream.read()
        return data

    def _date(self) -> str:
        """When it was sent, as the header of a mail; empty if it doesn't say."""
        path = self._streams.get("__PROPERTIES_VERSION1.0")
        rows = self._ole.openstream(path).read()[_HEAD:] if path else b""
        whole = len(rows) - len(rows) % _ROW.size
        times = {id: value for kind, id, _, value in _ROW.iter_unpack(rows[:whole]) if kind == _TIME_TYPE}
        for each in _TIMES:
            if times.get(each, 0) > 0:
                return format_datetime(_START + timedelta(microseconds=times[each] // 10))
        return ""


def _sender(name: str, address: str) -> str:
    """The name and the address; without the internal name that Exchange has for an address."""
    if "@" not in address:
        return name
    return f'"{name.replace(chr(34), "")}" <{address}>' if name and name != address else address
