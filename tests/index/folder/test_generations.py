"""The generations of an index: rolling back, verifying, pruning, and repairing damage."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from index import FolderStore, IndexCorrupt, IndexIncompatible, IndexMissing, IndexUnwritable, StoreError, build
from index.__main__ import main
from index.errors import REBUILD
from index.folder.additions import changing
from index.folder.generations import KEPT
from index.folder.manifest import Manifest
from index.locate import locate
from index.status import status_lines

pytestmark = pytest.mark.usefixtures("encoder")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index with three generations: one file, a second file, and the first file changed."""
    folder = tmp_path_factory.mktemp("built")
    sources = folder / "in"
    sources.mkdir()
    for name, text in (("a.txt", "One thing."), ("b.txt", "Another thing."), ("a.txt", "Something else.")):
        (sources / name).write_text(text)
        build(folder / "index", [sources])
    return folder


@pytest.fixture
def root(built: Path, tmp_path: Path) -> Path:
    shutil.copytree(built / "index", tmp_path / "index")
    return tmp_path / "index"


def texts(root: Path) -> list[str]:
    store = FolderStore(root)
    return [store.passage(row).text for row in range(len(store))]


def test_each_says_how_it_differs_from_the_one_before(root: Path) -> None:
    kept = locate(root).generations()
    assert [(each.name, each.is_current) for each in kept] == [("000001", False), ("000002", False), ("000003", True)]
    manifests = [each.manifest for each in kept if each.manifest]
    assert [manifest.parent for manifest in manifests] == [None, "000001", "000002"]
    assert [manifest.changes for manifest in manifests] == [
        {"added": 1, "changed": 0, "removed": 0},
        {"added": 1, "changed": 0, "removed": 0},
        {"added": 0, "changed": 1, "removed": 0},
    ]


def test_generations_share_unchanged_segments(root: Path) -> None:
    second, third = (each.manifest for each in locate(root).generations()[1:] if isinstance(each.manifest, Manifest))
    assert second and third and set(second.segments) & set(third.segments)
    assert len(list((root / "segments").iterdir())) == 3


def test_rolling_back_and_building_on(root: Path, built: Path) -> None:
    assert locate(root).rollback() == "000002"
    assert texts(root) == ["One thing.", "Another thing."]
    assert locate(root).rollback() == "000001"
    with pytest.raises(IndexMissing, match="There is no generation before 000001"):
        locate(root).rollback()
    assert locate(root).rollback(to="000003") == "000003"
    assert texts(root) == ["Something else.", "Another thing."]
    locate(root).rollback(to="000001")
    report = build(root, [built / "in"])  # the sources were not rolled back
    assert (report.generation, report.encoded, report.changes["changed"]) == ("000004", 0, 1)
    assert texts(root) == ["Something else.", "Another thing."]
    with pytest.raises(IndexMissing, match="There is no generation 9"):
        locate(root).rollback(to="9")


def test_the_only_generation_cannot_be_rolled_back(root: Path) -> None:
    locate(root).prune(1)
    with pytest.raises(IndexMissing, match="000003 is the only generation, so there is nothing to roll back to"):
        locate(root).rollback()


def test_a_damaged_generation_cannot_be_rolled_back_to(root: Path) -> None:
    path = root / "generations" / "000002" / "passages.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(IndexCorrupt, match=r"passages\.npy is damaged"):
        locate(root).rollback()
    assert texts(root) == ["Something else.", "Another thing."]
    assert locate(root).problems() == [f"The index file {path} is damaged. {REBUILD}"]


def test_pruning_keeps_the_current_generation_and_its_segments(root: Path) -> None:
    locate(root).rollback(to="000002")
    freed = locate(root).prune()
    assert freed > 0
    assert [each.name for each in locate(root).generations()] == ["000002"]
    assert len(list((root / "segments").iterdir())) == 2
    assert texts(root) == ["One thing.", "Another thing."]
    assert locate(root).problems() == []
    assert locate(root).prune() == 0


def test_the_last_generations_are_kept(built: Path, root: Path) -> None:
    for _ in range(KEPT):
        build(root, [built / "in"], full=True)
    assert len(locate(root).generations()) == KEPT


