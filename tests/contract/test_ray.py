"""A build on Ray gives the same index as a local one, whatever dies in the middle of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from index_fixtures import same
from kinds import KINDS, address, s3_server
from numpy.typing import NDArray
from pdf_fixtures import paragraph, pdf

from index import ClusterUnusable, Encoder, Store, build, load_encoder, open_store
from source import UsageError

sys.path.append(str(Path(__file__).parents[1] / "crash"))
from collection import HashEncoder

pytestmark = [
    pytest.mark.usefixtures("encoder"),
    pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed: pip install '.[ray]'"),
]


class Cancelled(Exception):
    pass


def write(folder: Path, notes: int = 12) -> None:
    folder.mkdir()
    for number in range(notes):
        text = f"The ship with number {number} carries {number * 7} bottles to the harbour in the north. "
        (folder / f"{number}.md").write_text(f"# Note {number}\n\n" + text * 30)
    (folder / "page.html").write_text(
        "<html><body><article><p>The lamp was lit in 1887 by Maria.</p></article></body></html>"
    )
    lines = ["The captain sold the boat to a friend who", "had asked for it. It had two masts."]
    (folder / "pages.pdf").write_bytes(pdf([paragraph(lines)]))
    (folder / "damaged.pdf").write_bytes(b"%PDF-1.7\nnothing that could be read")


def workers_of(process: int, title: bytes = b"ray::RayWorker") -> list[int]:
    """The worker processes below this process, found by their titles."""
    parents, workers = {}, []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if title in (folder / "cmdline").read_bytes():
                workers.append(int(folder.name))
        except OSError:
            continue  # it has ended

    def below(each: int) -> bool:
        return each == process or (each in parents and each > 1 and below(parents[each]))

    return [each for each in workers if below(each)]


def started_by(session: int) -> list[str]:
    """The processes of a session that are still running, without zombies."""
    left = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, _, of, *_ = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(of) == session and state != "Z":
                left.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # it has ended
    return left


def test_a_build_on_ray_gives_the_same_index(tmp_path: Path) -> None:
    write(tmp_path / "sources")
    here = build(tmp_path / "here", [tmp_path / "sources"])
    there = build(tmp_path / "there", [tmp_path / "sources"], on="ray")
    same(tmp_path / "here", tmp_path / "there")
    assert here.skipped == there.skipped and len(there.skipped) == 1
    assert not workers_of(os.getpid())


def test_cancelling_takes_effect_soon(tmp_path: Path) -> None:
    write(tmp_path / "sources", 60)

    def cancel(step: str, done: int, total: int) -> None:
        if step == "encoding":
            raise Cancelled

    with pytest.raises(Cancelled):
        build(tmp_path / "there", [tmp_path / "sources"], progress=cancel, on="ray")
    assert not workers_of(os.getpid())
    readers = [thread for thread in threading.enumerate() if thread.name.startswith("files")]
    for thread in readers:
        thread.join(10)
    assert not any(thread.is_alive() for thread in readers)


def test_an_unusable_cluster_is_reported_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "sources", 1)
    with pytest.raises(UsageError, match="not on 'a cluster'"):
        build(tmp_path / "index", [tmp_path / "sources"], on="a cluster")
    with pytest.raises(ClusterUnusable, match="No Ray cluster answers"):
        build(tmp_path / "index", [tmp_path / "sources"], on="127.0.0.1:1")
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:2")
    with pytest.raises(ClusterUnusable, match=r"answers at 127\.0\.0\.1:2"):
        build(tmp_path / "index", [tmp_path / "sources"], on="ray")


@pytest.mark.skipif(os.name != "posix", reason="interrupts are sent otherwise here")
def test_an_interrupt_ends_a_build_and_all_its_processes(tmp_path: Path) -> None:
    write(tmp_path / "sources", 200)
    command = [
        sys.executable, "-m", "index", "build", str(tmp_path / "sources"), "--index", str(tmp_path / "index"),
        "--on", "ray",
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as building:
        assert building.stderr
        while "encoding" not in building.stderr.readline():
            assert building.poll() is None
        while not workers_of(building.pid):
            time.sleep(0.1)
        os.killpg(building.pid, signal.SIGINT)  # as a terminal does
        _, err = building.communicate(timeout=60)
    assert (building.returncode, "Traceback" in err) == (130, False), err
    ended = time.monotonic() + 10
    while started_by(building.pid) and time.monotonic() < ended:
        time.sleep(0.1)
    assert not started_by(building.pid)


QUESTIONS = ["What does the ship with number 17 carry?", "Which ship carries 70 bottles?", "Who wrote Hamlet?"]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits graphs and files to some hundred passages."""
    monkeypatch.setattr("index.lance.search_indexes.FLAT", 16)
    monkeypatch.setattr("index.lance.search_indexes.FILE", 256)
    monkeypatch.setattr("index.lance.publish._FILE", 1)


