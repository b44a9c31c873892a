"""A full disk, a read-only folder, and a folder that disappears during a build."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import qa
from index import FolderStore, IndexUnwritable, build
from index.locate import locate

pytestmark = pytest.mark.usefixtures("encoder")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(disk)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text("The Zorblax bridge was opened in 1931.\n")
    return tmp_path / "a.txt"


def grow(source: Path, sentences: int) -> None:
    source.write_text(" ".join(f"The keeper counted {n} ships near the old harbour." for n in range(sentences)))


@pytest.mark.parametrize(
    ("spared", "reason"), [(0.1, "1 more megabyte of disk space must be free"), (0, "no space left on device")]
)
def test_a_full_disk_keeps_the_old_generation(
    small_disk: Path, source: Path, monkeypatch: pytest.MonkeyPatch, spared: float, reason: str
) -> None:
    root = small_disk / "index"
    monkeypatch.setattr("source.disk._MOST_SPARED", spared)
    monkeypatch.setattr("index.folder.ingest._BYTES_OF_INDEX", 0)
    build(root, [source])
    book = qa.load(root)
    grow(source, 600)
    for _ in range(2):
        with pytest.raises(IndexUnwritable, match=rf"{reason}\)\. Free some space"):
            build(root, [source])
        assert "1931" in book.ask("When was the Zorblax bridge opened?").quotes[0].text
        assert not list(root.rglob("unfinished-*"))
        assert locate(root).problems() == []
    grow(source, 2)
    assert build(root, [source]).generation == "000002"


def test_a_read_only_folder_still_answers(small_disk: Path, source: Path) -> None:
    root = small_disk / "index"
    build(root, [source])
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert "1931" in qa.load(root).ask("When was the Zorblax bridge opened?").quotes[0].text
    grow(source, 2)
    with pytest.raises(IndexUnwritable, match=r"cannot be written to .*read-only file system"):
        build(root, [source])


@pytest.mark.parametrize("step", ["encoding", "sorting"])
def test_a_folder_that_disappears_during_a_build(tmp_path: Path, source: Path, step: str) -> None:
    root = tmp_path / "index"

    def remove(now: str, done: int, total: int) -> None:
        if now == step:
            shutil.rmtree(root, ignore_errors=True)

    with pytest.raises(IndexUnwritable, match="cannot be written to"):
        build(root, [source], progress=remove)
    build(root, [source])
    assert len(FolderStore(root)) == 1
