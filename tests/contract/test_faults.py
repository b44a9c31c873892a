"""Faults of storage that several machines share, tested with real servers and with real processes that are killed."""

from __future__ import annotations

import random
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kinds import HAS_LANCE, HAS_S3, address, environment, free_port, s3_server
from proxy import Proxy

import qa
from index import IndexCorrupt, IndexMissing, IndexUnwritable, StoreUnreachable, build, open_store
from index.encoder.identity import Identity
from index.lance.address import Engine
from index.locate import address_of, locate
from qa.library import Library

sys.path.append(str(Path(__file__).parents[1] / "crash"))
from collection import HashEncoder, version_of, write

pytestmark = pytest.mark.skipif(not HAS_LANCE, reason="LanceDB is not installed")
on_s3 = pytest.mark.skipif(not HAS_S3, reason="moto is not installed")
long = pytest.mark.scale
HERE = Path(__file__).parent
QUESTION = "keeper harbour"
MANY = 1 << 20


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A private cache folder, and an encoder without weights."""
    monkeypatch.setenv("CHAPTER_VERSE_CACHE", str(tmp_path / "cache"))
    module: Any = sys.modules["index.folder.build"]
    monkeypatch.setattr(module, "load_encoder", lambda name: HashEncoder())
    monkeypatch.setattr(module, "identity", lambda name: HashEncoder.identity)


@pytest.fixture
def s3() -> Iterator[Proxy]:
    """S3 behind a proxy."""
    with s3_server() as server:
        between = Proxy(free_port(), server.port)
        with environment(AWS_ENDPOINT_URL=f"http://127.0.0.1:{between.port}"):
            yield between
        between.stop()


@pytest.fixture
def where(tmp_path: Path) -> str:
    return address("lance", tmp_path)


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    write(tmp_path / "in", 0)
    return tmp_path / "in"


def builder(where: str, sources: Path, version: int, lease: int, *once: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(HERE / "builder.py"), where, str(sources), str(version), str(lease), *once]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ask(book: qa.Book) -> list[str]:
    """The texts of the passages found."""
    return [hit.passage.text for hit in book.retrieve(QUESTION)]


def load(where: str) -> qa.Book:
    return qa.Book(open_store(where), HashEncoder())


def killed_builds(where: str, sources: Path, times: int) -> None:
    """Kills a builder `times` times; each time a complete version must be there, none older than the last reported."""
    drawn, version, switched = random.Random(0), 0, 0
    build(where, [sources])
    for _ in range(times):
        with builder(where, sources, version + 1, 1) as process:
            assert process.stdout and process.stdout.readline() == "ready\n"
            time.sleep(2 * drawn.random())
            process.send_signal(signal.SIGKILL)
            reported = [int(line) for line in process.stdout if line.strip().isdecimal()]
        found = version_of(where)
        assert max(reported, default=version) <= found <= max(reported, default=version) + 1
        switched += found > max(reported, default=version)
        version = found
        time.sleep(1.2)  # the lease of the killed builder expires
    print(f"{times} builders killed, {times - switched} before the switch and {switched} after it, {version} built")
    write(sources, version + 1)
    build(where, [sources])
    assert version_of(where) == version + 1 and locate(where).problems() == []
    kept = {each.name for each in locate(where).generations()}
    assert {name.partition("-")[0] for name in tables(where)} == kept  # nothing is left of those that were killed


def tables(where: str) -> list[str]:
    from index.lance.storage import Storage

    engine: Any = address_of(where)
    return [name for name in Storage(engine).names() if name != "current"]


def test_a_killed_builder_publishes_nothing(where: str, sources: Path) -> None:
    killed_builds(where, sources, 3)


@long
@pytest.mark.timeout(1200)
def test_many_killed_builders(where: str, sources: Path) -> None:
    killed_builds(where, sources, 60)


@long
@on_s3
@pytest.mark.timeout(1200)
def test_killed_builders_on_s3(s3: Proxy, tmp_path: Path, sources: Path) -> None:
    killed_builds(address("s3", tmp_path), sources, 15)


def test_a_second_builder_is_refused_until_the_first_is_killed(where: str, sources: Path) -> None:
    build(where, [sources])
    with builder(where, sources, 1, 4, "--once", "60") as first:
        assert first.stdout and [first.stdout.readline() for _ in range(2)] == ["ready\n", "building\n"]
        with pytest.raises(
            IndexUnwritable, match=rf"Another build \(process {first.pid} on .* until \d\d:\d\d:\d\d UTC"
        ):
            build(where, [sources])
        assert version_of(where) == 0
        first.kill()
    with pytest.raises(IndexUnwritable, match="Another build"):
        build(where, [sources])
    steps: set[str] = set()
    patient = build(where, [sources], patience=60, progress=lambda step, done, total: steps.add(step))
    assert patient.generation == "000002" and "waiting" in steps
    assert version_of(where) == 1


@pytest.mark.parametrize("kind", ["lance", pytest.param("s3", marks=on_s3)])
def test_simultaneous_builders_publish_one_generation(
    kind: str, tmp_path: Path, sources: Path, request: pytest.FixtureRequest
) -> None:
    if kind == "s3":
        request.getfixturevalue("s3")
    where = address(kind, tmp_path)
    build(where, [sources])
    write(sources, 1)

    def try_it(number: int) -> str:
        try:
            return build(where, [sources]).generation
        except IndexUnwritable:
            return "refused"

    with ThreadPoolExecutor(4) as pool:
        came = list(pool.map(try_it, range(4)))
    assert came.count("000002") >= 1 and set(came) <= {"000002", "refused"}
    assert version_of(where) == 1


def test_a_builder_that_lost_its_lease_publishes_nothing(
    where: str, sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(where, [sources])
    monkeypatch.setattr("index.lance.pointer.LEASE", -1)  # the lease has expired when it begins
    write(sources, 1)

    def another_builds(*_: object) -> None:
        monkeypatch.setattr("index.lance.pointer.LEASE", 60)
        with environment(CHAPTER_VERSE_CACHE=str(sources.parent / "of another machine")):
            build(where, [sources])

    with pytest.raises(IndexUnwritable, match="Another build has taken over"):
        build(where, [sources], approve=another_builds)
    assert [each.name for each in locate(where).generations()] == ["000001", "000002"] and locate(
        where
    ).problems() == []


@on_s3
@pytest.mark.parametrize("hangs", [False, True])
def test_unreachable_storage_is_reported_in_time_and_retried(
    s3: Proxy, tmp_path: Path, sources: Path, monkeypatch: pytest.MonkeyPatch, hangs: bool
) -> None:
    where = address("s3", tmp_path)
    build(where, [sources])
    book = load(where)
    s3.pieces = MANY
    answers = ask(book)
    for pieces in (0, (MANY - s3.pieces) // 2):  # before the question, and in the middle of it
        fresh = load(where)  # with empty caches
        s3.pieces, s3.hangs = pieces, hangs
        with monkeypatch.context() as less:
            less.setattr("index.lance.storage.PATIENCE", 2.0)
            started = time.monotonic()
            with pytest.raises(StoreUnreachable, match=rf"The storage of {re.escape(where)} (does not|has not) answer"):
                ask(fresh)
            assert time.monotonic() - started < 8
        s3.mend()
        assert ask(fresh) == ask(book) == answers


@on_s3
@pytest.mark.parametrize("hangs", [False, pytest.param(True, marks=long)])
def test_storage_lost_while_publishing_keeps_the_current_generation(
    s3: Proxy, tmp_path: Path, sources: Path, hangs: bool
) -> None:
    where = address("s3", tmp_path)
    build(where, [sources], approve=lambda *_: setattr(s3, "pieces", MANY))
    pieces = MANY - (s3.pieces or 0)
    with builder(where, sources, 1, 2, "--once", "1") as process:
        assert process.stdout and process.stderr
        for _ in range(2):  # what is built is now published
            process.stdout.readline()
        s3.pieces, s3.hangs = pieces // 2, hangs
        said = process.stderr.read()
        assert process.wait(120) == 1 and "StoreUnreachable: The storage of" in said and "Traceback" not in said
    s3.mend()
    assert version_of(where) == 0 and locate(where).problems() == []
    time.sleep(2.5)
    write(sources, 99)
    build(where, [sources])
    assert version_of(where) == 99


@on_s3
def test_slow_storage_gives_the_same_answers(s3: Proxy, tmp_path: Path, sources: Path) -> None:
    where = address("s3", tmp_path)
    build(where, [sources])
    answers = ask(load(where))
    s3.delay = 0.03
    s3.methods.clear()
    assert ask(load(where)) == answers
    assert s3.methods <= {b"GET", b"HEAD"}  # asking needs no write access


@on_s3
def test_wrong_keys_are_told_and_not_repeated(s3: Proxy, tmp_path: Path, sources: Path) -> None:
    where = address("s3", tmp_path)
    build(where, [sources])
    answers = ask(load(where))
    admit(s3, "0")  # from now on moto checks the keys
    with pytest.raises(StoreUnreachable, match=r"denies access\. Set AWS_ACCESS_KEY_ID") as refused:
        load(where)
    assert "secret" not in str(refused.value)
    with pytest.raises(StoreUnreachable, match="denies access"):
        build(where, [sources])
    admit(s3, "1000000")
    assert ask(load(where)) == answers


def admit(s3: Proxy, count: str) -> None:
    address = f"http://127.0.0.1:{s3.port}/moto-api/reset-auth"
    request = urllib.request.Request(address, count.encode(), {"content-type": "text/plain"}, method="POST")
    urllib.request.urlopen(request, timeout=10).close()


def test_a_full_disk_keeps_the_current_generation(sources: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(disk)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        where = f"lance://{disk}/index"
        build(where, [sources])
        (sources / "large.txt").write_text(" ".join(f"The keeper counted {n} ships." for n in range(8000)))
        with pytest.raises(IndexUnwritable, match=r"is full\. Free some space"):
            build(where, [sources])
        assert version_of(where) == 0
        (sources / "large.txt").unlink()
        write(sources, 1)
        build(where, [sources])
        assert version_of(where) == 1
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_the_vectors_of_another_encoder_are_refused(
    where: str, sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(where, [sources])
    book = load(where)
    answers = ask(book)
    monkeypatch.setattr(HashEncoder, "identity", Identity("another", "1", "0"))
    report = build(where, [sources])
    assert not report.up_to_date and open_store(where).encoder.name == "another"  # nothing of the old ones is used
    time.sleep(1.1)
    assert ask(book) == answers and book.generation == "000001"  # it has no such encoder, and goes on
    with pytest.raises(qa.EncoderMissing, match="another"):
        qa.load(where)
    ours, theirs = (next((tmp_path / "engine").glob(f"{name}-*-passages.lance")) for name in ("000001", "000002"))
    shutil.rmtree(theirs)
    shutil.copytree(ours, theirs)
    with pytest.raises(IndexCorrupt):
        ask(load(where))


def flipped(rows: list[bytes]) -> bytes:
    return rows[0][:-1] + bytes([rows[0][-1] ^ 1])


@pytest.mark.parametrize(
    ("table", "column", "change"),
    [
        ("passages", "passage", flipped),
        ("passages", "passage", lambda rows: rows[1]),  # what stands in another row
        ("passages", "passage", lambda rows: b""),
        ("passages", "tokens", flipped),
        ("documents", "facts", flipped),
        ("documents", "line", lambda rows: rows[1]),
    ],
)
def test_rows_that_were_changed_are_refused(
    where: str, sources: Path, monkeypatch: pytest.MonkeyPatch, table: str, column: str,
    change: Callable[[list[bytes]], bytes],
) -> None:  # fmt: skip
    changed(where, sources, monkeypatch, table, column, change)
    with pytest.raises(IndexCorrupt, match=r"A row of 000001-\w+-\w+ is damaged|Row \d+ of .* is missing"):
        store = open_store(where)
        store.prefetch(list(range(len(store))))
        store.tokens(np.arange(len(store)))
        store.rows.ids()
    mended(where, sources)


@pytest.mark.parametrize(("column", "value"), [("terms", "keeper keeper"), ("vector", [1.0] + [0.0] * 7)])
def test_changed_search_columns_can_hide_a_passage_but_not_invent_one(
    where: str, sources: Path, monkeypatch: pytest.MonkeyPatch, column: str, value: object
) -> None:
    changed(where, sources, monkeypatch, "passages", column, lambda rows: value)
    assert version_of(where) == 0
    mended(where, sources)


def changed(
    where: str, sources: Path, monkeypatch: pytest.MonkeyPatch, table: str, column: str,
    change: Callable[[list[Any]], object],
) -> None:  # fmt: skip
    """Changes a column of all rows of a table, and makes stores open the newest version of it."""
    from index.lance.storage import Storage

    build(where, [sources])
    engine: Any = address_of(where)
    storage = Storage(engine)
    (name,) = (name for name in storage.names() if name.endswith(table))
    opened = storage.open(name)
    rows = storage.run(opened.query().select([column]).to_arrow())[column].to_pylist()
    storage.build(opened.update({column: change(rows)}))
    assert version_of(where) == 0  # the version that was published is read, and none since
    open_async = Storage.open_async
    monkeypatch.setattr(Storage, "open_async", lambda self, name, version=None: open_async(self, name))


def mended(where: str, sources: Path) -> None:
    """Checks that the damage is found, and that a build repairs it."""
    assert locate(where).problems()
    assert not build(where, [sources]).up_to_date
    assert version_of(where) == 0


def tables_of(folder: Path, pattern: str) -> list[Path]:
    """The folders of these tables, the oldest generation's first."""
    return sorted(folder.glob(f"{pattern}.lance"))