def files_of(root: Path) -> list[Path]:
    """Every file that the current generation needs."""
    store = FolderStore(root)
    folders = [root / "generations" / store.generation, *(segment.layout.root for segment in store.segments)]
    return [root / "CURRENT", *(path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file())]


@pytest.mark.parametrize("harm", ["flip", "cut", "remove", "empty"])
def test_any_damaged_file_is_found_and_repaired(tmp_path: Path, built: Path, harm: str) -> None:
    expected, root = texts(built / "index"), tmp_path / "index"
    for name in (path.relative_to(built / "index") for path in files_of(built / "index")):
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(built / "index", root)
        data = (root / name).read_bytes()
        if harm == "remove":
            (root / name).unlink()
        else:
            half = len(data) // 2
            flipped = data[:half] + bytes([data[half] ^ 1]) + data[half + 1 :] if data else b"x"
            (root / name).write_bytes({"flip": flipped, "cut": data[:-1], "empty": b""}[harm])
        assert problems_or_error(root)
        report = build(root, [built / "in"])
        # Answering doesn't need the seal, because CURRENT has the same hash; only a rollback fails.
        assert name.name == "manifest.sha256" or not report.up_to_date, name
        assert report.up_to_date or report.healed
        assert texts(root) == expected
        assert report.up_to_date or locate(root).problems() == []


def problems_or_error(root: Path) -> list[str]:
    try:
        return locate(root).problems()
    except StoreError as error:
        return [str(error)]


def test_only_a_missing_segment_is_rebuilt(root: Path, built: Path) -> None:
    segment = FolderStore(root).segments[0]
    shutil.rmtree(segment.layout.root)
    with pytest.raises(IndexCorrupt):
        FolderStore(root)
    report = build(root, [built / "in"])
    assert (report.up_to_date, report.encoded) == (False, 1)
    assert texts(root) == ["Something else.", "Another thing."]


def test_damage_of_an_older_generation_is_repaired_once(root: Path, built: Path) -> None:
    store = FolderStore(root)
    manifests = [each.manifest for each in locate(root).generations() if isinstance(each.manifest, Manifest)]
    old = {segment for manifest in manifests for segment in manifest.segments}
    (only_old,) = old - {segment.name for segment in store.segments}
    (root / "segments" / only_old / "tokens.npy").write_bytes(b"")
    assert not build(root, [built / "in"]).up_to_date
    assert build(root, [built / "in"]).up_to_date
    assert locate(root).problems() == []
    assert [each.name for each in locate(root).generations()] == ["000003", "000004"]


def test_an_index_of_an_older_format_is_replaced(root: Path, built: Path) -> None:
    for each in (root / "generations").iterdir():
        record = json.loads((each / "manifest.json").read_bytes())
        (each / "manifest.json").write_text(json.dumps({**record, "format": 4}))
        (each / "manifest.sha256").unlink()
        digest = hashlib.sha256((each / "manifest.json").read_bytes()).hexdigest()
        (root / "CURRENT").write_text(f"{each.name} {digest}\n")
    with pytest.raises(IndexIncompatible, match="has format 4"):
        FolderStore(root)
    assert build(root, [built / "in"]).generation == "000004"
    assert [each.name for each in locate(root).generations()] == ["000004"]
    assert texts(root) == ["Something else.", "Another thing."]


def test_a_foreign_file_is_named_and_removed(root: Path, built: Path) -> None:
    strange = FolderStore(root).segments[0].layout.root / "strange.txt"
    strange.write_text("What is this?")
    (root / "generations" / "000003" / "also").mkdir()
    assert [sentence for sentence in locate(root).problems() if "is not part of the index" in sentence]
    assert not build(root, [built / "in"]).up_to_date
    assert not strange.exists()
    locate(root).prune()
    assert locate(root).problems() == []


