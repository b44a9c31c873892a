"""What an open index does when its files are changed under it, and how many descriptors it holds.

Reading a byte that a mapped file no longer has kills the process, so what could do it runs in a process of its own.
"""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from index import FolderStore, IndexCorrupt, StoreError, build
from index.folder import checked_files, checksums

HOME = Path(__file__).parents[3]
LAST = "The keeper of the lighthouse has left."


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory, encoder: object) -> list[Path]:
    """An index of several segments, and another whose first generation has the same name."""
    folder = tmp_path_factory.mktemp("open")
    for name, count in (("one", 40), ("other", 30)):
        source = folder / f"{name}.md"
        source.write_text("\n\n".join(f"# {name} {n}\n\nThe keeper counted {n} ships.\n\n{LAST}" for n in range(count)))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("index.folder.ingest.LEAST_TEXTS", 8)
            build(folder / name, [source])
    return [folder / "one", folder / "other"]


def ask(store: FolderStore) -> list[str]:
    """Reads all that questions read; returns the passages."""
    rows = np.arange(len(store))
    store.tokens(rows), store.vectors.nearest(store.vectors.of(rows)[0], 3), store.lexical.search("keeper ships", 9)
    store.document.cache_clear()
    store.sources(), store.places_of(LAST, 9), [store.sentences(row) for row in rows.tolist()]
    return [store.passage(row).text for row in rows.tolist()]


def files(root: Path) -> list[Path]:
    return [path for path in sorted(root.rglob("*")) if path.is_file()]


def answer(store: FolderStore, passages: list[str]) -> str:
    try:
        assert ask(store) == passages
    except StoreError as error:
        assert str(error).endswith(" is damaged. Run `python -m index build --index DIR` to repair it.")
        return "refused"
    return "answered"


def cut(root: Path, scratch: Path) -> dict[str, list[str]]:
    """Opens a copy of the index for each file of its generation and of a segment, and cuts that file short."""
    found = {}
    segment = next(path.parent for path in root.glob("segments/*/documents.jsonl") if path.stat().st_size)
    for file in filter(lambda path: path.stat().st_size, [*files(root / "generations"), *files(segment)]):
        copy = Path(shutil.copytree(root, scratch / "copy"))
        store = FolderStore(copy)
        passages, seen = ask(store), []
        for size in (file.stat().st_size - 1, 0):
            os.truncate(copy / file.relative_to(root), size)
            seen.append(answer(store, passages))
        found[file.relative_to(root).as_posix()] = seen
        shutil.rmtree(copy)
    return found


def overwrite(root: Path, other: Path, scratch: Path) -> dict[str, list[str]]:
    """Copies another index over an open one."""
    copy = Path(shutil.copytree(root, scratch / "copy"))
    store = FolderStore(copy)
    passages, seen = ask(store), []
    for file in files(other):
        (copy / file.relative_to(other)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy / file.relative_to(other))
        seen.append(answer(store, passages))
    assert ask(store.reopen()) == ask(FolderStore(other))
    return {"": seen}


def in_a_child(mapped_from: int, *paths: Path) -> dict[str, list[str]]:
    command = [sys.executable, __file__, str(mapped_from), *map(str, paths)]
    child = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(HOME)}, capture_output=True, timeout=120)
    assert child.returncode == 0, child.stderr.decode()[-2000:]
    found: dict[str, list[str]] = json.loads(child.stdout)
    return found


def test_a_file_that_is_cut_under_an_open_index_is_refused_and_kills_nobody(roots: list[Path], tmp_path: Path) -> None:
    found = in_a_child(0, roots[0], tmp_path)
    refused = {name.rpartition("/")[2] for name, seen in found.items() if seen == ["refused", "refused"]}
    read = {"documents.npy", "passages.npy", "sentences.npy", "texts.npy", "postings.npy", "scores.npy"}
    assert refused >= read | {"documents.jsonl", "vectors.npy", "tokens.npy", "repeats.npy", "sources.json"}
    assert len(found) > 30


def test_small_files_answer_although_they_are_cut(roots: list[Path], tmp_path: Path) -> None:
    found = in_a_child(checksums._MAPPED, roots[0], tmp_path)
    assert len(found) > 30 and all(seen == ["answered", "answered"] for seen in found.values())


@pytest.mark.parametrize(("mapped_from", "answers"), [(0, {"answered", "refused"}), (checksums._MAPPED, {"answered"})])
def test_another_index_copied_over_an_open_one_kills_nobody(
    roots: list[Path], tmp_path: Path, mapped_from: int, answers: set[str]
) -> None:
    (seen,) = in_a_child(mapped_from, *roots, tmp_path).values()
    assert set(seen) == answers


def test_a_file_that_is_cut_while_it_is_hashed_is_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(1 << 22))
    whole = checked_files.sha256_of(path)

    class Cutting(io.BufferedReader):
        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            os.truncate(path, 1 << 20)
            return data

    monkeypatch.setattr("index.folder.checked_files.opened", lambda path: Cutting(io.FileIO(path)))
    assert checked_files.sha256_of(path) != whole


def test_a_file_that_is_cut_before_it_is_mapped_is_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    fstat = os.fstat

    def cutting(handle: int) -> os.stat_result:
        status = fstat(handle)
        os.truncate(path, 100)
        return status

    monkeypatch.setattr("os.fstat", cutting)
    for size in (checksums._MAPPED - 1, checksums._MAPPED):
        path.write_bytes(bytes(size))
        with pytest.raises(IndexCorrupt, match="is damaged"):
            checksums.CheckedFile(path, size, None)


def test_a_mapped_file_that_is_written_to_is_checked_again(roots: list[Path], tmp_path: Path) -> None:
    copy = Path(shutil.copytree(roots[0], tmp_path / "copy"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checksums, "_MAPPED", 0)
        store = FolderStore(copy)
    passages = ask(store)
    for file in copy.glob("generations/*/*.npy"):
        data = file.read_bytes()
        file.write_bytes(data)  # as a copy of the same index does
        assert answer(store, passages) == "answered"
    file = copy / "generations" / "000001" / "sentences.npy"
    data = file.read_bytes()
    file.write_bytes(data[:-8] + bytes(8))
    assert answer(store, passages) == "refused"
    file.write_bytes(data)
    assert answer(store, passages) == "answered"
    file.unlink()
    assert answer(store, passages) == "answered"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="/proc lists the descriptors")
@pytest.mark.parametrize("mapped_from", [checksums._MAPPED, 20_000])
def test_an_open_index_holds_a_descriptor_for_each_large_file_at_most(
    roots: list[Path], monkeypatch: pytest.MonkeyPatch, mapped_from: int
) -> None:
    monkeypatch.setattr(checksums, "_MAPPED", mapped_from)
    large = sum(path.stat().st_size >= mapped_from for path in files(roots[0]))
    before = len(list(Path("/proc/self/fd").iterdir()))
    store = FolderStore(roots[0])
    ask(store)
    assert len(store.segments) > 3 and (large > 3) == (mapped_from == 20_000)
    assert len(list(Path("/proc/self/fd").iterdir())) - before == (large if sys.version_info < (3, 13) else 0)


if __name__ == "__main__":
    checksums._MAPPED = int(sys.argv[1])
    *indexes, scratch = map(Path, sys.argv[2:])
    print(json.dumps(cut(indexes[0], scratch) if len(indexes) == 1 else overwrite(indexes[0], indexes[1], scratch)))