def test_a_damaged_index_is_rebuilt_from_the_same_sources_or_asks_for_them(
    where: str, sources: Path, tmp_path: Path
) -> None:
    for version in (0, 1):
        write(sources, version)
        build(where, [sources])
    shutil.copytree(tmp_path / "engine", tmp_path / "whole")
    for pattern, count in (("*-about", 1), ("*-passages", 2), ("*-about", 2), ("current", 1)):
        shutil.rmtree(tmp_path / "engine")
        shutil.copytree(tmp_path / "whole", tmp_path / "engine")
        for table in tables_of(tmp_path / "engine", pattern)[-count:]:
            shutil.rmtree(table)
        if pattern == "*-passages" or (pattern, count) == ("*-about", 1):
            qa.rebuild(where)
        else:
            before = tables_of(tmp_path / "engine", "*")
            for rebuild in (qa.rebuild, build, lambda where: Library(where).rebuild()):
                with pytest.raises(IndexCorrupt, match=rf"Name its sources: .* --index {where}"):
                    rebuild(where)
            with pytest.raises(qa.ChapterVerseError):
                build(where, [tmp_path / "none"])
            assert tables_of(tmp_path / "engine", "[0-9]*") == [path for path in before if path.name != "current.lance"]
            build(where, [sources])
        assert version_of(where) == 1


