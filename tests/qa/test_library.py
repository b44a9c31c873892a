"""The library: documents are added, removed and restored, and a failed change changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path

import pytest
from index_fixtures import elsewhere, fill_disk
from pdf_fixtures import paragraph, pdf

import qa
from index import FolderStore, build, changing
from index.__main__ import main as index_main
from index.folder.commit import writing
from index.locate import locate
from qa.library import Added, Cancelled, Library
from qa.rebuild import exclusive_build
from source import SHIPPED
from source.document_json import DocumentFacts
from source.sandbox import pool as pool_module

pytestmark = pytest.mark.usefixtures("encoder")

SHIPS = "The keeper counted the ships. They went north.\n"
Files = Callable[..., list[tuple[str, Path]]]
Within = Callable[[float], AbstractContextManager[None]]


def silent(step: str, done: int, total: int) -> None:
    """A progress callback that ignores every update."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An index of two documents."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ships.txt").write_text(SHIPS)
    (tmp_path / "in" / "wind.md").write_text("# Wind\n\nThe wind blew from the north all night.\n")
    build(tmp_path / "index", [tmp_path / "in"])
    return tmp_path / "index"


@pytest.fixture
def library(root: Path) -> Library:
    return Library(root)


@pytest.fixture
def upload(tmp_path: Path) -> Files:
    """Files as an upload leaves them: their names on disk differ from the user's names."""
    folder = tmp_path / "uploaded"
    folder.mkdir()

    def make(**files: str | bytes) -> list[tuple[str, Path]]:
        made = []
        for name, content in files.items():
            path = folder / f"{len(list(folder.iterdir()))}.tmp"
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            made.append((name, path))
        return made

    return make


def ids(root: Path) -> list[str]:
    return FolderStore(root).rows.ids()


def state(root: Path) -> dict[str, bytes]:
    """The library's part of an index folder, and the current generation."""
    kept = [root / "CURRENT", root / "left-out.json", *(root / "added").glob("*"), *(root / "added").glob(".*")]
    assert not (root / "changing").exists() and not list(root.rglob("unfinished-*"))
    return {path.name: path.read_bytes() for path in kept if path.exists()}


def jsonl(*names: str) -> str:
    return "".join(json.dumps({"id": name, "text": f"The text of {name} is short."}) + "\n" for name in names)


def test_files_are_added_to_every_build(root: Path, library: Library, upload: Files, tmp_path: Path) -> None:
    page = pdf([paragraph(["The comet has a tail of dust."])])
    files = upload(**{"comet.pdf": page, "Notes on a lamp.txt": "The lamp was lit.\n", "set.jsonl": jsonl("r1", "r2")})
    added = library.add(files, silent)
    assert added == Added("Built: 6 documents, 6 passages, generation 000002 (4 added).")
    everything = ["ships.txt", "wind.md", "Notes on a lamp.txt", "comet.pdf", "r1", "r2"]
    assert ids(root) == everything
    assert all(path.exists() for _, path in files)
    book = qa.load(root)
    assert "tail of dust" in book.ask("What does the comet have?").quotes[0].text
    # Whoever builds, and from whatever: they stay.
    assert qa.rebuild(root).startswith("Up to date: 6 documents")
    assert index_main(["build", str(tmp_path / "in" / "ships.txt"), "--index", str(root)]) == 0
    assert ids(root) == ["ships.txt", *everything[2:]]
    assert FolderStore(root).sources()["roots"] == [str(tmp_path / "in" / "ships.txt")]
    assert index_main(["build", str(root / "added"), "--index", str(root)]) == 0  # named twice, it counts once
    assert ids(root) == everything[2:]
    assert index_main(["build", "--index", str(root)]) == 0  # from the last sources
    assert ids(root) == everything[2:]
    assert index_main(["build", str(SHIPPED), "--index", str(root)]) == 0
    assert ids(root) == ["valdai-russia-central-asia.txt", *everything[2:]]
    assert FolderStore(root).sources()["roots"] == []  # wherever the project is installed
    assert library.add(upload(**{"last.txt": "The last one.\n"}), silent).refused == ()  # as the last time
    assert ids(root)[0] == "valdai-russia-central-asia.txt"


