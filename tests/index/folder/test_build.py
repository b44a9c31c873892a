import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from index_fixtures import elsewhere, fill_disk

from index import FolderStore, IndexCorrupt, IndexUnwritable, Settings, build, last_build
from index.folder.commit import unwritable, writing
from index.folder.generations import KEPT
from index.folder.segment import place
from index.progress import Step
from source import SHIPPED
from source.errors import BadCollection, NotRead, NotText, SourceEmpty, UsageError
from source.sandbox import pool

pytestmark = pytest.mark.usefixtures("encoder")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "ships.txt").write_text("The keeper counted the ships. They went north.\n")
    return folder


def answers(root: Path) -> list[str]:
    store = FolderStore(root)
    return [store.passage(row).text for row in range(len(store))]


def left_over(root: Path) -> list[Path]:
    return list(root.rglob("unfinished-*"))


def test_nothing_is_done_until_something_changes(tmp_path: Path, sources: Path) -> None:
    root = tmp_path / "index"
    first = build(root, [sources])
    assert (first.up_to_date, first.generation, first.documents, first.passages) == (False, "000001", 1, 1)
    assert str(first) == "Built: 1 document, 1 passage, generation 000001 (1 added)."
    before = (root / "CURRENT").read_bytes()
    again = build(root, [sources])
    assert (again.up_to_date, again.generation) == (True, "000001")
    assert (root / "CURRENT").read_bytes() == before
    (sources / "ships.txt").write_text("The keeper slept.\n")
    assert build(root, [sources]).generation == "000002"
    assert answers(root) == ["The keeper slept."]
    (sources / "more.md").write_text("# More\n\nThere is more.\n")
    assert build(root, [sources]).documents == 2
    assert build(root, [sources], settings=Settings(passage_tokens=64)).up_to_date is False
    assert last_build(root) == ([str(sources)], "")
    assert last_build(tmp_path / "none") == ([str(SHIPPED)], "")


def test_full_builds_again_and_the_last_generations_are_kept(tmp_path: Path, sources: Path) -> None:
    root = tmp_path / "index"
    for count in range(1, KEPT + 3):
        assert build(root, [sources], full=True).generation == f"{count:06d}"
        assert (root / "CURRENT").read_text().split()[0] == f"{count:06d}"
    assert len(list((root / "generations").iterdir())) == KEPT
    assert len(list((root / "segments").iterdir())) == 1  # the same texts, encoded again, give the same segment


def test_an_open_index_answers_during_a_build(tmp_path: Path, sources: Path) -> None:
    root = tmp_path / "index"
    build(root, [sources])
    store = FolderStore(root)
    (sources / "ships.txt").write_text("The keeper slept.\n")
    build(root, [sources])
    assert store.passage(0).text == "The keeper counted the ships. They went north."


def test_a_damaged_index_is_rebuilt(tmp_path: Path, sources: Path) -> None:
    root = tmp_path / "index"
    build(root, [sources])
    next(root.rglob("vectors.faiss")).write_bytes(b"stub")
    with pytest.raises(IndexCorrupt):
        FolderStore(root)
    assert not build(root, [sources]).up_to_date
    assert len(FolderStore(root)) == 1


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("bad.jsonl", b'{"id": "a", "text": "Fine."}\nnonsense\n', BadCollection),
        ("bad.txt", b"\0\1\2" * 99, NotText),
        ("bad.txt", b"", SourceEmpty),
        ("rule.txt", b"-----\n", SourceEmpty),
    ],
)
def test_a_failed_build_keeps_the_current_generation(
    tmp_path: Path, sources: Path, name: str, data: bytes, error: type[Exception]
) -> None:
    root = tmp_path / "index"
    build(root, [sources])
    (tmp_path / name).write_bytes(data)
    with pytest.raises(error):
        build(root, [tmp_path / name])
    assert answers(root) == ["The keeper counted the ships. They went north."]
    assert left_over(root) == []
    assert build(root, [sources]).up_to_date


