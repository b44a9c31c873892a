"""A build on Ray comes to the same as one on this machine, whatever dies in the middle of it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from pdf_fixtures import paragraph, pdf
from test_index_incremental import same

from index import ClusterUnusable, build
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


def helpers_of(process: int) -> list[int]:
    """The processes of helpers, by their titles, below this one."""
    parents, helpers = {}, []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if b"ray::Helper" in (folder / "cmdline").read_bytes():
                helpers.append(int(folder.name))
        except OSError:
            continue  # it has ended

    def below(each: int) -> bool:
        return each == process or (each in parents and each > 1 and below(parents[each]))

    return [each for each in helpers if below(each)]


def test_a_build_on_ray_comes_to_the_same(tmp_path: Path) -> None:
    write(tmp_path / "sources")
    here = build(tmp_path / "here", [tmp_path / "sources"])
    there = build(tmp_path / "there", [tmp_path / "sources"], on="ray")
    same(tmp_path / "here", tmp_path / "there")
    assert here.skipped == there.skipped and len(there.skipped) == 1
    assert not helpers_of(os.getpid())


def test_who_cancels_is_not_kept_waiting(tmp_path: Path) -> None:
    write(tmp_path / "sources", 60)

    def cancel(step: str, done: int, total: int) -> None:
        if step == "encoding":
            raise Cancelled

    with pytest.raises(Cancelled):
        build(tmp_path / "there", [tmp_path / "sources"], progress=cancel, on="ray")
    assert not helpers_of(os.getpid())
    readers = [thread for thread in threading.enumerate() if thread.name.startswith("reader")]
    for thread in readers:
        thread.join(10)
    assert not any(thread.is_alive() for thread in readers)


def test_what_is_no_cluster_is_said_in_a_sentence(tmp_path: Path) -> None:
    write(tmp_path / "sources", 1)
    with pytest.raises(UsageError, match="not on 'a cluster'"):
        build(tmp_path / "index", [tmp_path / "sources"], on="a cluster")
    with pytest.raises(ClusterUnusable, match="No Ray cluster answers"):
        build(tmp_path / "index", [tmp_path / "sources"], on="127.0.0.1:1")


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """One for the tests below, each of which would else start its own."""
    import ray

    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


@pytest.mark.usefixtures("cluster")
def test_a_helper_that_is_killed_is_started_again(tmp_path: Path) -> None:
    write(tmp_path / "sources", 60)
    build(tmp_path / "here", [tmp_path / "sources"])
    killed: list[int] = []

    def kill(step: str, done: int, total: int) -> None:
        if step == "encoding" and 0 < done < total and not killed:
            killed.extend(helpers_of(os.getpid())[:1])
            for process in killed:
                os.kill(process, signal.SIGKILL)

    build(tmp_path / "there", [tmp_path / "sources"], progress=kill, on="ray")
    assert killed
    same(tmp_path / "here", tmp_path / "there")


@pytest.mark.usefixtures("cluster")
def test_a_helper_without_the_encoder_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "sources", 1)
    monkeypatch.setattr(sys.modules["index.build"], "load_encoder", lambda name: HashEncoder())
    monkeypatch.setattr(sys.modules["index.build"], "identity", lambda name: HashEncoder.identity)
    with pytest.raises(ClusterUnusable, match=r"cannot take part .*The encoder hash is not on this machine"):
        build(tmp_path / "index", [tmp_path / "sources"], on="ray")
