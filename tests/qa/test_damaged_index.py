"""A damaged index, rebuilt in every way: the user's documents come back, or the build asks for their sources."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

import qa
from index import FolderStore, IndexCorrupt, StoreUnreachable, build, last_build
from index.__main__ import main
from index.locate import locate
from index.status import status_lines
from qa.library import Library
from source import SHIPPED

sys.path.append(str(Path(__file__).parents[1] / "crash"))
from collection import HashEncoder

OURS = ["ships.txt", "wind.md", "mine.txt"]


@pytest.fixture(scope="module", autouse=True)
def without_weights() -> Iterator[None]:
    module: Any = sys.modules["index.folder.build"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "load_encoder", lambda name: HashEncoder())
        patch.setattr(module, "identity", lambda name: HashEncoder.identity)
        yield


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, without_weights: None) -> Path:
    """An index of three generations, with a document that a user added, in a folder with its sources."""
    folder = tmp_path_factory.mktemp("built")
    root = folder / "index"
    (folder / "in").mkdir()
    (folder / "in" / "ships.txt").write_text("The keeper counted the ships.\n")
    build(root, [folder / "in"])
    (folder / "in" / "wind.md").write_text("The wind blew all night.\n")
    build(root, [folder / "in"])
    (folder / "mine.txt").write_text("The only copy.\n")
    Library(root).add([("mine.txt", folder / "mine.txt")])
    return folder


@pytest.fixture
def sources(built: Path) -> Path:
    return built / "in"


@pytest.fixture
def root(built: Path, tmp_path: Path) -> Path:
    (tmp_path / "new.txt").write_text("Something new.\n")
    shutil.copytree(built / "index", tmp_path / "index")
    return tmp_path / "index"


def generations(root: Path) -> list[Path]:
    return sorted((root / "generations").iterdir())


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def in_the_newest(name: str, harm: Callable[[Path], object]) -> Callable[[Path], object]:
    return lambda root: harm(generations(root)[-1] / name)


def in_each(name: str, harm: Callable[[Path], object]) -> Callable[[Path], object]:
    return lambda root: [harm(each / name) for each in generations(root)]


def in_segments(root: Path) -> None:
    for path in root.glob("segments/*/documents.jsonl"):
        flip(path)


def another_format(root: Path) -> None:
    """As a later version may write it, with every hash right."""
    for each in generations(root):
        record = json.loads((each / "manifest.json").read_bytes())
        data = json.dumps({**record, "format": 6, "novelty": True}).encode()
        (each / "manifest.json").write_bytes(data)
        (each / "manifest.sha256").write_text(hashlib.sha256(data).hexdigest())
        (root / "CURRENT").write_text(f"{each.name} {hashlib.sha256(data).hexdigest()}\n")


def only_added_left(root: Path) -> None:
    for name in ("generations", "segments"):
        shutil.rmtree(root / name)
    (root / "CURRENT").unlink()


REPAIRED: dict[str, Callable[[Path], object]] = {
    "CURRENT flipped": lambda root: flip(root / "CURRENT"),
    "CURRENT cut": lambda root: cut(root / "CURRENT"),
    "CURRENT removed": lambda root: (root / "CURRENT").unlink(),
    "newest manifest flipped": in_the_newest("manifest.json", flip),
    "newest manifest removed": in_the_newest("manifest.json", Path.unlink),
    "every seal cut": in_each("manifest.sha256", cut),
    "newest sources.json flipped": in_the_newest("sources.json", flip),
    "newest sources.json removed": in_the_newest("sources.json", Path.unlink),
    "newest generation removed": lambda root: shutil.rmtree(generations(root)[-1]),
    "table cut": in_the_newest("passages.npy", cut),
    "segments flipped": in_segments,
    "segments removed": lambda root: shutil.rmtree(root / "segments"),
    "another format": another_format,
}
REFUSED: dict[str, Callable[[Path], object]] = {
    "every manifest flipped": in_each("manifest.json", flip),
    "every sources.json cut": in_each("sources.json", cut),
    "generations removed": lambda root: shutil.rmtree(root / "generations"),
    "only added/ left": only_added_left,
}


class CommandFailed(Exception):
    """With what the command printed."""


def command(root: Path) -> None:
    with redirect_stderr(StringIO()) as told:
        status = main(["build", "--index", str(root)])
    if status:
        raise CommandFailed(told.getvalue())


ENTRIES: dict[str, Callable[[Path], object]] = {
    "qa.rebuild": qa.rebuild,
    "Library.rebuild": lambda root: Library(root).rebuild(),
    "Library.add": lambda root: Library(root).add([("new.txt", root.parent / "new.txt")]),
    "Library.remove": lambda root: Library(root).remove(["mine.txt"]),
    "command": command,
}


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("harm", REPAIRED)
def test_a_rebuild_after_damage_has_the_same_documents(root: Path, sources: Path, harm: str, entry: str) -> None:
    REPAIRED[harm](root)
    ENTRIES[entry](root)
    expected = {"Library.add": [*OURS, "new.txt"], "Library.remove": OURS[:2]}.get(entry, OURS)
    assert FolderStore(root).rows.ids() == expected
    assert last_build(root) == ([str(sources)], "")


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("harm", REFUSED)
def test_where_no_record_is_left_the_build_asks_for_the_sources(
    root: Path, sources: Path, harm: str, entry: str
) -> None:
    REFUSED[harm](root)
    before = contents(root)
    with pytest.raises((IndexCorrupt, CommandFailed)) as refused:
        ENTRIES[entry](root)
    assert f"Name its sources: `python -m index build SOURCE … --index {root}`." in str(refused.value)
    assert contents(root) == before
    qa.rebuild(root, [sources])
    assert FolderStore(root).rows.ids() == OURS


def contents(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file() and path.name != "writer"}


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, error: int, part: str) -> Any:
    """The system can't open the index's files of this name; a build's own new files can be opened."""
    real = os.open

    def fails(path: Any, *arguments: Any, **named: Any) -> int:
        if part in str(path) and "unfinished" not in str(path):
            raise OSError(error, os.strerror(error), str(path))
        return real(path, *arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", fails)
        yield


PARTS = ["manifest.json", "sources.json", "documents.jsonl", "left-out.json"]
PASSING = [errno.EIO, errno.EMFILE, errno.ENFILE, errno.EACCES, errno.ENOMEM]


@pytest.mark.parametrize(
    ("part", "error"),
    [("CURRENT", error) for error in PASSING] + [(part, errno.EMFILE) for part in PARTS],
    ids=str,
)
def test_what_cannot_be_read_at_the_moment_is_neither_damaged_nor_missing(
    root: Path, monkeypatch: pytest.MonkeyPatch, part: str, error: int
) -> None:
    (root / "left-out.json").write_text('["ships.txt"]')
    build(root)
    assert FolderStore(root).rows.ids() == OURS[1:]
    before = contents(root)
    reading = (FolderStore, qa.load) if part != "left-out.json" else ()
    with failing(monkeypatch, error, part):
        for call in (*ENTRIES.values(), *reading, lambda root: list(status_lines(root))):
            with pytest.raises((StoreUnreachable, CommandFailed)) as refused:
                call(root)
            told = str(refused.value)
            assert f"{part} could not be read: {os.strerror(error).lower()}. Fix that and try again." in told
            assert "index build" not in told and "damaged" not in told
    assert contents(root) == before
    assert build(root).up_to_date


def test_a_fault_in_the_middle_of_a_build_is_no_damage_either(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the segments can't be read, which nothing but a build checks."""
    (root / "added" / "mine.txt").write_text("The other copy.\n")
    before = contents(root)
    with failing(monkeypatch, errno.EMFILE, "token_ends.npy"), pytest.raises(StoreUnreachable, match="too many open"):
        build(root)
    assert contents(root) == before


def test_the_ocr_languages_of_a_damaged_index_are_kept(root: Path, sources: Path) -> None:
    path = generations(root)[-1]
    record = json.loads((path / "manifest.json").read_bytes())
    record["settings"]["ocr"] = "none-such"
    data = json.dumps(record).encode()
    (path / "manifest.json").write_bytes(data)
    (path / "manifest.sha256").write_text(hashlib.sha256(data).hexdigest())
    (root / "CURRENT").unlink()
    in_segments(root)
    assert last_build(root) == ([str(sources)], "none-such")
    assert last_build(root, ["elsewhere"]) == (["elsewhere"], "none-such")
    for call in ENTRIES.values():
        with pytest.raises((qa.ChapterVerseError, CommandFailed), match=r"none-such|Tesseract"):
            call(root)
    assert build(root, [sources]).documents == len(OURS)


def test_an_older_generation_of_the_shipped_documents_is_no_source(tmp_path: Path) -> None:
    root = tmp_path / "index"
    build(root)
    assert last_build(root)[0] == [str(SHIPPED)]
    (tmp_path / "a.txt").write_text("The keeper counted the ships.\n")
    build(root, [tmp_path / "a.txt"])
    in_the_newest("sources.json", flip)(root)
    with pytest.raises(IndexCorrupt, match="Name its sources"):
        qa.rebuild(root)
    build(root, [tmp_path / "a.txt"])
    assert build(root).up_to_date and FolderStore(root).rows.ids() == ["a.txt"]


def test_the_shipped_documents_are_those_of_a_new_or_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "new.txt").write_text("Something new.\n")
    for root, entry in ((tmp_path / "new", "command"), (tmp_path / "empty", "Library.add")):
        ENTRIES[entry](root)
        assert "valdai-russia-central-asia.txt" in FolderStore(root).rows.ids()


def test_after_a_rollback_the_sources_are_those_rolled_back_to(root: Path, sources: Path, tmp_path: Path) -> None:
    build(root, [tmp_path / "new.txt"])
    locate(root).rollback()
    assert last_build(root)[0] == [str(sources)]
    (generations(root)[-2] / "sources.json").unlink()
    assert last_build(root)[0] == [str(sources)]  # from the one before, not from the one that was given up