def test_maintenance_commands_leave_added_documents_alone(root: Path, library: Library, upload: Files) -> None:
    library.add(upload(**{"lamp.txt": "The lamp was lit.\n"}), silent)
    library.remove(["wind.md"], silent)
    before = state(root)
    for command in ("verify", "status", "prune", "documents"):
        assert index_main([command, "--index", str(root)]) == 0
    assert state(root) == before
    assert locate(root).problems() == []
    library.put_back(["wind.md"], silent)
    assert index_main(["rollback", "--index", str(root)]) == 0
    assert ids(root) == ["ships.txt", "lamp.txt"]
    assert library.rebuild(silent).endswith("generation 000005 (1 added).")
    next(root.rglob("vectors.faiss")).write_bytes(b"stub")
    library.rebuild(silent)
    assert ids(root) == ["ships.txt", "wind.md", "lamp.txt"]


@pytest.mark.parametrize("begun", [False, True])
def test_without_space_on_the_disk_nothing_is_added(
    root: Path, library: Library, upload: Files, monkeypatch: pytest.MonkeyPatch, begun: bool
) -> None:
    def fill(step: str, done: int, total: int) -> None:
        if not begun or step == "sorting":
            fill_disk(monkeypatch)

    before, segments = state(root), sorted((root / "segments").iterdir())
    with pytest.raises(qa.IndexUnwritable, match="more megabytes of disk space must be free"):
        library.add(upload(**{"lamp.txt": "The lamp was lit.\n"}), fill)
    assert state(root) == before and sorted((root / "segments").iterdir()) == segments


def test_invalid_files_are_refused_and_the_rest_are_added(root: Path, library: Library, upload: Files) -> None:
    files = upload(
        **{
            "fine.txt": "Fine words.\n",
            "broken.pdf": b"no pdf at all",
            "empty.txt": b"",
            "blank.md": " \n\n",
            "picture.xyz": b"\x89PNG",
            "../../questions.jsonl": jsonl("q"),
            "half.jsonl": jsonl("h1") + "nonsense\n",
            "none.jsonl": "\n\n",
        }
    )
    files.append(("gone.txt", files[0][1].with_name("gone")))
    added = library.add(files, silent)
    assert added.report == "Built: 3 documents, 3 passages, generation 000002 (1 added)."
    refused = dict(added.refused)
    assert list(refused) == [
        "empty.txt", "picture.xyz", "../../questions.jsonl", "gone.txt",
        "blank.md", "broken.pdf", "half.jsonl", "none.jsonl",
    ]  # fmt: skip
    assert refused["broken.pdf"] == "broken.pdf is damaged or not a PDF. Try saving it again."
    assert refused["picture.xyz"].startswith("picture.xyz: unsupported file type. Supported: documents (PDF, ")
    assert "golden questions" in refused["../../questions.jsonl"]
    assert "half.jsonl, line 2 is not JSON" in refused["half.jsonl"]
    for name in ("empty.txt", "blank.md", "none.jsonl"):
        assert refused[name] == f"{name} is empty."
    assert "cannot be read (no such file" in refused["gone.txt"]
    assert [path.name for path in (root / "added").iterdir()] == ["fine.txt"]
    before = state(root)
    added = library.add(upload(**{"broken.pdf": b"again"}), silent)
    assert added.report == "No documents were added." and len(added.refused) == 1
    assert state(root) == before


@pytest.mark.timeout(60)
def test_what_is_not_a_readable_file_is_refused_by_its_own_reason(root: Path, library: Library, tmp_path: Path) -> None:
    for name in ("papers", "papers.md"):
        (tmp_path / name).mkdir()
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "loop.md").symlink_to(tmp_path / "loop.md")
    names = ["papers", "papers.md", "pipe.md", "loop.md"]
    before = state(root)
    added = library.add([(name, tmp_path / name) for name in names], silent)
    reasons = ["is a folder. Add the files in it instead."] * 2 + ["is not a regular file.", "cannot be read"]
    assert [name for name, _ in added.refused] == names
    for (name, told), reason in zip(added.refused, reasons, strict=True):
        assert told.startswith(f"{name} {reason}")
    assert state(root) == before