@pytest.mark.timeout(60)
def test_skipped_files_of_a_folder_are_recorded(tmp_path: Path, sources: Path) -> None:
    (sources / "empty.txt").write_bytes(b"")
    (sources / "binary.txt").write_bytes(b"\0\1\2" * 99)
    (sources / "loop.txt").symlink_to(sources / "loop.txt")
    os.mkfifo(sources / "pipe.txt")
    report = build(tmp_path / "index", [sources])
    assert report.documents == 1
    assert [next(n for n in ("binary", "empty", "loop", "pipe") if n in each) for each in report.skipped] == [
        "binary", "empty", "loop", "pipe",
    ]  # fmt: skip


def test_a_file_name_that_is_not_utf_8_is_accepted(tmp_path: Path, sources: Path) -> None:
    Path(os.fsdecode(os.fsencode(sources) + b"/caf\xe9.txt")).write_text("Coffee is served.\n")
    assert build(tmp_path / "index", [sources]).documents == 2
    assert FolderStore(tmp_path / "index").document_by_id("caf\\xe9.txt").text == "Coffee is served.\n"
    named = sources.rename(os.fsdecode(os.fsencode(tmp_path) + b"/s\xe9a"))
    build(tmp_path / "index", [named])
    assert last_build(tmp_path / "index") == ([str(named)], "")
    assert build(tmp_path / "index", [named]).up_to_date


def test_an_index_is_no_source(tmp_path: Path, sources: Path) -> None:
    """Neither the index that is built, nor another one, even if it is damaged."""
    root, other = tmp_path / "index", sources / "other"
    build(other, [sources])
    for name in ("", "CURRENT", "generations"):
        (other / name).rename(tmp_path / "moved") if name else None
        build(root, [sources])
        assert FolderStore(root).rows.ids() == ["ships.txt"]
        (tmp_path / "moved").rename(other / name) if name else None
    (root / "added").mkdir()
    (root / "added" / "more.txt").write_text("There is more.\n")
    (tmp_path / "link").symlink_to(root)
    for source, told in ((root, "is an index"), (tmp_path / "link", "is an index"), (other, "is an index"),
                         (root / "segments", "is part of an index"), (other / "generations", "is part of an index"),
                         (next(other.rglob("documents.jsonl")), "is part of an index")):  # fmt: skip
        with pytest.raises(UsageError, match=rf"{source.name} {told}, not a source\. Name the documents"):
            build(root, [source])
    assert build(root, [root / "added"]).documents == build(tmp_path / "new", [root / "added"]).documents == 1


