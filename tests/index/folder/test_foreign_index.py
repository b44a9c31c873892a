"""An index that somebody passes on can hold anything, with every hash right: opening and building it stays safe."""

from __future__ import annotations

import io
import os
import shutil
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import faiss
import numpy as np
import pytest
from index_fixtures import elsewhere, forge, generation, segment
from numpy.lib import format as npy

from index import FolderStore, IndexCorrupt, IndexUnwritable, StoreError, build
from index.folder.additions import changing, left_out
from index.folder.checksums import CheckedFile
from index.folder.layout import Layout
from index.folder.vectors import read_index
from index.locate import locate
from index.text.passages import LONGEST_PASSAGE

TEXT = "The keeper counted the ships. They went north.\n\nThe harbour was closed on Monday by a storm.\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    (folder / "ships.txt").write_text(TEXT)
    build(folder / "index", [folder / "ships.txt"])
    return folder


@pytest.fixture
def root(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built / "index", tmp_path / "index"))


@pytest.mark.parametrize("linked", ["segment", "generation"])
def test_a_link_leads_a_build_to_nobodys_files(built: Path, root: Path, tmp_path: Path, linked: str) -> None:
    """Attack: what isn't in the manifest of a linked folder was deleted, wherever that was."""
    home = tmp_path / "home"
    (home / "photos").mkdir(parents=True)
    (home / "thesis.md").write_text("precious")
    folder = (segment(root) if linked == "segment" else generation(root)).root
    for file in folder.iterdir():
        shutil.move(file, home / file.name)
    folder.rmdir()
    folder.symlink_to(home)
    with pytest.raises(IndexCorrupt, match="is a link, which no index has"):
        FolderStore(root)
    assert locate(root).problems()
    build(root, [built / "ships.txt"])
    locate(root).prune()
    assert (home / "thesis.md").read_text() == "precious" and (home / "photos").is_dir()
    assert len(FolderStore(root)) == 1 and locate(root).problems() == []