def test_a_collection_that_claims_the_id_of_another_document_is_refused(
    root: Path, library: Library, upload: Files
) -> None:
    library.add(upload(**{"z.jsonl": jsonl("r1", "r2")}), silent)
    added = library.add(
        upload(**{"a.jsonl": jsonl("r9", "r2"), "b.jsonl": jsonl("b", "wind.md"), "c.txt": "C.\n"}), silent
    )
    assert dict(added.refused) == {
        "a.jsonl": "Two documents have the id 'r2', in a.jsonl and in z.jsonl. "
        "Rename one, or build from the folder above both.",
        "b.jsonl": f"Two documents have the id 'wind.md', in {root.parent}/in/wind.md and in b.jsonl. "
        "Rename one, or build from the folder above both.",
    }
    assert ids(root) == ["ships.txt", "wind.md", "c.txt", "r1", "r2"]
    added = library.add(upload(**{"p.jsonl": jsonl("same"), "q.jsonl": jsonl("same")}), silent)
    assert [name for name, _ in added.refused] == ["q.jsonl"]
    assert library.rebuild(silent).startswith("Up to date")


def test_a_new_version_replaces_the_old_one_unless_it_cannot_be_read(
    root: Path, library: Library, upload: Files
) -> None:
    library.add(upload(**{"lamp.pdf": pdf([paragraph(["The lamp was lit."])])}), silent)
    report = library.add(upload(**{"lamp.pdf": pdf([paragraph(["The lamp went out."])])}), silent).report
    assert report.endswith("(1 changed).")
    assert FolderStore(root).document_by_id("lamp.pdf").text == "The lamp went out."
    before = state(root)
    assert len(library.add(upload(**{"lamp.pdf": b"broken"}), silent).refused) == 1
    assert state(root) == before
    assert FolderStore(root).document_by_id("lamp.pdf").text == "The lamp went out."


def test_a_name_that_a_source_has_gets_a_number(root: Path, library: Library, upload: Files) -> None:
    library.add(upload(**{"ships.txt": "Another list of ships.\n"}), silent)
    assert ids(root) == ["ships.txt", "wind.md", "ships (2).txt"]
    library.add(upload(**{"ships.txt": "A new version of it.\n"}), silent)
    assert FolderStore(root).document_by_id("ships (2).txt").text == "A new version of it.\n"
    assert FolderStore(root).document_by_id("ships.txt").text == SHIPS
    two = upload(**{"x/readme.md": "The first.\n", "y/readme.md": "The second.\n"})
    library.add(two, silent)
    assert ids(root)[2:] == ["readme (2).md", "readme.md", "ships (2).txt"]
    library.remove(["wind.md"], silent)
    library.add(upload(**{"wind.md": "Wind.\n"}), silent)  # otherwise removed documents could not be restored
    assert "wind (2).md" in ids(root)
    library.put_back(["wind.md"], silent)
    assert "wind.md" in ids(root)


def test_hostile_names_stay_in_the_folder(root: Path, library: Library, upload: Files) -> None:
    names = [
        "../../../etc/passwd.txt",
        "..\\..\\CON.txt",
        "\0a\x1b[31m\n.txt",
        ".hidden.txt",
        "é" * 300 + ".txt",
        "?.txt",
    ]
    library.add(upload(**{name: f"Text {number}.\n" for number, name in enumerate(names)}), silent)
    assert sorted(ids(root)[2:]) == sorted(
        ["passwd.txt", "_CON.txt", "a[31m.txt", "hidden.txt", "é" * 125 + ".txt", "document.txt"]
    )
    assert {path.name for path in (root / "added").iterdir()} == set(ids(root)[2:])


def test_removed_documents_are_deleted_or_excluded_and_can_be_restored(
    root: Path, library: Library, upload: Files, tmp_path: Path
) -> None:
    (tmp_path / "in" / "set.jsonl").write_text(jsonl("r1", "r2", "r3"))
    library.rebuild(silent)
    library.add(upload(**{"lamp.txt": "The lamp was lit.\n"}), silent)
    report = library.remove(["lamp.txt", "wind.md", "r2"], silent)
    assert report.endswith("(3 removed).")
    assert ids(root) == ["r1", "r3", "ships.txt"]
    assert list((root / "added").iterdir()) == []
    assert library.left_out == ["wind.md", "r2"] == json.loads((root / "left-out.json").read_bytes())
    assert (tmp_path / "in" / "wind.md").exists()
    assert index_main(["build", str(tmp_path / "in"), "--index", str(root), "--full"]) == 0
    assert ids(root) == ["r1", "r3", "ships.txt"]
    library.put_back(["r2"], silent)
    assert (ids(root), library.left_out) == (["r1", "r2", "r3", "ships.txt"], ["wind.md"])
    library.put_back(["wind.md"], silent)
    assert library.left_out == [] and len(ids(root)) == 5
    before = state(root)
    with pytest.raises(qa.DocumentMissing, match="There is no document 'none' in the index"):
        library.remove(["r1", "none"], silent)
    with pytest.raises(qa.UsageError, match="'r1' can't be restored"):
        library.put_back(["r1"], silent)
    with pytest.raises(qa.ChapterVerseError, match="The sources contain no text"):
        library.remove(ids(root), silent)
    assert state(root) == before