def test_too_many_open_files_are_no_damage(where: str, sources: Path) -> None:
    build(where, [sources])
    load(where)
    resource: Any = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        with pytest.raises(StoreUnreachable, match=f"The storage of {where} cannot be read: too many open files"):
            build(where)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert build(where).up_to_date


class Lossy:
    """A pointer that applies updates, but may fail to confirm them."""

    def __init__(self) -> None:
        from index.lance.pointer import EMPTY

        self.now, self.away = EMPTY, 0

    def create(self) -> None:
        pass

    def row(self) -> Any:
        self._may_be_away()
        return self.now

    def compare_and_set(self, old: Any, new: Any) -> bool:
        if old != self.now:
            return False
        self.now = new
        self._may_be_away()
        return True

    def _may_be_away(self) -> None:
        if self.away:
            self.away -= 1
            raise StoreUnreachable("away")


def test_a_change_whose_answer_is_lost_is_not_taken_for_another_builds() -> None:
    from index.lance.pointer import building

    pointer: Any = Lossy()
    with building(Engine("lance:///x", "/x"), pointer) as right:
        pointer.now = right.current = replace(right.current, until=right.current.until - 9)  # a renewal changes it
        pointer.away = 2
        with pytest.raises(StoreUnreachable):
            right.renew()
        right.set_current("000001", ())
        assert pointer.now.generation == "000001"
        pointer.now = replace(pointer.now, builder="another")
        with pytest.raises(IndexUnwritable, match="Another build has taken over"):
            right.renew()


