"""Replacing the content of an index by that of another one."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from index_fixtures import elsewhere

import qa
from index import FolderStore, build
from index.__main__ import main
from index.folder.additions import changing
from index.folder.commit import writing
from index.folder.layout import Layout
from index.locate import locate

pytestmark = pytest.mark.usefixtures("encoder")

SHARED = "The keeper of the lighthouse counted the ships in the harbour."
OLD = "The lamp of the lighthouse was broken by a storm."
NEW = "The lamp of the lighthouse was mended by a sailor."


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two indexes, `old` and `new`, that share a document and its segment."""
    folder = tmp_path_factory.mktemp("replace")
    (folder / "shared.txt").write_text(SHARED)
    build(folder / "old", [folder / "shared.txt"])
    shutil.copytree(folder / "old", folder / "new")
    for name, text in (("old", OLD), ("new", NEW)):
        (folder / f"in-{name}").mkdir()
        (folder / f"in-{name}" / "lamp.txt").write_text(text)
        build(folder / name, [folder / "shared.txt", folder / f"in-{name}"])
    return folder


@pytest.fixture
def root(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built / "old", tmp_path / "index"))


@pytest.fixture
def new(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built / "new", tmp_path / "new"))


def replace(new: object, root: object) -> int:
    return main(["replace", str(new), "--index", str(root)])


def texts(root: Path) -> set[str]:
    store = FolderStore(root)
    return {store.passage(row).text for row in range(len(store))}


def test_a_running_reader_follows_and_the_old_content_can_be_had_back(
    built: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = qa.load(root)
    before, question = book.now(), "Who mended the lamp of the lighthouse?"
    assert NEW not in {hit.passage.text for hit in book.retrieve(question)}
    (shared,) = {path.name for path in (root / "segments").iterdir()} & {
        path.name for path in (built / "new" / "segments").iterdir()
    }
    files = [path.stat().st_ino for path in sorted((root / "segments" / shared).iterdir())]
    assert replace(built / "new", root) == 0
    assert capsys.readouterr().out == f"Generation 000003 is current, a copy of {built / 'new'}.\n"
    assert book.retrieve(question)[0].passage.text == NEW and book.generation == "000003"
    assert OLD in {hit.passage.text for hit in before.retrieve(question)}  # a question that is being answered
    assert files == [path.stat().st_ino for path in sorted((root / "segments" / shared).iterdir())]
    *_, current = locate(root).generations()
    assert current.manifest and current.manifest.parent == "000002"
    assert current.manifest.changes == {"added": 0, "changed": 1, "removed": 0}
    assert not locate(root).problems() and texts(built / "new") == texts(root) == {SHARED, NEW}
    assert main(["rollback", "--index", str(root)]) == 0
    assert texts(root) == {SHARED, OLD}
    assert OLD in {hit.passage.text for hit in book.retrieve(question)}


def test_where_there_is_no_index_yet(built: Path, tmp_path: Path) -> None:
    root = tmp_path / "none" / "index"
    assert replace(built / "new", root) == 0
    assert texts(root) == {SHARED, NEW} and not locate(root).problems()
    (only,) = locate(root).generations()
    assert only.manifest and (only.manifest.parent, only.manifest.changes["added"]) == (None, 2)
    report = build(root, [built / "shared.txt", built / "in-new"])
    assert report.up_to_date


def test_a_damaged_index_is_replaced(built: Path, root: Path) -> None:
    for path in (root / "generations").glob("*/*"):
        if path.is_file():
            path.write_bytes(b"")
    for path in (root / "segments").glob("*/tokens.npy"):
        path.write_bytes(b"")
    (root / "CURRENT").write_text("nothing")
    assert replace(built / "new", root) == 0
    assert texts(root) == {SHARED, NEW}


Harm = Callable[[Path, Path], object]


def _reformat(root: Path, _: Path) -> None:
    """Makes it an index of another format, with the right hashes."""
    manifest = Layout(root).generation("000002").manifest
    data = json.dumps(json.loads(manifest.read_bytes()) | {"format": 1}).encode()
    manifest.write_bytes(data)
    Layout(root).current.write_text(f"000002 {hashlib.sha256(data).hexdigest()}\n")


def _rename_encoder(root: Path, _: Path) -> None:
    manifest = Layout(root).generation("000002").manifest
    record = json.loads(manifest.read_bytes())
    data = json.dumps(record | {"encoder": record["encoder"] | {"name": "/evil", "sha256": "0" * 64}}).encode()
    manifest.write_bytes(data)
    Layout(root).current.write_text(f"000002 {hashlib.sha256(data).hexdigest()}\n")


def _add(root: Path, new: Path) -> None:
    with changing(root) as change:
        change.add(new / "CURRENT", "added.txt")


def _leave_out(root: Path, _: Path) -> None:
    with changing(root) as change:
        change.leave_out(["lamp.txt"])


@pytest.mark.parametrize(
    ("which", "harm", "status", "message"),
    [
        ("new", lambda new, _: next(new.rglob("tokens.npy")).write_bytes(b"x"), 1, "tokens.npy is damaged. Run"),
        ("new", lambda new, _: next(new.rglob("postings.npy")).unlink(), 1, "postings.npy is missing or"),
        ("new", lambda new, _: (new / "CURRENT").unlink(), 1, "does not say which generation"),
        ("new", _reformat, 1, "has format 1, but this version reads format"),
        ("new", _rename_encoder, 1, "uses encoder /evil, which has not been used on this machine"),
        ("new", _add, 2, "Users added or excluded documents in"),
        ("new", _leave_out, 2, "Users added or excluded documents in"),
        ("root", _add, 2, "Users added or excluded documents in"),
        ("root", _leave_out, 2, "Users added or excluded documents in"),
    ],
)
def test_what_cannot_be_copied_changes_nothing(
    root: Path, new: Path, which: str, harm: Harm, status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    harm({"root": root, "new": new}[which], root)
    segments, current = sorted((root / "segments").iterdir()), (root / "CURRENT").read_bytes()
    assert replace(new, root) == status
    out, err = capsys.readouterr()
    assert message in err and err.count("\n") == 1 and not out
    assert (root / "CURRENT").read_bytes() == current and texts(root) == {SHARED, OLD}
    if "encoder" not in message:  # that is known once all has been copied; the next build deletes it
        assert sorted((root / "segments").iterdir()) == segments
    assert not list(root.rglob("unfinished-*"))


def test_an_index_cannot_replace_itself_nor_an_engine(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "link").symlink_to(root)
    for new in (root, tmp_path / "link"):
        assert replace(new, root) == 2
        assert "can't replace itself" in capsys.readouterr().err
    assert replace("lance:///tmp/none", root) == 2
    assert "is not a folder" in capsys.readouterr().err
    pytest.importorskip("lancedb")
    assert replace(root, f"lance://{tmp_path}/engine") == 2
    assert "can't be replaced by a folder" in capsys.readouterr().err


def test_while_another_build_is_writing(root: Path, new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with elsewhere(writing(root)):
        assert replace(new, root) == 1
    assert "is writing to" in capsys.readouterr().err