def test_many_documents_are_put_back_and_removed_at_once(root: Path, library: Library, within: Within) -> None:
    many = [f"note-{n}.txt" for n in range(50_000)]
    (root / "left-out.json").write_text(json.dumps(["ships.txt", *many]))
    with within(5):  # it once took a minute
        library.put_back(list(reversed(many)), silent)
    assert library.left_out == ["ships.txt"]


def test_a_collection_that_was_added_goes_with_its_last_document(root: Path, library: Library, upload: Files) -> None:
    library.add(upload(**{"set.jsonl": jsonl("r1", "r2")}), silent)
    library.remove(["r1"], silent)
    assert (ids(root)[2:], library.left_out) == (["r2"], ["r1"])
    library.remove(["r2"], silent)
    assert library.left_out == [] and not (root / "added" / "set.jsonl").exists()
    library.add(upload(**{"set.jsonl": jsonl("r1", "r2")}), silent)
    assert ids(root)[2:] == ["r1", "r2"]


@pytest.mark.parametrize("data", [b"", b"nonsense", b'{"a": 1}', b'["a", 1]', b"\xff", b"[" * 100_000])
def test_a_damaged_exclusion_list_is_that_of_the_last_build_or_named(root: Path, library: Library, data: bytes) -> None:
    library.remove(["wind.md"], silent)
    (root / "left-out.json").write_bytes(data)
    assert library.left_out == ["wind.md"]
    assert library.rebuild(silent).startswith("Up to date: 1 document")
    for path in root.glob("generations/*/sources.json"):
        path.write_bytes(b"{}")
    library = Library(root, [root.parent / "in"])
    for call in (
        library.rebuild,
        lambda progress: library.left_out,
        lambda progress: library.put_back(["wind.md"], progress),
    ):
        with pytest.raises(
            qa.ChapterVerseError, match=r"left-out\.json isn't a list of document ids\. Fix it, or delete it"
        ):
            call(silent)
    (root / "left-out.json").unlink()
    library.rebuild(silent)
    assert len(ids(root)) == 2


def test_a_removal_that_answers_golden_questions_worse_is_refused(root: Path, library: Library, tmp_path: Path) -> None:
    golden = {"id": "1", "question": "Who counted the ships?", "answers": ["The keeper"]}
    (tmp_path / "in" / "questions.jsonl").write_text(json.dumps(golden))
    before = state(root)
    with pytest.raises(qa.AnswersWorse):
        library.remove(["ships.txt"], silent)
    assert state(root) == before


class Cancelling:
    """Cancels a build at the first update that comes so many seconds after a step began."""

    def __init__(self, step: str, seconds: float = 0) -> None:
        self.step, self.seconds = step, seconds
        self.begun: float | None = None
        self.ended = 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        if step == self.step:
            self.begun = self.begun or time.monotonic()
            if time.monotonic() - self.begun >= self.seconds:
                self.ended = time.monotonic()
                raise Cancelled


@pytest.mark.parametrize("step", ["looking", "encoding", "sorting"])
def test_a_build_that_is_cancelled_changes_nothing(root: Path, library: Library, upload: Files, step: str) -> None:
    library.add(upload(**{"lamp.txt": "The lamp was lit.\n"}), silent)
    before = state(root)
    files = upload(
        **{"lamp.txt": "The lamp went out.\n", "new.txt": " ".join(f"Lamp {n} was lit." for n in range(600))}
    )
    with pytest.raises(Cancelled, match=r"Cancelled\. Nothing was changed\."):
        library.add(files, Cancelling(step))
    assert state(root) == before
    if step != "looking":  # so few files are scanned without progress updates
        with pytest.raises(Cancelled):
            library.remove(["lamp.txt", "wind.md"], Cancelling(step))
        assert state(root) == before
    assert library.add(files, silent).report.endswith("(1 added, 1 changed).")


