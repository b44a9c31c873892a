"""The files to read: which there are below a folder, and what they are called."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NoReturn

from source.errors import SourceError, SourceMissing, SourceUnreadable, TooLarge, UnknownFormat, unreadable
from source.formats.registry import COLLECTION, SUFFIXES

SHIPPED = Path(__file__).parent / "documents"
"""The folder of the documents that the project ships with."""
GOLDEN = "questions.jsonl"
"""The file, in a folder of sources or beside a file of them, of questions whose answers are known."""


@dataclass(slots=True)
class SourceFile:
    """A file to read, the id its document gets (its path inside the source), and the path that readers see.

    `sha256`: of its bytes when it was looked at; None if it has not been, or cannot be read.
    """

    path: Path
    id: str
    shown_as: str
    sha256: str | None = None

    @property
    def is_collection(self) -> bool:
        """Whether it holds many documents."""
        return self.path.suffix.lower() == COLLECTION


def _raise(error: SourceError) -> NoReturn:
    raise error


def files_in(
    roots: Sequence[Path], leave_out: Path | None = None, tell: Callable[[SourceError], object] = _raise
) -> list[SourceFile]:
    """The files that are named, and those of known formats below the folders that are. Raises SourceMissing.

    `leave_out`: a folder that is passed over. `tell`: called with an error for each folder that cannot be listed.
    """
    files: list[SourceFile] = []
    for root in roots:
        if not _exists(root):
            raise SourceMissing(f"There is no source {root}; name a file, a folder or a .jsonl collection that exists.")
        files.extend(_walk(root, leave_out, tell) if root.is_dir() else [_named(root)])
    return files


@contextmanager
def readable(file: SourceFile, most: int) -> Iterator[None]:
    """Raises a SourceError unless it is an ordinary file of at most so many bytes, and for the system's errors."""
    try:
        status = file.path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for ever
            raise SourceUnreadable(f"{file.shown_as} is not an ordinary file; name one that is.")
        if status.st_size > most:
            raise TooLarge(f"{file.shown_as} has {status.st_size >> 20:,} MB; split it, {most >> 20:,} MB is the most.")
        yield
    except OSError as error:
        raise unreadable(file.shown_as, error) from error


def name_of(path: Path) -> str:
    """The path in Unicode: a name may be any bytes, and what is no UTF-8 is written `\\xff`."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name too long to be one
        return False


def roots_of(sources: Sequence[str | Path]) -> list[Path]:
    """The files and folders that are meant: the shipped documents by default."""
    return [Path(source) for source in sources] or [SHIPPED]


def golden_in(sources: Sequence[str | Path]) -> list[Path]:
    """The files of questions that belong to these sources."""
    roots = roots_of(sources)
    beside = dict.fromkeys((root if root.is_dir() else root.parent) / GOLDEN for root in roots)
    return [path for path in beside if path.is_file() and path not in roots]


def shown_as(path: Path) -> str:
    """The path that readers see: below the working folder where it can be."""
    return name_of(_shown(path))


def _shown(path: Path) -> Path:
    try:
        return path.resolve().relative_to(Path.cwd())
    except (ValueError, RuntimeError, OSError):  # elsewhere; a link that leads to itself
        return path


def _named(path: Path) -> SourceFile:
    if path.suffix.lower() not in SUFFIXES:
        raise UnknownFormat(f"{path} is of no known format; name a file that ends in {', '.join(SUFFIXES)}.")
    return SourceFile(path, name_of(Path(path.name)), shown_as(path))


def _unlisted(error: OSError) -> SourceError:
    return unreadable(f"The folder {name_of(Path(error.filename))}", error)


def _walk(root: Path, leave_out: Path | None, tell: Callable[[SourceError], object]) -> Iterator[SourceFile]:
    shown, out = _shown(root), leave_out and leave_out.resolve()
    # Links to folders are not followed: a link upwards would never end.
    for folder, subfolders, names in os.walk(root, onerror=lambda error: tell(_unlisted(error))):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        if out and out.name in subfolders and Path(folder, out.name).resolve() == out:
            subfolders.remove(out.name)
        inside = Path(folder).relative_to(root)
        for name in sorted(names):
            if name.startswith(".") or Path(name).suffix.lower() not in SUFFIXES or inside / name == Path(GOLDEN):
                continue
            yield SourceFile(Path(folder, name), name_of(inside / name), name_of(shown / inside / name))


_MOST_BYTES = 255
"""UTF-8 bytes of a file's name: what the usual file systems take."""
_NO_NAME = str.maketrans("", "", '<>:"|?*')  # Windows takes no file with these
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\.|$)", re.IGNORECASE)  # nor one called so
_NAMELESS = "document"


def document_name(name: str) -> str:
    """What a document is called here whose file is called `name` elsewhere, its folders left off.

    >>> document_name("C:\\\\papers\\\\What is this?.PDF")
    'What is this.PDF'

    Raises UnknownFormat for one that is no document.
    """
    last = _seen(re.split(r"[/\\]", name)[-1])
    suffix = PurePosixPath(last).suffix
    if suffix.lower() not in SUFFIXES:
        raise UnknownFormat(
            f"{last or 'What has no name'} is of no known format; add files that end in {', '.join(SUFFIXES)}."
        )
    stem = last.removesuffix(suffix).translate(_NO_NAME).strip(". ") or _NAMELESS
    found = _within(f"_{stem}" if _DEVICE.match(stem) else stem, suffix)
    if found.casefold() == GOLDEN:
        raise UnknownFormat(
            f"{last} would be taken for golden questions and is no document; give the file another name."
        )
    return found


def numbered(name: str, number: int) -> str:
    """`name` for the first, "name (2).pdf" for the second document of that name, and so on."""
    suffix = PurePosixPath(name).suffix
    return name if number == 1 else _within(name.removesuffix(suffix), f" ({number}){suffix}")


def _seen(name: str) -> str:
    """Without what cannot be seen, or turns what stands beside it; white space is one space."""
    kept = "".join(" " if char.isspace() else char for char in name if char.isspace() or char.isprintable())
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def _within(stem: str, end: str) -> str:
    """The two as one name, the stem cut to what there is room for."""
    room = _MOST_BYTES - len(end.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + end