def test_the_commands(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: str) -> tuple[int, str, str]:
        status = main([*arguments, "--index", str(root)])
        return status, *capsys.readouterr()

    _, out, _ = run("status")
    assert "* 000003" in out and "2 documents, 1 changed since 000002" in out
    assert " bytes, " in out and " per passage" in out
    assert run("rollback")[:2] == (0, "Generation 000002 is current. The next build continues from it.\n")
    assert "All files in 3 generations are intact." in run("verify")[1]
    assert run("prune", "--keep", "2")[1].startswith("Freed ")
    assert run("prune", "--keep", "0")[0] == 2
    (root / "generations" / "000003" / "ids.npy").unlink()
    status, out, err = run("verify")
    assert (status, out) == (1, "") and "ids.npy is missing" in err
    assert run("rollback", "--to", "000003")[0] == 1


def test_foreign_files_in_folders_of_these_names_are_left_alone(root: Path, tmp_path: Path) -> None:
    others = [
        root / "segments" / "audio" / "one.wav",
        root / "segments" / "notes.txt",
        root / "generations" / "2023" / "x",
    ]
    for file in others:
        file.parent.mkdir(exist_ok=True)
        file.write_text("mine")
    (tmp_path / "a.txt").write_text("The harbour froze in March.")
    for _ in range(KEPT + 1):
        build(root, [tmp_path / "a.txt"], full=True)
    locate(root).prune()
    assert [file.read_text() for file in others] == ["mine"] * 3
    shutil.move(root / "segments", tmp_path / "elsewhere")
    (root / "segments").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(IndexUnwritable, match="is a link"):
        build(root, [tmp_path / "a.txt"], full=True)


@pytest.mark.parametrize("name", ["writer", "CURRENT.new", "lock", "change.lock", "left-out.json", "changing", "added"])
def test_an_index_with_a_link_is_not_written_to(root: Path, tmp_path: Path, name: str) -> None:
    victim = tmp_path / "victim"
    if name in ("changing", "added"):
        victim.mkdir()
        (victim / "a.txt").write_text("precious")
    else:
        victim.write_text("[]")
    (root / name).unlink(missing_ok=True)
    (root / name).symlink_to(victim)
    (tmp_path / "a.txt").write_text("The harbour froze in March.")
    before = victim.stat()
    with pytest.raises(StoreError, match=r"is a link|isn.t a list"):
        build(root, [tmp_path / "a.txt"])
    with pytest.raises(IndexUnwritable, match="is a link"), changing(root):
        pass
    assert victim.stat() == before


def test_what_was_added_is_no_link(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("The combination of the safe is 4711.")
    (root / "added").mkdir()
    (root / "added" / "notes.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(StoreError, match=r"notes\.txt is a link"):
        build(root, [tmp_path / "secret.txt"])


def test_a_folder_of_other_files_does_not_become_an_index(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*")
    (tmp_path / "a.txt").write_text("The harbour froze in March.")
    with pytest.raises(IndexUnwritable, match="holds other files but no index"):
        build(tmp_path, [tmp_path / "a.txt"])
    for command in ("prune", "rollback"):
        assert main([command, "--index", str(tmp_path)]) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [".gitignore", "a.txt"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
@pytest.mark.parametrize("name", ["CURRENT", "left-out.json", "generations/000003/manifest.json", "writer"])
def test_a_pipe_in_an_index_keeps_nobody_waiting(root: Path, tmp_path: Path, name: str) -> None:
    (root / name).unlink(missing_ok=True)
    os.mkfifo(root / name)
    (tmp_path / "a.txt").write_text("The harbour froze in March.")
    with suppress(StoreError):
        FolderStore(root)
    with suppress(StoreError):
        list(status_lines(root))
    with suppress(StoreError):
        build(root, [tmp_path / "a.txt"])


def test_a_generation_with_a_truncated_seal_cannot_be_rolled_back_to(root: Path) -> None:
    earlier = next(each.name for each in locate(root).generations() if not each.is_current)
    seal = next((root / "generations" / earlier).glob("*.sha256"))
    seal.write_text(seal.read_text()[:10])
    assert locate(root).problems()
    with pytest.raises(IndexCorrupt):
        locate(root).rollback(earlier)
    assert FolderStore(root)
