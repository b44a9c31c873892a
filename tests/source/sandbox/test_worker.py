"""A parser process ends with its parent, and by itself; files of every format are parsed in one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pdf_fixtures import pdf

from source import SourceFile, ids_in, scan
from source.errors import SourceError
from source.formats import jsonl
from source.formats.registry import Format
from source.sandbox.pool import ParserPool

HOME = Path(__file__).parents[3]
PARENT = """
import sys
from source import scan
print("ready", flush=True)
list(scan([sys.argv[1]]).documents())
"""
LOOPING = """
from itertools import repeat
from source.sandbox import worker
worker._read = lambda request: max(repeat(1))  # in C, and without letting any thread run
worker.main()
"""


_T = TypeVar("_T")


def short_paragraphs(megabytes: float) -> str:
    return "".join(f"Ship number {number} sails.\n\n" for number in range(int(megabytes * 40_000)))


def children(process: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []


def runs(process: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


def cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture
def killed_parent(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], list[int]]]:
    """A process that is parsing a file for half a minute in a process of its own; and that one."""
    path = tmp_path / "large.txt"
    path.write_text(short_paragraphs(20))
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(path)], cwd=HOME, stdout=subprocess.PIPE)
    found: list[int] = []
    try:
        assert parent.stdout and parent.stdout.readline() == b"ready\n"
        until = time.monotonic() + 20
        while not (found and cpu_seconds(found[0]) > 0.6) and time.monotonic() < until:
            time.sleep(0.05)
            found = children(parent.pid)
        yield parent, found
    finally:
        parent.kill()
        parent.wait()
        assert parent.stdout
        parent.stdout.close()
        for each in filter(runs, found):
            os.kill(each, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_parser_ends_when_its_parent_is_killed(killed_parent: tuple[subprocess.Popen[bytes], list[int]]) -> None:
    """Attack: a build is killed amid a file that takes minutes to parse."""
    parent, (parser, *_) = killed_parent
    assert runs(parser)
    parent.kill()
    parent.wait()
    until = time.monotonic() + 5
    while runs(parser) and time.monotonic() < until:
        time.sleep(0.05)
    assert not runs(parser)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks at processes in /proc")
@pytest.mark.parametrize("end", ["close", "stdin"])
def test_what_a_parser_starts_ends_with_it(end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cancelled build must not leave Tesseract at work."""
    program = tmp_path / "bin" / "tesseract"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nmkdir '{tmp_path}'/pid-$$\nexec sleep 60\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf([[]]))
    pool = ParserPool()
    with ThreadPoolExecutor(1) as thread, closing(pool):
        reading = thread.submit(pool.read, path, id="a", title="a", path="a", ocr="eng")
        started = int(str(*eventually(lambda: list(tmp_path.glob("pid-*")))).rpartition("-")[2])
        assert runs(started)
        if end == "stdin":
            (parser,) = pool._busy
            assert parser._process.stdin
            parser._process.stdin.close()
        else:
            pool.close()
        eventually(lambda: not runs(started))
        with pytest.raises(SourceError):
            reading.result(20)


def eventually(true: Callable[[], _T]) -> _T:
    until = time.monotonic() + 20
    while not (found := true()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_parser_that_loops_in_c_ends_by_itself(tmp_path: Path) -> None:
    """Attack: a file at which a parser never lets another thread run; its parent was killed."""
    request = {
        "file": str(tmp_path),
        "suffix": ".pdf",
        "id": "a",
        "title": "",
        "path": "a",
        "ocr": "",
        "charset": "",
        "seconds": 0,
    }
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, "-c", LOOPING], cwd=HOME, **pipes) as parser:
        try:
            assert parser.stdin
            parser.stdin.write(json.dumps(request).encode() + b"\n")
            parser.stdin.flush()
            assert parser.wait(20) == -signal.SIGXCPU
        finally:
            parser.kill()


FILES = {
    "a.txt": "The keeper counted ships.",
    "b.csv": "ship,built\nErik,1902\nAnna,1911\n",
    "c.rst": "Ships\n=====\n\nThe keeper counted ships.\n",
    "d.md": "# Ships\n\nThe keeper counted ships.\n",
    "e.rtf": "{\\rtf1 The keeper counted ships.}",
    "f.html": "<p>The keeper counted ships.</p>",
    "g.jsonl": '{"id": "g", "text": "The keeper counted ships."}\n',
}


def test_no_format_is_parsed_in_the_process_that_scans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Format, "read", lambda *arguments, **named: pytest.fail("parsed here"))
    monkeypatch.setattr(jsonl, "_parse", lambda *arguments: pytest.fail("parsed here"))
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    assert [document.id for document in scan([tmp_path]).documents()] == [*list(FILES)[:-1], "g"]
    assert list(ids_in(SourceFile(tmp_path / "g.jsonl", "g.jsonl", "g.jsonl"))) == ["g"]


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.jsonl"])
def test_a_large_file_takes_little_memory_in_the_process_that_scans(tmp_path: Path, name: str) -> None:
    """Attack: 48 MB of short rows, which took 7.5 GB."""
    text = short_paragraphs(1) if name != "a.csv" else "1,Erik\n" * 150_000
    path = tmp_path / name
    path.write_text(json.dumps({"id": "a", "text": text}) if name == "a.jsonl" else text)
    list(scan([path]).documents())  # whatever is imported on the way
    tracemalloc.start()
    try:
        (document,) = scan([path]).documents()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(document.places.paragraphs) > 35_000
    assert most < 3 * len(text) + 20 * len(document.places.paragraphs) + 1_000_000


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
def test_a_cancelled_scan_leaves_nobody_parsing(tmp_path: Path, name: str) -> None:
    text = short_paragraphs(6)
    path = tmp_path / name
    path.write_text(json.dumps({"id": "a", "text": text}) if name == "a.jsonl" else text)
    began = time.monotonic()

    def cancel() -> None:
        if time.monotonic() - began > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(scan([path]).found(on_wait=cancel))
    while any(thread.name.startswith("files") for thread in threading.enumerate()):
        assert time.monotonic() - began < 2
        time.sleep(0.02)


def test_a_collection_is_read_in_batches_and_its_known_lines_not_at_all(tmp_path: Path) -> None:
    """Lines around a bad one, blank lines, and lines that are known, in more batches than one."""
    path = tmp_path / "a.jsonl"
    lines = [json.dumps({"id": str(number), "text": f"Ship {number} sails. " * 50}) for number in range(900)]
    path.write_text("\n\n".join(lines) + "\n")
    whole = list(scan([path]).found())
    assert [each.id for each in whole] == [str(number) for number in range(900)]
    ids = {each.fingerprint: each.id for number, each in enumerate(whole) if number % 7 < 3}
    again = list(scan([path]).found(ids.get))
    assert [(each.id, each.fingerprint) for each in again] == [(each.id, each.fingerprint) for each in whole]
    assert all((each.document is None) == (each.fingerprint in ids) for each in again)
    assert [each.document for each in again if each.document] == [
        each.document for each in whole if each.fingerprint not in ids
    ]