@pytest.mark.parametrize("times", [pytest.param(40), pytest.param(2000, marks=[long, pytest.mark.timeout(3600)])])
def test_damaged_files_are_refused_or_harmless(where: str, sources: Path, tmp_path: Path, times: int) -> None:
    build(where, [sources])
    done = ended = 0
    while done < times:
        command = [sys.executable, str(HERE / "damage.py"), str(tmp_path / "engine"), str(times - done), str(ended)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        told = ran.stdout.splitlines()[-1]
        print(told)
        if not ran.returncode:
            assert told.startswith(f"{times - done} damaged files: ")
            break
        # LanceDB believes the sizes in its files.
        assert "memory allocation of" in ran.stderr, ran.stdout + ran.stderr
        number, _, path = told.partition(" ")
        shutil.copyfile(tmp_path / "engine.intact", path)
        done, ended = done + int(number) + 1, ended + 1
    assert ended <= 1 + times // 500
    assert version_of(where) == 0


def test_a_lease_from_a_clock_that_is_wrong_keeps_nobody_out() -> None:
    from index.lance.pointer import EMPTY, LEASE, building

    pointer: Any = Lossy()
    pointer.now = replace(EMPTY, builder="another", who="process 1 on a.b", until=int(time.time()) + LEASE)
    with pytest.raises(IndexUnwritable, match="Another build"), building(Engine("lance:///x", "/x"), pointer):
        pass
    pointer.now = replace(pointer.now, until=int(time.time()) + 400 * 24 * 3600)
    with building(Engine("lance:///x", "/x"), pointer):
        pass


@pytest.mark.parametrize("kept", ['[["abc", "000001-x", "0"]]', "[" * 100_000, '[["000001"]]', "[1]"])
def test_a_pointer_of_another_shape_is_damage(kept: str) -> None:
    from index.lance.pointer import _current

    row = {"generation": "", "kept": kept, "builder": "", "who": "", "until": 0}
    with pytest.raises(IndexCorrupt, match="which generation is current"):
        _current([row], "x")


def test_nothing_is_rolled_back_where_there_is_no_index(where: str, tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="No index found"):
        locate(where).rollback()
    assert not list((tmp_path / "engine").glob("current*"))