def test_reading_a_large_file_reports_progress_and_can_be_cancelled(
    root: Path, library: Library, upload: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"The keeper counted the ships of harbour {n}, and wrote them down." for n in range(40)]
    files = upload(**{"large.pdf": pdf([paragraph(lines)] * 2000)})  # some ten seconds
    started: list[pool_module._ParserProcess] = []

    class Recorded(pool_module._ParserProcess):
        def __init__(self) -> None:
            super().__init__()
            started.append(self)

    monkeypatch.setattr(pool_module, "_ParserProcess", Recorded)
    told: list[float] = []
    cancelling = Cancelling("encoding", 1.5)

    def progress(step: str, done: int, total: int) -> None:
        told.append(time.monotonic())
        cancelling(step, done, total)

    before = state(root)
    with pytest.raises(Cancelled) as caught:
        library.add(files, progress)
    assert time.monotonic() - cancelling.ended < 1
    assert len(told) > 5 and max(later - now for now, later in pairwise(told)) < 1
    assert len(started) == 1 and caught  # although the exception is still referenced
    assert started[0]._process.wait(5) == -9
    assert state(root) == before
    assert library.add(upload(**{"lamp.txt": "The lamp was lit.\n"}), silent).refused == ()


def test_the_second_of_two_changes_waits(root: Path, library: Library, upload: Files) -> None:
    may_end, under_way = threading.Event(), threading.Event()

    def slow(step: str, done: int, total: int) -> None:
        under_way.set()
        may_end.wait(20)

    first = threading.Thread(target=library.add, args=(upload(**{"a.txt": "Words of a.\n"}), slow))
    first.start()
    assert under_way.wait(20)
    steps: set[str] = set()

    def watching(step: str, done: int, total: int) -> None:
        steps.add(step)
        may_end.set()

    Library(root).add(upload(**{"b.txt": "Words of b.\n"}), watching)
    first.join()
    assert "waiting" in steps
    assert ids(root)[2:] == ["a.txt", "b.txt"]


@pytest.mark.parametrize("other", [changing, writing])
def test_a_change_waits_for_another_process_and_is_only_then_made(
    root: Path, library: Library, upload: Files, other: Callable[[Path], AbstractContextManager[object]]
) -> None:
    """The lock is the operating system's, and any other holder of it is as another process."""
    held, ended, steps = threading.Event(), threading.Event(), []
    before = state(root)

    def hold() -> None:
        with other(root):
            held.set()
            assert ended.wait(60)

    def follow(step: str, done: int, total: int) -> None:
        steps.append(step)
        if step == "waiting" and not ended.is_set():
            assert not list((root / "added").iterdir()) and before.items() <= files_of(root).items()
            ended.set()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(60)
    library.add(upload(**{"lamp.txt": "The lamp was lit.\n"}), follow)
    holder.join()
    assert steps[0] == "waiting" and ids(root)[2:] == ["lamp.txt"]


@pytest.mark.parametrize("other", [changing, writing])
def test_a_change_waits_for_so_long_and_can_be_cancelled(
    root: Path, library: Library, upload: Files, monkeypatch: pytest.MonkeyPatch,
    other: Callable[[Path], AbstractContextManager[object]],
) -> None:  # fmt: skip
    monkeypatch.setattr("qa.library.PATIENCE", 0.3)
    library.add(upload(**{"lamp.txt": "The lamp was lit.\n"}), silent)
    before = files_of(root)

    def cancel(step: str, done: int, total: int) -> None:
        assert step == "waiting"
        raise Cancelled

    with elsewhere(other(root)):
        with pytest.raises(qa.IndexUnwritable, match=r"(Another process is changing|Another build .* is writing)"):
            library.add(upload(**{"new.txt": "New words.\n"}), silent)
        with pytest.raises(Cancelled):
            library.remove(["lamp.txt"], cancel)
    assert files_of(root) == before and ids(root)[2:] == ["lamp.txt"]


def test_changes_of_one_process_wait_for_so_long(root: Path, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["qa.rebuild"], "PATIENCE", 0.3)  # `qa.rebuild` is the function
    with exclusive_build(silent), pytest.raises(qa.IndexUnwritable, match="still in progress"):
        library.rebuild(silent)
    library.rebuild(silent)


