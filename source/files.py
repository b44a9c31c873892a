"""Finds the files to extract below files and folders, and gives them their names."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NoReturn

from source.arguments import paths
from source.errors import SourceError, SourceMissing, SourceUnreadable, TooLarge, UnknownFormat, unreadable
from source.formats.registry import COLLECTION, CONTAINERS, PICTURES, SUFFIXES, supported
from source.untrusted_text import isolated
from source.web.origin import Origin, origin_of, record_of

SHIPPED = Path(__file__).parent / "documents"
"""The folder of the documents that ship with the project."""
GOLDEN = "questions.jsonl"
"""The name of the file of golden questions, in a source folder or beside a source file."""
_OF_AN_INDEX = frozenset({"CURRENT", "generations", "segments", "writer"})
_ESCAPE = re.compile(r"\\x[0-9a-f]{2}")
_ENOUGH = 3  # one of them may be missing
_MOST_KINDS = 8  # of files that are left out: the others are counted


def is_index(names: Collection[str]) -> bool:
    """Whether a folder with these names in it is an index (`index.folder.layout`), even a damaged one.

    An index holds the texts of its documents in files that look like sources, so it is never read as one.
    """
    return len(_OF_AN_INDEX.intersection(names)) >= _ENOUGH


@dataclass(slots=True)
class SourceFile:
    """A file to extract.

    `id`: that of its document, the path inside the source. `shown_as`: the path that users see.
    `sha256`: the hash of its bytes when the scan hashed it; None before that, or if it cannot be read.
    `recorded`: where its record says it came from, which holds for the bytes that the record names.
    """

    path: Path
    id: str
    shown_as: str
    sha256: str | None = None
    recorded: Origin | None = None

    @property
    def origin(self) -> Origin | None:
        """Where it came from; None if it isn't a copy of a web page, or has been changed since, or wasn't hashed."""
        return self.recorded if self.recorded and self.recorded.sha256 == self.sha256 else None

    @property
    def is_collection(self) -> bool:
        """Whether it holds several documents: one per line, or any of those in `is_container`."""
        return self.is_container or self.path.suffix.lower() == COLLECTION

    @property
    def is_container(self) -> bool:
        """Whether it holds several documents that are files themselves: a mailbox, a mail with attachments."""
        return self.path.suffix.lower() in CONTAINERS


Start = tuple[int, int]
"""Where a batch starts: an offset in a mailbox and how many mails are before it, or a position in an archive and 0."""
BEGINNING: Start = (0, 0)


@dataclass(frozen=True, slots=True)
class Member:
    """A document in a file: its name below the file's, its ending, and its hash."""

    name: str
    suffix: str
    sha256: str


def member_id(id: str, name: str) -> str:
    """The id of a member's document; a mail itself has no name in its file."""
    return f"{id}/{name}" if name else id


def _raise(error: SourceError) -> NoReturn:
    raise error


def files_in(
    roots: Sequence[Path],
    leave_out: Path | None = None,
    report: Callable[[SourceError], object] = _raise,
    *,
    pictures: bool = True,
) -> list[SourceFile]:
    """The roots that are files, and the files of supported formats below those that are folders.

    Folders that are an index are skipped. `leave_out`: another folder to skip. `report`: called with an error for each
    folder that cannot be listed, and with one for all files below a root that aren't read: those of unsupported
    formats, and pictures unless `pictures`. Raises SourceMissing, and UnknownFormat for an unsupported root.
    """
    files: list[SourceFile] = []
    for root in roots:
        if not _exists(root):
            raise SourceMissing(f"No such file or folder: {isolated(root)}.")
        files.extend(_walk(root, leave_out, report, pictures) if root.is_dir() else [_named(root)])
    return files


