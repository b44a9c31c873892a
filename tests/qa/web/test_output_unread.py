"""Output that nobody reads, or not fast enough."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import httpx
import pytest
from qa_fixtures import build_book, free_port

from qa.web.output import unblocked_output

HOME = Path(__file__).parents[3]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a pipe cannot be made small")
def test_a_log_that_nobody_reads_stops_no_request(tmp_path: Path) -> None:
    """Attack: requests, errors among them, while the terminal with the log is paused."""
    from fcntl import F_SETPIPE_SZ, fcntl

    build_book(tmp_path, {"ferry.txt": "The ferryman of Kalmar carries nineteen clocks."})
    port = free_port()
    command = [sys.executable, "app.py", "--port", str(port), "--index", str(tmp_path / "index"), "--access-log"]
    with subprocess.Popen(command, cwd=HOME, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        assert server.stdout
        fcntl(server.stdout, F_SETPIPE_SZ, 4096)
        try:
            assert server.stdout.readline().startswith("Chapter & Verse is at")
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
                for number in range(100):
                    assert client.get(f"/robots.txt?{number}").status_code == 200
                    assert client.post("/act", content=b"{").status_code == 400
                assert client.get("/health").status_code == 200
        finally:
            server.send_signal(signal.SIGTERM)
        assert server.stdout.read().count("GET /robots.txt 200") == 100
        assert server.wait(30) == 0


def test_lines_for_which_there_is_no_room_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    got: list[bytes] = []
    with os.fdopen(writer, "w", encoding="ascii", errors="backslashreplace") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        with unblocked_output():
            for number in range(30_000):
                sys.stdout.write(f"{number} {'x' * 90}\n")
            reading = Thread(target=lambda: got.extend(iter(lambda: os.read(reader, 2**16), b"")))
            reading.start()
            until = monotonic() + 20
            while sum(map(len, got)) < 2**20 and monotonic() < until:  # as much as waits, at least
                sleep(0.01)
            print("größe")
    reading.join(20)
    os.close(reader)
    *lines, note, last = b"".join(got).decode("ascii").splitlines()
    assert (note, last) == (f"({30_000 - len(lines):,} lines could not be written)", "gr\\xf6\\xdfe")
    assert 10_000 < len(lines) < 25_000
    assert [line.split()[0] for line in lines] == [str(number) for number in range(len(lines))]


def test_a_closed_pipe_and_an_end_without_a_reader_are_survived() -> None:
    """The exit is quick and clean although the pipe is full."""
    code = (
        "import sys\nfrom source import run_command\nfrom qa.web.output import unblocked_output\n"
        "def run():\n with unblocked_output():\n  [print('x' * 99) for _ in range(9000)]\n return 7\n"
        "sys.exit(run_command(run))"
    )
    for close in (False, True):
        with subprocess.Popen([sys.executable, "-c", code], cwd=HOME, stdout=subprocess.PIPE) as process:
            assert process.stdout
            if close:
                process.stdout.close()
            try:
                assert process.wait(30) == 7
            finally:
                with suppress(ProcessLookupError):
                    process.kill()
