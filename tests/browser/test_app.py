"""`python app.py` when it cannot start: one sentence that says what to do, and no traceback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGTERM, Signals
from subprocess import DEVNULL, PIPE
from time import sleep

import httpx
import pytest
from qa_fixtures import free_port

import qa

from .conftest import ROOT

pytestmark = pytest.mark.browser


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "app.py", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_a_port_in_use() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run("--port", str(port))
    assert (result.returncode, result.stderr) == (1, f"Port {port} is in use. Choose another with --port.\n")


def test_no_index(tmp_path: Path) -> None:
    result = run("--port", str(free_port()), "--index", str(tmp_path / "none"))
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert "python -m index build" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (["--port", "many"], "must be 1–65535"),
        (["--host", "192.0.2.1"], "--host"),
        (["--speed"], "--speed"),
        (["--max-upload", "0"], "must be 1–100000 megabytes"),
        (["--root-path", "docs.example/qa"], "https://example.org/qa"),
        (["--root-path", "//docs.example/qa"], "https://example.org/qa"),
        (["--access-log", "everything"], "questions"),
        (["--auth", "no-such-file"], "no such file"),
    ],
)
def test_a_wrong_call(arguments: list[str], remedy: str) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert remedy in result.stderr
    assert "Traceback" not in result.stderr


def test_a_password_file_that_is_not_one(tmp_path: Path) -> None:
    path = tmp_path / "passwords"
    path.write_text("# readers\nanna:open sesame\n", encoding="utf-8")
    result = run("--port", str(free_port()), "--auth", str(path))
    assert result.returncode == 2
    assert "Line 2 " in result.stderr
    assert "open sesame" not in result.stderr


def test_tools_without_their_package() -> None:
    code = "import sys; sys.modules['mcp'] = None; import app; sys.exit(app.main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "--mcp", "--port", str(free_port())]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 2
    assert ran.stderr == "--mcp needs a package that isn't installed. Run `pip install '.[mcp]'`.\n"


def test_blas_computes_in_one_thread_for_every_question() -> None:
    code = """
import app, threading
from threadpoolctl import threadpool_info
app.one_blas_thread()
def look():
    print([each["num_threads"] for each in threadpool_info() if "numpy" in each["filepath"]])
thread = threading.Thread(target=look)
thread.start()
thread.join()
"""
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    assert ran.stdout == "[1]\n"


@pytest.fixture
def ferry_index(tmp_path: Path) -> Path:
    (tmp_path / "ferry.txt").write_text("The ferry sails to Ystad on Mondays.\n", encoding="utf-8")
    qa.rebuild(tmp_path / "index", sources=[tmp_path / "ferry.txt"])
    return tmp_path / "index"


def test_a_server_whose_terminal_is_gone_goes_on(ferry_index: Path) -> None:
    """Below `nohup`, with an output that nobody reads any more."""
    port = free_port()
    command = ["nohup", sys.executable, "app.py", "--port", str(port), "--index", str(ferry_index)]
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(command, cwd=ROOT, stdin=DEVNULL, stdout=writing, stderr=PIPE, text=True) as process:
        os.close(writing)
        try:
            while not answers(port):
                assert process.poll() is None
                sleep(0.05)
            process.send_signal(SIGHUP)
            sleep(0.2)  # it prints its address
            assert answers(port)
        finally:
            process.terminate()
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


def answers(port: int) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
    return False


@pytest.mark.parametrize("signal_", [SIGINT, SIGTERM, SIGHUP])
def test_a_signal_while_the_server_starts_is_not_lost(ferry_index: Path, tmp_path: Path, signal_: Signals) -> None:
    """And nothing that was uploaded stays behind."""
    (tmp_path / "temporary").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    command = [sys.executable, "app.py", "--port", str(free_port()), "--index", str(ferry_index)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=DEVNULL, stderr=PIPE, text=True) as process:
        while not catches(process, SIGTERM):  # its launch has begun
            assert process.poll() is None
            sleep(0.005)
        process.send_signal(signal_)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert not list((tmp_path / "temporary").glob("chapter-verse-*"))


def test_an_interrupt_before_the_server_has_started_ends_it_silently(ferry_index: Path) -> None:
    command = [sys.executable, "app.py", "--port", str(free_port()), "--index", str(ferry_index)]
    with subprocess.Popen(command, cwd=ROOT, stdout=DEVNULL, stderr=PIPE, text=True) as process:
        while "onnxruntime" not in Path(f"/proc/{process.pid}/maps").read_text("utf-8"):  # it opens the index
            assert process.poll() is None
            sleep(0.005)
        sleep(0.2)  # it imports Gradio
        process.send_signal(SIGINT)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (-SIGINT, "")


def catches(process: subprocess.Popen[str], signal: int) -> bool:
    """Whether the process has a handler for a signal."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{process.pid}/status").read_text("utf-8").splitlines())
    return bool(int(status["SigCgt"], 16) >> (signal - 1) & 1)