def test_an_unwritable_folder_is_reported(tmp_path: Path, sources: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(IndexUnwritable, match="is a file, not an index"):
        build(tmp_path / "file", [sources])
    root = tmp_path / "index"
    build(root, [sources])
    (root / "CURRENT.new").mkdir()
    with pytest.raises(IndexUnwritable, match=r"CURRENT\.new is a folder, which"):
        build(root, [sources], full=True)
    assert answers(root) == ["The keeper counted the ships. They went north."]
    assert left_over(root) == []
    (root / "CURRENT.new").rmdir()
    build(root, [sources], full=True)
    assert str(unwritable(root, OSError(errno.EMFILE, "Too many open files"))).endswith(
        "(too many open files). Fix that and try again."
    )


def test_the_second_of_two_builds_is_refused(tmp_path: Path, sources: Path) -> None:
    root = tmp_path / "index"
    with (
        elsewhere(writing(root)),
        pytest.raises(
            IndexUnwritable, match=r"Another build \(process \d+ on .*, since 20.*\) is writing to .*\. Wait"
        ),
    ):
        build(root, [sources])
    assert build(root, [sources]).generation == "000001"


def test_a_build_that_has_waited_reads_what_was_added_meanwhile(tmp_path: Path, sources: Path) -> None:
    root, steps = tmp_path / "index", list[str]()
    held, ended = Event(), Event()

    def hold() -> None:
        with elsewhere(writing(root)):
            held.set()
            assert ended.wait(60)

    def follow(step: str, done: int, total: int) -> None:
        steps.append(step)
        if step == "waiting" and not ended.is_set():
            (sources / "later.txt").write_text("The lamp was lit at last.\n")
            ended.set()

    holder = Thread(target=hold)
    holder.start()
    assert held.wait(60)
    build(root, [sources], progress=follow, patience=60)
    holder.join()
    assert "later.txt" in FolderStore(root).rows.ids() and steps[0] == "waiting"


def test_progress_is_reported_step_by_step(tmp_path: Path, sources: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    build(tmp_path / "index", [sources], progress=lambda *step: steps.append(step))
    assert [step for step in steps if step[1] == step[2]] == [
        ("encoding", 47, 47), ("sorting", 1, 1),
    ]  # fmt: skip


# Builds with an encoder without weights, again and again, each with other words.
BUILDER = """
import sys, numpy as np
from pathlib import Path
from index import build
b = sys.modules['index.folder.build']
from index import Encoded
from index.encoder.identity import Identity
class Tiny:
    identity, precision, dimension, max_tokens = Identity("tiny", "0", "0"), "float32", 8, 64
    def pieces(self, texts):
        return [np.array([(i, i + 1) for i, c in enumerate(t) if not c.isspace()], np.int64) for t in texts]
    def known(self, text):
        return 1.0
    def encode(self, texts, *, query=False):
        for text in texts:
            (o,) = self.pieces([text])
            yield Encoded(np.eye(8, dtype=np.float32)[0], np.tile(np.eye(8, dtype=np.float32)[0], (len(o), 1)), o)
b.load_encoder = lambda name: Tiny()
b.identity = lambda name: Identity("tiny", "0", "0")
root, source = map(Path, sys.argv[1:])
print("ready", flush=True)
for count in range(100000):
    source.write_text(f"Sentence {count} stands here. " * 40)
    build(root, [source])
    print(count, flush=True)
"""


def test_a_build_killed_at_any_moment_leaves_a_complete_index(tmp_path: Path) -> None:
    root, source = tmp_path / "index", tmp_path / "a.txt"
    moments = random.Random(5)
    for _ in range(4):
        command = [sys.executable, "-c", BUILDER, str(root), str(source)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            process.stdout.readline()
            time.sleep(moments.random() * 0.3)
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
        store = FolderStore(root)
        texts = {store.passage(row).text.split(" stands")[0] for row in range(len(store))}
        assert len(texts) == 1
        assert store.passage(0).text in store.document(0).text


def test_the_manifest_says_what_the_index_was_made_from(tmp_path: Path, sources: Path) -> None:
    root = tmp_path / "index"
    build(root, [sources])
    record = json.loads((root / "generations" / "000001" / "manifest.json").read_bytes())
    assert record["encoder"]["dimension"] == 384
    assert record["counts"] == {"documents": 1, "passages": 1, "sentences": 2, "texts": 1, "tokens": 10}
    assert list(FolderStore(root).sources()["files"]) == [(sources / "ships.txt").as_posix()]
    assert record["languages"] == ["en"]


def test_unreadable_required_files_are_named_and_nothing_is_committed(tmp_path: Path, sources: Path) -> None:
    root = tmp_path / "index"
    build(root, [sources])
    for name in ("bad.pdf", "worse.txt", "other.txt"):
        (sources / name).write_bytes(b"\0\1\2" * 99)
    required = {sources / "bad.pdf", sources / "worse.txt", sources / "ships.txt"}
    with pytest.raises(NotRead, match=r"bad\.pdf is damaged.* .*worse\.txt is not text") as caught:
        build(root, [sources], required=required)
    assert [error.files for error in caught.value.errors] == [(sources / "bad.pdf",), (sources / "worse.txt",)]
    assert answers(root) == ["The keeper counted the ships. They went north."]
    assert left_over(root) == []
    assert build(root, [sources], required={sources / "ships.txt"}).documents == 1


def test_a_file_whose_reader_was_killed_is_read_by_the_next_build(
    tmp_path: Path, sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed by the system for want of memory; until the file can be read, nothing new is committed."""
    (sources / "b.rtf").write_bytes(rb"{\rtf1 The harbour froze in March.}")
    asked = pool._ParserProcess._exchange

    def killed(self: pool._ParserProcess, request: dict[str, Any]) -> list[bytes]:
        if request["path"].endswith("b.rtf"):
            self.kill()
        return asked(self, request)

    monkeypatch.setattr(pool._ParserProcess, "_exchange", killed)
    first, second = (build(tmp_path / "index", [sources]) for _ in range(2))
    assert first.documents == 1 and "exited with status -9" in first.skipped[0]
    assert (second.up_to_date, second.generation, second.skipped) == (True, first.generation, first.skipped)
    monkeypatch.undo()
    assert build(tmp_path / "index", [sources]).documents == 2
    assert build(tmp_path / "index", [sources]).up_to_date


def test_an_index_depends_on_added_and_excluded_documents(tmp_path: Path, sources: Path) -> None:
    root = tmp_path / "index"
    (sources / "set.jsonl").write_text('{"id": "r1", "text": "One."}\n{"id": "r2", "text": "Two."}\n')
    build(root, [sources])
    (root / "added").mkdir()
    assert build(root, [sources]).up_to_date
    (root / "added" / "more.txt").write_text("There is more.\n")
    (root / "added" / ".new.txt").write_text("It is not there yet.\n")
    (root / "left-out.json").write_text('["r2", "none"]')
    report = build(root, [sources])
    assert (report.documents, report.changes) == (3, {"added": 1, "changed": 0, "removed": 1})
    assert build(root, [sources]).up_to_date
    assert last_build(root) == ([str(sources)], "")
    (root / "left-out.json").write_text('["none"]')
    assert build(root, [sources], full=True).documents == 4
    (root / "left-out.json").write_text('["r1", "r2", "ships.txt", "more.txt"]')
    with pytest.raises(SourceEmpty):
        build(root, [sources])
    assert len(answers(root)) == 4


def test_a_step_is_reported_ten_times_a_second() -> None:
    told: list[tuple[str, int, int]] = []
    step = Step(lambda *facts: told.append(facts), "looking", 5)
    step.report()
    step.end()
    assert told == []
    step.done = 9
    begun = time.monotonic()
    for _ in range(30):
        time.sleep(0.01)
        step.report()
    step.end()
    tenths = 10 * (time.monotonic() - begun)  # more than three on a busy machine
    assert 2 <= len(told) <= tenths + 1 and set(told) == {("looking", 5, 5)}


def test_a_build_stops_before_the_disk_is_full(tmp_path: Path, sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack: a document of few bytes takes four hundred times as many in the index."""
    root = tmp_path / "index"
    build(root, [sources])
    kept = sorted(root.rglob("*"))
    for name in "abc":
        (sources / f"{name}.txt").write_text(". ".join(f"{name} ! ? ! ? {n}" for n in range(200)))
    monkeypatch.setattr("index.folder.ingest.LEAST_TEXTS", 2)
    written = 0

    def place_and_fill(*arguments: Any) -> None:
        nonlocal written
        place(*arguments)
        written += 1
        if written == 3:
            fill_disk(monkeypatch)

    monkeypatch.setattr("index.folder.segment.place", place_and_fill)
    with pytest.raises(IndexUnwritable, match=r"more megabytes of disk space must be free\)\. Free some space or"):
        build(root, [sources])
    assert written == 3 and sorted(root.rglob("*")) == kept
    assert answers(root) == ["The keeper counted the ships. They went north."]


@pytest.mark.parametrize("before", [True, False])
def test_a_first_build_without_space_leaves_nothing(
    tmp_path: Path, sources: Path, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    def fill(step: str, done: int, total: int) -> None:
        if before or step == "sorting":
            fill_disk(monkeypatch)

    with pytest.raises(IndexUnwritable, match="disk space"):
        build(tmp_path / "index", [sources], progress=fill)
    assert not [path for path in (tmp_path / "index").rglob("*") if path.is_file() and path.stat().st_size > 1000]
    assert not list((tmp_path / "index" / "segments").iterdir())
    monkeypatch.undo()
    assert build(tmp_path / "index", [sources]).generation == "000001"


def test_a_document_too_large_for_the_disk_is_not_encoded(
    tmp_path: Path, sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sources / "long.txt").write_text("The keeper counted the ships. " * 100_000)
    free = shutil.disk_usage(tmp_path).free
    begun: list[str] = []

    def language_of(text: str) -> str:
        begun.append(text)
        return "en"

    monkeypatch.setattr("source.disk.SPARED", free - (50 << 20))  # 50 MB are left; it would take four times as much
    monkeypatch.setattr("source.disk._MOST_SPARED", 1)
    monkeypatch.setattr("index.folder.ingest.language_of", language_of)
    with pytest.raises(IndexUnwritable, match="disk space"):
        build(tmp_path / "index", [sources])
    assert all(len(text) < 100 for text in begun)