FACTS = ["0" * 64, 3]
MANIFESTS: dict[str, dict[str, Any]] = {
    **{
        f"file {name[:9]!r}": {"files": lambda files, name=name: {**files, name: FACTS}}
        for name in ("a\0b", "\ud800x", "../x", "/etc/x", "a/../../x", "..\\x", "C:/x", "", "x" * 300, "a/b/c.npy")
    },
    "many files": {"files": lambda files: {**files, **{f"f{number}.npy": FACTS for number in range(1000)}}},
    **{
        f"size {size!s:.9}": {"files": lambda files, size=size: {**files, "a.npy": ["0" * 64, size]}}
        for size in (-1, 10**400, True, "3", None)
    },
    "languages": {"languages": [f"{number:x}" for number in range(200_000)]},
    "language": {"languages": ["\ud800"]},
    "created": {"created": "\ud800"},
    "segment": {"segments": ["../../../../home/user/photos/12"]},
    "encoder": {"encoder": lambda encoder: {**encoder, "name": "\ud800"}},
    "settings": {"settings": lambda settings: {**settings, "ocr": "\ud800"}},
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_holds_nothing_strange(built: Path, root: Path, name: str) -> None:
    forge(root, **MANIFESTS[name])
    with pytest.raises(IndexCorrupt) as error:
        FolderStore(root)
    str(error.value).encode()
    assert locate(root).problems()
    build(root, [built / "ships.txt"])
    assert len(FolderStore(root)) == 1


def test_the_manifest_of_a_segment_holds_nothing_strange(built: Path, root: Path) -> None:
    forge(root, {"files": lambda files: {**files, "a\0b": FACTS}})
    with pytest.raises(IndexCorrupt, match="isn't a valid manifest"):
        FolderStore(root)
    build(root, [built / "ships.txt"])
    assert len(FolderStore(root)) == 1


def array(shape: tuple[int, ...], descr: str) -> bytes:
    file = io.BytesIO()
    npy.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
    return file.getvalue() + bytes(64 if 0 not in shape else 0)


ARRAYS = [
    ("id_rows.npy", (), "<i8"), ("id_ends.npy", (), "<i8"), ("id_ends.npy", (0,), "<i8"), ("ids.npy", (), "|u1"),
    ("passages.npy", (0, 4), "<i8"), ("texts.npy", (0, 4), "<i8"), ("text_passages.npy", (), "<i8"),
    ("words/term_ends.npy", (0,), "<i8"), ("words/starts.npy", (0,), "<i8"), ("words/largest.npy", (), "<f4"),
    ("documents.npy", (0, 5), "<i8"), ("sentences.npy", (0, 2), "<i4"), ("text_passage_ends.npy", (0,), "<i8"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "shape", "descr"), ARRAYS)
def test_an_array_of_another_shape_is_damage(
    built: Path, root: Path, name: str, shape: tuple[int, ...], descr: str
) -> None:
    (generation(root).root / name).write_bytes(array(shape, descr))
    forge(root)
    with pytest.raises(StoreError):
        store = FolderStore(root)
        store.vectors.nearest(np.ones(store.dimension, np.float32), 3)
        store.passage(0)
        store.lexical.search("keeper", 3)
        raise IndexCorrupt("nothing in it was used")
    build(root, [built / "ships.txt"], full=True)
    assert len(FolderStore(root)) == 1


def test_a_passage_is_not_longer_than_the_splitter_makes_it(root: Path) -> None:
    """Attack: a passage of 5 MB took minutes and a gigabyte to ask, and was quoted."""
    path = generation(root).sentences
    rows = np.load(path)
    rows[-1, 1] = rows[0, 0] + LONGEST_PASSAGE + 1  # its last sentence alone is short enough
    np.save(path, rows)
    forge(root)
    store = FolderStore(root)
    with pytest.raises(IndexCorrupt, match="invalid sentence"):
        store.span(0)
    with pytest.raises(IndexCorrupt, match="invalid sentence"):
        store.sentences(0)


def vectors(path: Path, data: bytes) -> CheckedFile:
    path.write_bytes(data)
    return CheckedFile(path, len(data), None)


def test_the_sizes_in_a_vector_index_are_not_believed(root: Path, tmp_path: Path) -> None:
    """Attack: a file of 3 KB took 20 GB, because FAISS allocates what it says before it reads."""
    data = generation(root).vectors.read_bytes()
    dimension = FolderStore(root).dimension
    size = dimension.to_bytes(8, "little")  # of the vector with the centroid
    at = data.index(size, data.index(size) + 1)
    hostile = data[:at] + (1 << 27).to_bytes(8, "little") + data[at + 8 :]
    with pytest.raises(IndexCorrupt, match="isn't a FAISS index") as error:
        read_index(vectors(tmp_path / "a.faiss", hostile), 1, dimension)
    assert "limit" in str(error.value.__cause__)


def test_a_vector_index_of_another_kind_is_not_parsed(tmp_path: Path) -> None:
    """Attack: one whose lists are in a file of any name, which FAISS opens for writing."""
    index = faiss.IndexIVFFlat(faiss.IndexFlatL2(8), 8, 2)
    index.train(np.random.default_rng(1).random((100, 8), np.float32))
    data = faiss.serialize_index(index).tobytes()
    with pytest.raises(IndexCorrupt, match="isn't a FAISS index") as error:
        read_index(vectors(tmp_path / "a.faiss", data), 0, 8)
    assert str(error.value.__cause__) == "another kind of index"


@pytest.mark.parametrize("where", ["segments", "generations"])
def test_a_pipe_holds_up_no_build(built: Path, root: Path, where: str) -> None:
    os.mkfifo(root / where / "unfinished-0")
    building = Thread(target=build, args=(root, [built / "ships.txt"]), kwargs={"full": True}, daemon=True)
    building.start()
    building.join(60)
    assert not building.is_alive() and not (root / where / "unfinished-0").exists()


def test_the_list_of_exclusions_is_a_list_of_strings(root: Path) -> None:
    """Attack: what is something else takes a hundred times its bytes, and is read with each request."""
    file, layout = root / "left-out.json", Layout(root)
    file.write_text('["a\\"b", "ю\\u044e"\n,"c"]')
    assert left_out(layout) == ['a"b', "юю", "c"]
    file.write_text(f"[{','.join(['{}'] * 3_000_000)}]")
    tracemalloc.start()
    try:
        assert left_out(layout) == []
        assert tracemalloc.get_traced_memory()[1] < 100 << 20
    finally:
        tracemalloc.stop()


def failing(monkeypatch: pytest.MonkeyPatch, fails: Callable[[Path], bool]) -> None:
    """Has the renaming of some files fail, as on a failing disk."""
    rename = Path.replace

    def fail(self: Path, target: Path) -> Path:
        if fails(self):
            raise OSError(5, "Input/output error", str(self))
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", fail)


def test_an_undo_that_fails_loses_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The backups of added files are their only copies, so the next change puts them back."""
    added = root / "added"
    added.mkdir()
    for name in "abc":
        (added / f"{name}.txt").write_text(name)
    with monkeypatch.context() as patch:
        failing(patch, lambda path: path.parent.name == "changing" and path.name == "0")
        with pytest.raises(IndexUnwritable, match="Fix that and try again"), changing(root) as change:
            for name in "abc":
                change.delete(added / f"{name}.txt")
            raise ValueError("the build fails")
    assert sorted(path.name for path in added.iterdir()) == ["b.txt", "c.txt"]
    with changing(root):
        pass
    assert {path.name: path.read_text() for path in added.iterdir()} == {"a.txt": "a", "b.txt": "b", "c.txt": "c"}
    assert not (root / "changing").exists()


@pytest.mark.parametrize(
    "left",
    [
        '{"../../victim": "0"}', '{"added/../../victim": "0"}', '{"CURRENT": "0"}', '{"added/x": "../0"}',
        '{"added/a\\u0000": "0"}', "[",
    ],
)  # fmt: skip
def test_what_is_left_to_undo_is_inside_the_index(root: Path, tmp_path: Path, left: str) -> None:
    (tmp_path / "victim").write_text("precious")
    current = (root / "CURRENT").read_text()
    (root / "changing").mkdir()
    (root / "changing" / "0").write_text("hostile")
    (root / "changing" / "undo.json").write_text(left)
    with pytest.raises(IndexUnwritable, match="was not undone"), changing(root):
        pass
    assert (tmp_path / "victim").read_text() == "precious" and (root / "CURRENT").read_text() == current


def test_no_other_build_begins_within_a_change(built: Path, root: Path) -> None:
    """It would publish what may yet be undone."""
    with elsewhere(changing(root)), pytest.raises(IndexUnwritable, match="is writing to"):
        build(root, [built / "ships.txt"])


def test_the_folder_of_another_program_is_left_alone(built: Path, tmp_path: Path) -> None:
    """LevelDB, for one, has a CURRENT, too."""
    store = tmp_path / "leveldb"
    store.mkdir()
    (store / "CURRENT").write_text("MANIFEST-000004\n")
    (store / "000005.ldb").write_bytes(b"data")
    with pytest.raises(IndexUnwritable, match="holds other files but no index"):
        build(store, [built / "ships.txt"])
    assert (store / "CURRENT").read_text() == "MANIFEST-000004\n"


def test_a_file_system_that_cannot_flush_folders_holds_an_index(
    built: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush = os.fsync

    def fsync(handle: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{handle}"):  # noqa: PTH112 - a link of the system's
            raise OSError(22, "Invalid argument")
        flush(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    assert build(root, [built / "ships.txt"], full=True).passages == 1


def test_a_generation_can_be_named_whatever_is_there(built: Path, root: Path) -> None:
    (root / "generations" / ("9" * 255)).mkdir()
    (root / "generations" / "000002").write_text("a file")
    assert build(root, [built / "ships.txt"], full=True).generation == "000003"