@contextmanager
def readable(file: SourceFile, max_bytes: int) -> Iterator[None]:
    """A context for reading a file, which turns system errors into SourceErrors.

    Raises a SourceError at once if the file isn't a regular one, or is larger than `max_bytes`.
    """
    try:
        status = file.path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise SourceUnreadable(f"{isolated(file.shown_as)} is a folder. Add the files in it instead.")
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would block forever
            raise SourceUnreadable(f"{isolated(file.shown_as)} is not a regular file.")
        if status.st_size > max_bytes:
            size, limit = status.st_size >> 20, max_bytes >> 20
            raise TooLarge(
                f"{isolated(file.shown_as)} is too large ({size:,} MB; the limit is {limit:,} MB). Split it."
            )
        yield
    except OSError as error:
        raise unreadable(file.shown_as, error) from error


def name_of(path: Path) -> str:
    """The path as valid Unicode, another one for each path: bytes that aren't UTF-8 are written as `\\xff`.

    In a path with such a byte, or with something that looks like one, backslashes are doubled.
    """
    name = os.fsencode(path.as_posix())
    if _ESCAPE.search(name.decode("utf-8", "backslashreplace")):
        name = name.replace(b"\\", rb"\\")
    return name.decode("utf-8", "backslashreplace")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # the name is too long
        return False


def roots_of(sources: Sequence[str | Path]) -> list[Path]:
    """The source paths; by default the shipped documents. Raises UsageError if they aren't a list."""
    return [Path(source) for source in paths(sources, "sources")] or [SHIPPED]


def from_here(sources: Sequence[str], absolute: Sequence[str]) -> list[str]:
    """The sources as they were named in some working folder, or by their absolute paths if that was another one.

    So a file keeps the path by which it is shown, but is never taken from a folder that happens to have the same name.
    """
    named = zip(sources, absolute, strict=True)
    return [source if Path(source).absolute() == Path(place) else place for source, place in named]


def golden_in(sources: Sequence[str | Path]) -> list[Path]:
    """The files of golden questions that belong to these sources."""
    roots = roots_of(sources)
    candidates = dict.fromkeys((root if root.is_dir() else root.parent) / GOLDEN for root in roots)
    return [path for path in candidates if path.is_file() and path not in roots]


def shown_as(path: Path) -> str:
    """The path that users see: relative to the working folder if it lies below it."""
    return name_of(_relative(path))


def _relative(path: Path) -> Path:
    try:
        return path.resolve().relative_to(Path.cwd())
    except (ValueError, RuntimeError, OSError):  # it lies elsewhere, or is a link to itself
        return path


def _named(path: Path) -> SourceFile:
    if path.suffix.lower() not in SUFFIXES:
        raise _unsupported(str(path))
    return SourceFile(path, name_of(Path(path.name)), shown_as(path), recorded=origin_of(path))


def _unsupported(shown_as: str) -> UnknownFormat:
    return UnknownFormat(f"{isolated(shown_as)}: unsupported file type. Supported: {supported()}.")


def _unlistable(error: OSError) -> SourceError:
    return unreadable(f"The folder {name_of(Path(error.filename))}", error)


def _walk(
    root: Path, leave_out: Path | None, report: Callable[[SourceError], object], pictures: bool
) -> Iterator[SourceFile]:
    shown, excluded = _relative(root), leave_out and leave_out.resolve()
    unread: Counter[str] = Counter()
    # Links to folders are not followed: a link to a parent folder would never end.
    for folder, subfolders, names in os.walk(root, onerror=lambda error: report(_unlistable(error))):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        if excluded and excluded.name in subfolders and Path(folder, excluded.name).resolve() == excluded:
            subfolders.remove(excluded.name)
        if is_index([*subfolders, *names]):
            subfolders.clear()
            continue
        inside, present = Path(folder).relative_to(root), frozenset(names)
        for name in sorted(names):
            if name.startswith(".") or inside / name == Path(GOLDEN):
                continue
            ending = Path(name).suffix.lower()
            if ending not in SUFFIXES or (ending in PICTURES and not pictures):
                unread[ending] += 1
                continue
            path = Path(folder, name)
            recorded = origin_of(path) if record_of(path).name in present else None
            yield SourceFile(path, name_of(inside / name), name_of(shown / inside / name), recorded=recorded)
    if unread:
        report(not_read(name_of(shown), unread))


