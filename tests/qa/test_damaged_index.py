"""A damaged index, rebuilt in every way: the user's documents come back, or the build asks for their sources."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import qa
from index import FolderStore, IndexCorrupt, StoreUnreachable, build, last_build
from index.__main__ import main
from index.locate import locate
from qa.library import Library
from source import SHIPPED

sys.path.append(str(Path(__file__).parents[1] / "crash"))
from collection import HashEncoder

OURS = ["ships.txt", "wind.md", "mine.txt"]


@pytest.fixture(autouse=True)
def without_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = sys.modules["index.folder.build"]
    monkeypatch.setattr(module, "load_encoder", lambda name: HashEncoder())
    monkeypatch.setattr(module, "identity", lambda name: HashEncoder.identity)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An index of two generations, with a document that a user added."""
    root = tmp_path / "index"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ships.txt").write_text("The keeper counted the ships.\n")
    build(root, [tmp_path / "in"])
    (tmp_path / "in" / "wind.md").write_text("The wind blew all night.\n")
    (tmp_path / "mine.txt").write_text("The only copy.\n")
    Library(root).add([("mine.txt", tmp_path / "mine.txt")])
    (tmp_path / "mine.txt").unlink()
    (tmp_path / "new.txt").write_text("Something new.\n")
    return root


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


def command(root: Path) -> None:
    assert main(["build", "--index", str(root)]) == 0


ENTRIES: dict[str, Callable[[Path], object]] = {
    "qa.rebuild": qa.rebuild,
    "Library.rebuild": lambda root: Library(root).rebuild(),
    "Library.add": lambda root: Library(root).add([("new.txt", root.parent / "new.txt")]),
    "Library.remove": lambda root: Library(root).remove(["mine.txt"]),
    "build": build,
    "command": command,
}


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("harm", REPAIRED)
def test_a_rebuild_after_damage_has_the_same_documents(root: Path, harm: str, entry: str) -> None:
    REPAIRED[harm](root)
    ENTRIES[entry](root)
    expected = {"Library.add": [*OURS, "new.txt"], "Library.remove": OURS[:2]}.get(entry, OURS)
    assert FolderStore(root).rows.ids() == expected
    assert last_build(root) == ([str(root.parent / "in")], "")


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("harm", REFUSED)
def test_where_no_record_is_left_the_build_asks_for_the_sources(
    root: Path, harm: str, entry: str, capsys: pytest.CaptureFixture[str]
) -> None:
    REFUSED[harm](root)
    before = contents(root)
    asked = f"Name its sources: `python -m index build SOURCE … --index {root}`."
    if entry == "command":
        assert main(["build", "--index", str(root)]) == 1
        assert asked in capsys.readouterr().err
    else:
        with pytest.raises(IndexCorrupt) as refused:
            ENTRIES[entry](root)
        assert asked in str(refused.value)
    assert contents(root) == before
    qa.rebuild(root, [root.parent / "in"])
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


PASSING = [errno.EIO, errno.EMFILE, errno.ENFILE, errno.EACCES, errno.ENOMEM]


@pytest.mark.parametrize("error", PASSING, ids=errno.errorcode.get)
@pytest.mark.parametrize("part", ["CURRENT", "manifest.json", "sources.json", "documents.jsonl", "left-out.json"])
def test_what_cannot_be_read_at_the_moment_is_neither_damaged_nor_missing(
    root: Path, monkeypatch: pytest.MonkeyPatch, part: str, error: int
) -> None:
    (root / "left-out.json").write_text('["ships.txt"]')
    build(root)
    assert FolderStore(root).rows.ids() == OURS[1:]
    before = contents(root)
    reading = () if part == "left-out.json" else (FolderStore, lambda root: locate(root).problems(), qa.load)
    with failing(monkeypatch, error, part):
        for call in (*ENTRIES.values(), *reading):
            with pytest.raises((StoreUnreachable, AssertionError)) as refused:  # of the command, its exit status
                call(root)
            told = str(refused.value)
            assert call is command or f"{part} could not be read: {os.strerror(error).lower()}. Fix that" in told
            assert "index build" not in told and "damaged" not in told
    assert contents(root) == before
    assert build(root).up_to_date


def test_a_fault_in_the_middle_of_a_build_is_no_damage_either(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the segments can't be read, which nothing but a build checks."""
    (root.parent / "in" / "wind.md").write_text("The wind slept.\n")
    before = contents(root)
    with failing(monkeypatch, errno.EMFILE, "token_ends.npy"), pytest.raises(StoreUnreachable, match="too many open"):
        build(root)
    assert contents(root) == before


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
    for root, entry in ((tmp_path / "new", "build"), (tmp_path / "empty", "Library.add")):
        ENTRIES[entry](root)
        assert "valdai-russia-central-asia.txt" in FolderStore(root).rows.ids()


def test_after_a_rollback_the_sources_are_those_rolled_back_to(root: Path, tmp_path: Path) -> None:
    build(root, [tmp_path / "new.txt"])
    locate(root).rollback()
    assert last_build(root)[0] == [str(tmp_path / "in")]
    (generations(root)[-2] / "sources.json").unlink()
    assert last_build(root)[0] == [str(tmp_path / "in")]  # from the one before, not from the one that was given up
