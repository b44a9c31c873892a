"""Files that hold several documents: mails with their attachments, mailboxes, zip archives.

Such a file is read in batches, in a parser process: `listed` says which documents are in a
batch, and `read` extracts those of them that are wanted. A batch is found again by the
place where it starts, so that nothing is kept between the two, or between batches.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from source.archive import Archive
from source.document import Document
from source.errors import Damaged, SourceError, TooLarge, UnknownFormat
from source.files import BEGINNING, Member, Start, member_id, not_read
from source.formats.mails.eml import parse_eml, tidy_name
from source.formats.mails.message import ParsedMail, under
from source.formats.registry import COLLECTION, MAILBOX, MAILS, SUFFIXES, ZIP, format_of
from source.untrusted_text import isolated

_BATCH = 1 << 20  # bytes
_MOST_IN_BATCH = 200
_LONGEST_MAIL = 64 << 20  # bytes
_LONGEST_NAME = 500  # characters
_DEEPEST = 4  # mails in mails
_MOST_ATTACHED = 1000


@dataclass(frozen=True, slots=True)
class _Content:
    """A member with its bytes; `within`: the mail to which it is attached, as it is cited."""

    name: str
    suffix: str
    data: bytes
    within: str = ""


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is in a batch, the errors of what cannot be in one, and where the next starts, if there is one."""

    contents: list[_Content]
    errors: list[SourceError]
    following: Start | None


def listed(file: Path, start: Start, shown_as: str) -> tuple[list[Member], list[SourceError], Start | None]:
    """The members of the batch that starts at `start`, errors, and where the next batch starts.

    Raises a SourceError.
    """
    batch = _batch(file, start, shown_as)
    members = [Member(each.name, each.suffix, _sha256(each.data)) for each in batch.contents]
    return members, batch.errors, batch.following


def read(
    file: Path, start: Start, wanted: Collection[int], *, id: str, title: str, path: str, ocr: str
) -> Iterator[Document | Exception]:
    """The documents at these positions in a batch, or the error of each: a parser may raise anything.

    Raises a SourceError if there is no such batch.
    """
    contents = _batch(file, start, path).contents
    for number in wanted:
        try:
            yield _document(contents[number], id=id, title=title, path=path, ocr=ocr)
        except Exception as error:  # the other members are good
            yield error


def _document(content: _Content, *, id: str, title: str, path: str, ocr: str) -> Document:
    format = format_of(content.suffix)
    assert format
    own = member_id(id, content.name)
    stem = PurePosixPath(content.name).stem if content.name else title
    facts = {"id": own, "title": stem, "path": f"{path}/{content.name}" if content.name else path}
    document = format.read(content.data, sha256=_sha256(content.data), ocr=ocr, **facts)
    return under(document, content.within)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _batch(file: Path, start: Start, shown_as: str) -> _Batch:
    suffix = file.suffix.lower()
    if suffix == MAILBOX:
        with file.open("rb") as opened:
            return _of_mailbox(opened, start, shown_as)
    data = file.read_bytes()
    if suffix == ZIP:
        return _of_archive(Archive(data, shown_as), start, shown_as)
    contents: list[_Content] = []
    errors: list[SourceError] = []
    _add(_Content("", suffix, data), contents, errors, shown_as)
    return _Batch(contents, errors, None)


def _of_mailbox(file: IO[bytes], start: Start, shown_as: str) -> _Batch:
    """The mails of a batch, each named by its number, from 1."""
    contents: list[_Content] = []
    errors: list[SourceError] = []
    offset, number = start
    size = 0
    file.seek(offset)
    for data, end in _mails(file, offset):
        number += 1
        size += end - offset
        offset = end
        if len(data) > _LONGEST_MAIL:
            errors.append(TooLarge(f"{isolated(shown_as)}: mail {number} is larger than {_LONGEST_MAIL >> 20} MB."))
        elif data.strip():
            _add(_Content(str(number), ".eml", data), contents, errors, shown_as)
        if size > _BATCH or len(contents) >= _MOST_IN_BATCH:
            return _Batch(contents, errors, (offset, number))
    if start == BEGINNING and not number:
        raise Damaged(f"{isolated(shown_as)} is damaged or not a mailbox. Export it again.")
    return _Batch(contents, errors, None)


