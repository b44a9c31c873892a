"""Sends requests made to keep a server busy, and measures how long it leaves others waiting and what memory it takes.

    python tests/benchmarks/floods.py [fields] [bodies] [chunks] [segments] [--root CHECKOUT]
    python tests/benchmarks/floods.py bodies --posts 8

- `fields`: one upload with a long field in a codec that decodes slowly
- `bodies`: many large JSON bodies of tiny values, at once
- `chunks`: bodies in HTTP chunks of one byte each
- `segments`: bodies in TCP segments of one byte each

A server of its own is started for each, on an index of one short document. The table shows the statuses of the
flood's responses, the longest that `GET /health` took another client meanwhile, and the server's peak memory above
its memory before (Linux only). `--root` runs the server of another checkout, to compare the two. All of it goes to
127.0.0.1.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import httpx

_ROOT = Path(__file__).parents[2]
_MEGABYTE = 2**20
_TIMEOUT = 300.0  # seconds
_PAUSE = 0.02  # seconds between two looks at the server
_CONNECTIONS = 4  # that send tiny pieces
Statuses = Iterable[str]
Flood = Callable[[int, argparse.Namespace], Statuses]
"""Called with the server's port; returns the statuses of its responses."""


def fields(port: int, options: argparse.Namespace) -> Statuses:
    """One upload with a field of `--field` megabytes in punycode."""
    field = b'--x\r\ncontent-disposition: form-data; name="files"\r\n\r\n'
    body = field + b"a" * int(options.field * _MEGABYTE) + b"\r\n--x--\r\n"
    kind = {"content-type": "multipart/form-data; boundary=x; charset=punycode"}
    return [_status(httpx.post(_url(port, "/gradio_api/upload"), content=body, headers=kind, timeout=_TIMEOUT))]


def bodies(port: int, options: argparse.Namespace) -> Statuses:
    """`--posts` bodies of `--body` megabytes at once, of empty lists."""
    count = int(options.body * _MEGABYTE) // 3 - 40
    body = b'{"data":{"action":"ask","history":[' + b",".join([b"[]"] * count) + b"]}}"

    def post(_: int) -> str:
        head = b"POST /act HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body)
        with socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT) as connection:
            with suppress(OSError):  # refused before it was sent whole
                connection.sendall(head + body)
            return connection.recv(12)[9:].decode()

    with ThreadPoolExecutor(options.posts) as pool:
        return list(pool.map(post, range(options.posts)))


def chunks(port: int, options: argparse.Namespace) -> Statuses:
    """Bodies in chunks of one byte, on four connections for `--seconds`."""
    return _pieces(port, options.seconds, b"Transfer-Encoding: chunked", b"1\r\n \r\n" * 50_000)


def segments(port: int, options: argparse.Namespace) -> Statuses:
    """Bodies in segments of one byte, on four connections for `--seconds`."""
    return _pieces(port, options.seconds, b"Content-Length: 1000000", b"")


def _pieces(port: int, seconds: float, length: bytes, block: bytes) -> Statuses:
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        sent = [pool.submit(_send_pieces, port, until, length, block) for _ in range(_CONNECTIONS)]
        return [status for each in sent for status in each.result()]


def _send_pieces(port: int, until: float, length: bytes, block: bytes) -> list[str]:
    """Sends `block` again and again, or single bytes; begins again whenever the server has answered."""
    statuses = []
    while time.monotonic() < until:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                connection.sendall(b"POST /act HTTP/1.1\r\nHost: localhost\r\n" + length + b"\r\n\r\n")
                while time.monotonic() < until and not _has_answered(connection):
                    for _ in range(1 if block else 1000):
                        connection.sendall(block or b" ")
                statuses.append(connection.recv(12)[9:].decode() if _has_answered(connection) else "none")
            except OSError as error:
                statuses.append(type(error).__name__)
    return statuses


def _has_answered(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    finally:
        connection.settimeout(30)
    return True


@dataclass
class Watch:
    """Asks for /health and reads the server's memory, again and again, while it is open."""

    port: int
    pid: int
    longest: float = 0.0
    peak: int = 0
    idle: int = field(init=False)
    _over: Event = field(default_factory=Event, init=False)

    def __post_init__(self) -> None:
        self.idle = self.peak = _resident(self.pid)
        self._threads = [Thread(target=self._ask, daemon=True), Thread(target=self._weigh, daemon=True)]

    def __enter__(self) -> Watch:
        for thread in self._threads:
            thread.start()
        time.sleep(0.2)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        while not self._over.wait(_PAUSE):
            began = time.monotonic()
            httpx.get(_url(self.port, "/health"), timeout=_TIMEOUT)
            self.longest = max(self.longest, time.monotonic() - began)

    def _weigh(self) -> None:
        while not self._over.wait(_PAUSE):
            self.peak = max(self.peak, _resident(self.pid))


def _resident(pid: int) -> int:
    """Bytes of memory of a process; 0 on systems without /proc."""
    statm = Path(f"/proc/{pid}/statm")
    return int(statm.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") if statm.exists() else 0


def _status(response: httpx.Response) -> str:
    return str(response.status_code)


def _url(port: int, path: str) -> str:
    return f"http://127.0.0.1:{port}{path}"


@contextmanager
def served(root: Path) -> Iterator[tuple[int, int]]:
    """A server of the checkout at `root`; yields its port and process id."""
    with tempfile.TemporaryDirectory() as scratch, socket.socket() as probe:
        source, index = Path(scratch, "ferry.txt"), Path(scratch, "index")
        source.write_text("The ferryman of Kalmar carries nineteen clocks.\n", encoding="utf-8")
        environment = {**os.environ, "PYTHONPATH": str(root)}
        build = [sys.executable, "-m", "index", "build", str(source), "--index", str(index)]
        subprocess.run(build, cwd=root, env=environment, check=True, capture_output=True)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        command = [sys.executable, "app.py", "--port", str(port), "--index", str(index), "--source", str(source)]
        with subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert str(port) in process.stdout.readline()
            try:
                ask = {"data": {"action": "ask", "question": "What does the ferryman carry?"}}
                httpx.post(_url(port, "/act"), content=json.dumps(ask), timeout=_TIMEOUT).raise_for_status()
                yield port, process.pid
            finally:
                process.kill()


FLOODS: dict[str, Flood] = {each.__name__: each for each in (fields, bodies, chunks, segments)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("floods", nargs="*", metavar="FLOOD", help=f"of {', '.join(FLOODS)}; all by default")
    parser.add_argument("--root", type=Path, default=_ROOT, metavar="CHECKOUT")
    parser.add_argument("--field", type=float, default=1.0, metavar="MB")
    parser.add_argument("--body", type=float, default=4.0, metavar="MB")
    parser.add_argument("--posts", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    if unknown := set(options.floods) - FLOODS.keys():
        parser.error(f"unknown: {', '.join(unknown)}")
    # In a process of its own, the flood does not slow down whoever asks for /health.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as other:
        run(other, options)


def run(other: ProcessPoolExecutor, options: argparse.Namespace) -> None:
    print(f"{'flood':10} {'longest /health':>16} {'peak memory':>12}  statuses")
    for name in options.floods or FLOODS:
        with served(options.root.resolve()) as (port, pid), Watch(port, pid) as watch:
            statuses = Counter(other.submit(FLOODS[name], port, options).result())
        told = ", ".join(f"{status} x {count}" for status, count in statuses.items())
        print(f"{name:10} {watch.longest:14.2f} s {(watch.peak - watch.idle) >> 20:9,} MB  {told}", flush=True)


if __name__ == "__main__":
    main()
