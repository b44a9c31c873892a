"""What goes wrong with storage that several machines share, with real processes that are killed, and real servers."""

from __future__ import annotations

import random
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kinds import HAS_LANCE, HAS_S3, address, environment, free_port, s3_server
from proxy import Proxy

import qa
from index import (
    IndexCorrupt,
    IndexIncompatible,
    IndexUnwritable,
    StoreUnreachable,
    build,
    open_store,
)
from index.address import Engine, address_of
from index.encoder import Encoder
from index.generations import generations, problems

sys.path.append(str(Path(__file__).parents[1] / "crash"))
from collection import HashEncoder, version_of, write

pytestmark = pytest.mark.skipif(not HAS_LANCE, reason="LanceDB is not installed")
on_s3 = pytest.mark.skipif(not HAS_S3, reason="moto is not installed")
long = pytest.mark.scale
HERE = Path(__file__).parent
QUESTION = "keeper harbour"


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of its own, and an encoder that costs nothing."""
    monkeypatch.setenv("CHAPTER_VERSE_CACHE", str(tmp_path / "cache"))
    module: Any = sys.modules["index.build"]
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
    """What the passages say that are found."""
    return [hit.passage.text for hit in book.retrieve(QUESTION)]


def load(where: str) -> qa.Book:
    return qa.Book(open_store(where), HashEncoder())


def killed_builds(where: str, sources: Path, times: int) -> None:
    """A builder is killed so often; each time one version is there whole, and no older one than was reported."""
    drawn, version = random.Random(0), 0
    build(where, [sources])
    for _ in range(times):
        with builder(where, sources, version + 1, 1) as process:
            assert process.stdout and process.stdout.readline() == "ready\n"
            time.sleep(2 * drawn.random())
            process.send_signal(signal.SIGKILL)
            reported = [int(line) for line in process.stdout if line.strip().isdecimal()]
        found = version_of(where)
        assert max(reported, default=version) <= found <= max(reported, default=version) + 1
        version = found
        time.sleep(1.2)  # the right of who was killed ends
    write(sources, version + 1)
    build(where, [sources])
    assert version_of(where) == version + 1 and problems(where) == []
    kept = {each.name for each in generations(where)}
    assert {name.partition("-")[0] for name in tables(where)} == kept  # nothing is left of those that were killed


def tables(where: str) -> list[str]:
    from index.lance.storage import Storage

    engine: Any = address_of(where)
    return [name for name in Storage(engine).names() if name != "current"]


def test_a_killed_builder_leaves_nothing_that_is_served(where: str, sources: Path) -> None:
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


def test_of_two_builders_one_is_refused_and_another_begins_when_one_is_killed(where: str, sources: Path) -> None:
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
    time.sleep(4.5)
    assert build(where, [sources]).generation == "000002"
    assert version_of(where) == 1


def test_builders_at_once_leave_one_generation(where: str, sources: Path) -> None:
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


def test_who_lost_the_right_to_build_publishes_nothing(
    where: str, sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(where, [sources])
    monkeypatch.setattr("index.lance.lease.LEASE", -1)  # it has ended when it begins
    write(sources, 1)

    def another_builds(*_: object) -> None:
        monkeypatch.setattr("index.lance.lease.LEASE", 60)
        with environment(CHAPTER_VERSE_CACHE=str(sources.parent / "of another machine")):
            build(where, [sources])

    with pytest.raises(IndexUnwritable, match="Another build has taken over"):
        build(where, [sources], approve=another_builds)
    assert [each.name for each in generations(where)] == ["000001", "000002"] and problems(where) == []


@on_s3
def test_storage_that_is_away_is_told_in_time_and_asked_again_when_it_is_back(
    s3: Proxy, tmp_path: Path, sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = address("s3", tmp_path)
    build(where, [sources])
    book = load(where)
    monkeypatch.setattr("index.lance.storage.PATIENCE", 3.0)
    answers = ask(book)
    for away, back in ((s3.stop, s3.start), (lambda: setattr(s3, "deaf", True), lambda: setattr(s3, "deaf", False))):
        fresh = load(where)  # nothing is in its caches
        away()
        started = time.monotonic()
        with pytest.raises(StoreUnreachable, match=rf"The storage of {re.escape(where)} (does not|has not) answer"):
            ask(fresh)
        assert time.monotonic() - started < 8
        back()
        assert ask(fresh) == ask(book) == answers


@on_s3
def test_storage_that_goes_while_it_is_written_leaves_what_was_served(s3: Proxy, tmp_path: Path, sources: Path) -> None:
    where = address("s3", tmp_path)
    build(where, [sources])
    with builder(where, sources, 1, 2) as process:
        assert process.stdout and process.stderr
        for _ in range(2):  # what is built is now published
            process.stdout.readline()
        s3.stop()
        said = process.stderr.read()
        assert process.wait(60) == 1 and "StoreUnreachable: The storage of" in said and "Traceback" not in said
    s3.start()
    found = version_of(where)
    assert found >= 0 and problems(where) == []
    time.sleep(2.5)
    write(sources, 99)
    build(where, [sources])
    assert version_of(where) == 99


@on_s3
def test_slow_storage_answers_the_same(s3: Proxy, tmp_path: Path, sources: Path) -> None:
    where = address("s3", tmp_path)
    build(where, [sources])
    answers = ask(load(where))
    s3.delay = 0.03
    assert ask(load(where)) == answers


@on_s3
def test_wrong_keys_are_told_and_not_repeated(s3: Proxy, tmp_path: Path, sources: Path) -> None:
    where = address("s3", tmp_path)
    build(where, [sources])
    answers = ask(load(where))
    admit(s3, "0")  # from now on moto asks who comes
    with pytest.raises(StoreUnreachable, match="does not let us in; set AWS_ACCESS_KEY_ID") as refused:
        load(where)
    assert "secret" not in str(refused.value)
    with pytest.raises(StoreUnreachable, match="does not let us in"):
        build(where, [sources])
    admit(s3, "1000000")
    assert ask(load(where)) == answers


def admit(s3: Proxy, count: str) -> None:
    address = f"http://127.0.0.1:{s3.port}/moto-api/reset-auth"
    request = urllib.request.Request(address, count.encode(), {"content-type": "text/plain"}, method="POST")
    urllib.request.urlopen(request, timeout=10).close()


def test_a_full_disk_keeps_what_was_served(sources: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(disk)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        where = f"lance://{disk}/index"
        build(where, [sources])
        (sources / "large.txt").write_text(" ".join(f"The keeper counted {n} ships." for n in range(8000)))
        with pytest.raises(IndexUnwritable, match="is full; free room there"):
            build(where, [sources])
        assert version_of(where) == 0
        (sources / "large.txt").unlink()
        write(sources, 1)
        build(where, [sources])
        assert version_of(where) == 1
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_the_vectors_of_another_encoder_are_refused(where: str, sources: Path, encoder: Encoder) -> None:
    build(where, [sources])
    with pytest.raises((IndexIncompatible, qa.EncoderMissing)):
        qa.load(where)  # the encoder of no weights is nobody's


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("passages", {"vector": [1.0] + [0.0] * 7}),
        ("passages", {"terms": "keeper keeper keeper"}),
        ("passages", {"document": 1}),
        ("passages", {"row": 1}),
        ("documents", {"id": "forged.txt"}),
    ],
)
def test_a_row_that_was_changed_is_refused(
    where: str, sources: Path, part: str, change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from index.lance.storage import Storage

    build(where, [sources])
    engine: Any = address_of(where)
    storage = Storage(engine)
    (name,) = (name for name in storage.names() if name.endswith(part))
    storage.build(storage.open(name).update(change, where="row = 0"))
    assert version_of(where) == 0  # the version that was published is read, and none since
    opening = Storage.opening
    monkeypatch.setattr(Storage, "opening", lambda self, name, version=None: opening(self, name))
    with pytest.raises(IndexCorrupt, match=r"Row \d+ of 000001-\w+-\w+ is (not what was written|missing)|has \d+ rows"):
        store = open_store(where)
        store.fetch(list(range(len(store))))
        store.rows.ids()
    assert problems(where)
    assert not build(where, [sources]).up_to_date  # which mends it
    assert version_of(where) == 0


class Lossy:
    """A pointer that does as it is told, and then may not be able to say so."""

    def __init__(self) -> None:
        from index.lance.pointer import EMPTY

        self.now, self.away = EMPTY, 0

    def create(self) -> None:
        pass

    def row(self) -> Any:
        self._may_be_away()
        return self.now

    def change(self, old: Any, new: Any) -> bool:
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
    from index.lance.lease import building

    pointer: Any = Lossy()
    with building(Engine("lance:///x", "/x"), pointer) as right:
        pointer.now = right.current = replace(right.current, until=right.current.until - 9)  # a renewal changes it
        pointer.away = 2
        with pytest.raises(StoreUnreachable):
            right.renew()
        right.change("000001", ())
        assert pointer.now.generation == "000001"
        pointer.now = replace(pointer.now, builder="another")
        with pytest.raises(IndexUnwritable, match="Another build has taken over"):
            right.renew()


@pytest.mark.parametrize("times", [pytest.param(40), pytest.param(2000, marks=[long, pytest.mark.timeout(3600)])])
def test_damaged_files_are_refused_or_do_no_harm(where: str, sources: Path, tmp_path: Path, times: int) -> None:
    build(where, [sources])
    command = [sys.executable, str(HERE / "damage.py"), str(tmp_path / "engine"), str(times)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"{times} damaged files: " in ran.stdout
    assert version_of(where) == 0