def _mails(file: IO[bytes], at: int) -> Iterator[tuple[bytes, int]]:
    """The bytes of each mail, which a line that starts with "From " precedes, and the offset of its end."""
    lines: list[bytes] = []
    size, blank, inside = 0, True, False
    while line := file.readline(_BATCH):
        if blank and line.startswith(b"From "):
            if inside:
                yield b"".join(lines), at
            lines, size, inside = [], 0, True
        elif inside:
            size += len(line)
            if size <= _LONGEST_MAIL + _BATCH:
                lines.append(line[1:] if line.startswith((b">From ", b">>From ")) else line)
        blank = line in (b"\n", b"\r\n")
        at += len(line)
    if inside:
        yield b"".join(lines), at


def _of_archive(archive: Archive, start: Start, shown_as: str) -> _Batch:
    """The files of supported formats in a batch, without hidden ones; archives inside are reported."""
    contents: list[_Content] = []
    names = archive.names
    errors: list[SourceError] = _not_read(names, shown_as) if start == BEGINNING else []
    for at in range(start[0], len(names)):
        path = PurePosixPath(names[at])
        suffix = path.suffix.lower()
        if not _is_file(path, names[at]):
            continue
        if suffix in (ZIP, MAILBOX):
            errors.append(
                UnknownFormat(f"{isolated(f'{shown_as}/{names[at]}')} is inside an archive. Unpack it first.")
            )
        elif format_of(suffix):
            try:
                data = archive.read(names[at])
            except SourceError as error:
                errors.append(error)
                continue
            _add(_Content(_inside(names[at]), suffix, data), contents, errors, shown_as)
        if sum(len(each.data) for each in contents) > _BATCH or len(contents) >= _MOST_IN_BATCH:
            return _Batch(contents, errors, (at + 1, 0))
    return _Batch(contents, errors, None)


def _is_file(path: PurePosixPath, name: str) -> bool:
    hidden = any(part == "__MACOSX" or (part.startswith(".") and part.strip(".")) for part in path.parts)
    return not (name.endswith("/") or hidden)


def _not_read(names: Sequence[str], shown_as: str) -> list[SourceError]:
    """The error for the files of an archive that aren't read, if there are any."""
    paths = ((PurePosixPath(name), name) for name in names)
    suffixes = (path.suffix.lower() for path, name in paths if _is_file(path, name))
    unread = Counter(suffix for suffix in suffixes if suffix not in SUFFIXES or suffix == COLLECTION)
    return [not_read(shown_as, unread)] if unread else []


def _inside(name: str) -> str:
    """A member's path without what leads out of the archive."""
    parts = (tidy_name(part) for part in name.replace("\\", "/").split("/"))
    return "/".join(part for part in parts if part)[-_LONGEST_NAME:]


def _add(content: _Content, contents: list[_Content], errors: list[SourceError], shown_as: str, depth: int = 0) -> None:
    """Adds a file, and those attached to it if it is a mail."""
    contents.append(content)
    if content.suffix not in MAILS or depth == _DEEPEST:
        return
    try:
        mail = mail_of(content.suffix, content.data, shown_as)
    except SourceError:
        return  # reading it raises the error again, for its own document
    taken: set[str] = set()
    for attachment in mail.attachments[:_MOST_ATTACHED]:
        suffix = attachment.suffix.lower()
        if format_of(suffix):
            name = _free(f"{content.name}/{attachment.name}".lstrip("/"), suffix, taken)
            _add(_Content(name, suffix, attachment.data, mail.named), contents, errors, shown_as, depth + 1)


def mail_of(suffix: str, data: bytes, shown_as: str) -> ParsedMail:
    """The mail in a file."""
    if suffix == ".msg":
        from source.formats.mails.msg import parse_msg

        return parse_msg(data, shown_as)
    return parse_eml(data, shown_as)


def _free(name: str, suffix: str, taken: set[str]) -> str:
    """The name, with a number if another attachment has it, and with the ending of its kind."""
    end = name[-len(suffix) :] if name.lower().endswith(suffix) else suffix
    stem = name.removesuffix(end)[:_LONGEST_NAME]
    free = f"{stem}{end}" if f"{stem}{end}" not in taken else f"{stem} ({len(taken) + 1}){end}"
    taken.add(free)
    return free