def write_ships(folder: Path) -> None:
    folder.mkdir()
    with (folder / "ships.jsonl").open("w") as file:
        for number in range(300):
            text = f"The ship with number {number} carries {number * 7} bottles to the harbour in the north."
            file.write(json.dumps({"id": str(number), "title": f"Ship {number}", "text": text}) + "\n")


def indexed_in_parts(where: str, folder: str, encoder: Encoder) -> None:
    """Checks that an index built on Ray has two index segments, which find what the folder finds."""
    from index.lance.store import LanceStore
    from index.lance.tables import PASSAGES

    store = open_store(where)
    assert isinstance(store, LanceStore)
    table = store.table(PASSAGES)
    made = table.storage.run(table._table.list_indices())
    assert {each.name: each.num_segments for each in made} == {"terms_idx": 2, "vector_idx": 2}
    for question in QUESTIONS:
        (encoded,) = encoder.encode([question], query=True)
        near, words = zip(*(found(each, question, encoded.vector) for each in (store, open_store(folder))), strict=True)
        assert near[0] == pytest.approx(near[1]) and words[0] == pytest.approx(words[1])


def found(store: Store, question: str, vector: NDArray[np.float32]) -> tuple[list[float], list[float]]:
    """The scores of the twenty nearest passages, and of the best twenty by BM25; the rows of ties may differ."""
    rows = store.lexical.search(question, 20)
    return store.vectors.nearest(vector, 20)[1].tolist(), store.lexical.scores(question, rows).tolist()


@pytest.fixture(scope="module")
def ships(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Documents, and a folder with their index."""
    scratch = tmp_path_factory.mktemp("ships")
    write_ships(scratch / "sources")
    build(scratch / "index", [scratch / "sources"])
    return scratch / "sources", str(scratch / "index")


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "folder"])
def test_indexes_built_in_parts_find_the_same(
    tmp_path: Path, ships: tuple[Path, str], encoder: Encoder, kind: str
) -> None:
    sources, folder = ships
    with s3_server() if kind == "s3" else nullcontext():
        build(address(kind, tmp_path), [sources], on="ray")
        indexed_in_parts(address(kind, tmp_path), folder, encoder)


@pytest.mark.usefixtures("small")
@pytest.mark.skipif("lance" not in KINDS, reason="lancedb is not installed: pip install '.[lance]'")
def test_a_killed_indexing_worker_is_replaced(tmp_path: Path, ships: tuple[Path, str], encoder: Encoder) -> None:
    killed: list[int] = []

    def kill() -> None:
        while not killed:
            killed.extend(workers_of(os.getpid(), b"ray::PoolActor")[:1])
            time.sleep(0.02)
        os.kill(killed[0], signal.SIGKILL)

    sources, folder = ships
    threading.Thread(target=kill, daemon=True).start()
    build(address("lance", tmp_path), [sources], on="ray")
    assert killed
    indexed_in_parts(address("lance", tmp_path), folder, encoder)


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """A cluster for all tests below; otherwise each would start its own."""
    import ray

    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


@pytest.mark.usefixtures("cluster")
def test_a_killed_worker_is_restarted(tmp_path: Path) -> None:
    write(tmp_path / "sources", 60)
    build(tmp_path / "here", [tmp_path / "sources"])
    killed: list[int] = []

    def kill(step: str, done: int, total: int) -> None:
        if step == "encoding" and 0 < done < total and not killed:
            killed.extend(workers_of(os.getpid())[:1])
            for process in killed:
                os.kill(process, signal.SIGKILL)

    build(tmp_path / "there", [tmp_path / "sources"], progress=kill, on="ray")
    assert killed
    same(tmp_path / "here", tmp_path / "there")


@pytest.mark.usefixtures("cluster")
def test_a_worker_without_the_encoder_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "sources", 1)
    monkeypatch.setattr(sys.modules["index.folder.build"], "load_encoder", lambda name: HashEncoder())
    monkeypatch.setattr(sys.modules["index.folder.build"], "identity", lambda name: HashEncoder.identity)
    with pytest.raises(ClusterUnusable, match=r"cannot take part .*The encoder hash is not on this machine"):
        build(tmp_path / "index", [tmp_path / "sources"], on="ray")


class Coarse:
    """An encoder that claims another precision."""

    precision = "float8"

    def __init__(self, name: str) -> None:
        self._encoder = load_encoder(name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)


@pytest.mark.usefixtures("cluster")
def test_a_worker_with_another_precision_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "sources", 1)
    monkeypatch.setattr(sys.modules["index.folder.build"], "load_encoder", Coarse)
    with pytest.raises(ClusterUnusable, match=r"encodes in \w+ and this one in float8"):
        build(tmp_path / "index", [tmp_path / "sources"], on="ray")
