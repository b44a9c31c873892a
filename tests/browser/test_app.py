"""`python app.py` when it cannot start: one sentence that says what to do, and no traceback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from signal import SIGTERM
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


def test_a_server_whose_output_nobody_reads_goes_on(tmp_path: Path) -> None:
    (tmp_path / "ferry.txt").write_text("The ferry sails to Ystad on Mondays.\n", encoding="utf-8")
    qa.rebuild(tmp_path / "index", sources=[tmp_path / "ferry.txt"])
    port = free_port()
    command = [sys.executable, "app.py", "--port", str(port), "--index", str(tmp_path / "index")]
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True) as process:
        os.close(writing)
        try:
            while not catches(process, SIGTERM):  # only after it has printed its address
                assert process.poll() is None
                sleep(0.05)
            assert httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
        finally:
            process.terminate()
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


def catches(process: subprocess.Popen[str], signal: int) -> bool:
    """Whether the process has a handler for a signal."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{process.pid}/status").read_text("utf-8").splitlines())
    return bool(int(status["SigCgt"], 16) >> (signal - 1) & 1)