def files_of(root: Path) -> dict[str, bytes]:
    """The library's part of an index folder, also while it is being changed."""
    kept = [root / "CURRENT", root / "left-out.json", *(root / "added").glob("*")]
    return {path.name: path.read_bytes() for path in kept if path.exists()}


KILLED = """
import os, sys
from pathlib import Path
from qa import Library
def die(step, done, total):
    if step == "encoding":
        os.kill(os.getpid(), 9)
library = Library(Path(sys.argv[1]))
if sys.argv[2] == "add":
    library.add([("lamp.txt", Path(sys.argv[3])), ("new.txt", Path(sys.argv[3]))], die)
else:
    library.remove(["lamp.txt", "wind.md"], die)
"""


@pytest.mark.parametrize("change", ["add", "remove"])
def test_the_next_build_copes_with_a_change_that_was_killed(
    root: Path, library: Library, upload: Files, change: str
) -> None:
    library.add(upload(**{"lamp.txt": "The lamp was lit.\n"}), silent)
    new = upload(**{"x": "The lamp went out.\n"})[0][1]
    ran = subprocess.run([sys.executable, "-c", KILLED, str(root), change, str(new)], check=False)
    assert ran.returncode == -9
    assert len(ids(root)) == 3 and locate(root).problems() == []
    library.rebuild(silent)
    wanted = ["ships.txt", "wind.md", "lamp.txt", "new.txt"] if change == "add" else ["ships.txt"]
    assert ids(root) == wanted
    library.add(upload(**{"more.txt": "More words.\n"}), silent)
    state(root)  # nothing is left of the killed change


def test_a_disk_that_is_full_changes_nothing(
    root: Path, library: Library, upload: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add(upload(**{"lamp.txt": "The lamp was lit.\n"}), silent)
    before = state(root)

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(qa.IndexUnwritable, match="no space left"):
        patched.setattr("index.folder.filesystem.flush", full)
        library.add(upload(**{"lamp.txt": "The lamp went out.\n"}), silent)
    assert state(root) == before


def test_entries_are_facts_of_documents(root: Path, library: Library, upload: Files) -> None:
    library.add(upload(**{"comet.pdf": pdf([paragraph(["The comet has a tail of dust."]), []])}), silent)
    edition = qa.load(root).now()
    entries, total = library.entries(edition, 0, 10)
    assert total == 3
    assert [(each.id, each.title, each.format, each.pages, each.passages, each.added) for each in entries] == [
        ("ships.txt", "ships", "txt", None, 1, False),
        ("wind.md", "Wind", "md", None, 1, False),
        ("comet.pdf", "comet", "pdf", 2, 1, True),
    ]
    for each in entries:
        assert each.path == edition.document(each.id).path
        assert each.doubts == edition.document(each.id).doubts
        assert each.modified and each.modified.timestamp() == pytest.approx(Path(each.path).stat().st_mtime, abs=1e-3)
    assert entries[2].doubts
    assert [each.id for each in library.entries(edition, 1, 1)[0]] == ["wind.md"]
    for words, found in ((" WIND ", ["wind.md"]), ("txt", ["ships.txt"]), ("zzz", [])):
        entries, total = library.entries(edition, 0, 10, words)
        assert ([each.id for each in entries], total) == (found, len(found))
    (root.parent / "in" / "ships.txt").unlink()
    assert library.entries(edition, 0, 1)[0][0].modified is None
    assert library.entries(edition, 9, 5) == ([], 3)


def test_a_large_collection_is_not_read_through(
    root: Path, library: Library, upload: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add(upload(**{"set.jsonl": jsonl(*(f"r{n:03}" for n in range(200)))}), silent)
    edition = qa.load(root).now()
    monkeypatch.setattr("index.store._MOST_TITLES", 100)
    parsed: list[int] = []
    facts = edition.store.rows.facts

    def counting(rows: Sequence[int]) -> Iterator[DocumentFacts]:
        parsed.extend(rows)
        return facts(rows)

    monkeypatch.setattr(edition.store.rows, "facts", counting)
    entries, total = library.entries(edition, 100, 10)
    assert (total, len(entries), len(parsed)) == (202, 10, 10)
    assert all(each.format == "jsonl" and each.passages == 1 and each.added for each in entries)
    entries, total = library.entries(edition, 0, 10, "r19")
    assert [each.id for each in entries] == [f"r{n}" for n in range(190, 200)]
    assert (total, len(parsed)) == (10, 20)