def not_read(shown_as: str, unread: Counter[str]) -> UnknownFormat:
    """The error for the files in a folder or an archive that aren't read. `unread`: how many have each ending."""
    kinds = [
        f"{isolated(name_of(Path(ending))) if ending else 'without an ending'} ({count:,})"
        for ending, count in _most_first(unread)
    ]
    if (more := len(kinds) - _MOST_KINDS) > 0:
        kinds[_MOST_KINDS:] = [f"and {more:,} more kinds"]
    count = unread.total()
    remedies = [f"{remedy}." for remedy, endings in _remedies(unread) if endings]
    return UnknownFormat(
        f"{isolated(shown_as)}: {count:,} file{'s' * (count != 1)} left out: {', '.join(kinds)}. {' '.join(remedies)}"
    )


def _remedies(endings: Collection[str]) -> Iterator[tuple[str, set[str]]]:
    """What to do, and for which endings."""
    pictures = set(endings).intersection(PICTURES)
    yield "To include pictures, rebuild with OCR (such as --ocr eng)", pictures
    others = "To include others, save" if pictures else "To include them, save"
    yield f"{others} tables as .csv, and other documents as .pdf, .docx or .txt", set(endings) - pictures


def _most_first(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


_MAX_BYTES = 255
"""UTF-8 bytes of a file's name that common file systems allow."""
_KEPT = 1000  # characters at either end of a name; what remains of it is far shorter
_FORBIDDEN = str.maketrans("", "", '<>:"|?*')  # in file names on Windows
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\.|$)", re.IGNORECASE)  # reserved there too
_DEFAULT_STEM = "document"


def document_name(name: str) -> str:
    """A safe name for a file that a user adds under `name`, without its folders.

    >>> document_name("C:\\\\papers\\\\What is this?.PDF")
    'What is this.PDF'

    Raises UnknownFormat if its format is unsupported or the name is reserved.
    """
    last = _visible(re.split(r"[/\\]", name)[-1])
    suffix = PurePosixPath(last).suffix
    if suffix.lower() not in SUFFIXES:
        raise _unsupported(last or "A file without a name")
    stem = last.removesuffix(suffix).translate(_FORBIDDEN).strip(". ") or _DEFAULT_STEM
    safe = _fitted(f"_{stem}" if _DEVICE.match(stem) else stem, suffix)
    if safe.casefold() == GOLDEN:
        raise UnknownFormat(f"The name {isolated(last)} is reserved for golden questions. Rename the file.")
    return safe


def numbered(name: str, number: int) -> str:
    """`name` itself for number 1, "name (2).pdf" for the second document of that name, and so on."""
    suffix = PurePosixPath(name).suffix
    return name if number == 1 else _fitted(name.removesuffix(suffix), f" ({number}){suffix}")


def _visible(name: str) -> str:
    """The name without invisible characters and direction overrides, with white space collapsed.

    Of a very long one, only both ends: normalising takes time with the square of the number of accents in a row.
    """
    visible = "".join(" " if char.isspace() else char for char in name if char.isspace() or char.isprintable())
    collapsed = " ".join(visible.split())
    if len(collapsed) > 2 * _KEPT:
        collapsed = collapsed[:_KEPT] + collapsed[-_KEPT:]
    return unicodedata.normalize("NFC", collapsed)


def _fitted(stem: str, end: str) -> str:
    """The stem, cut so that the whole name fits `_MAX_BYTES`, and the end."""
    available = _MAX_BYTES - len(end.encode())
    return stem.encode()[:available].decode(errors="ignore").rstrip(". ") + end
