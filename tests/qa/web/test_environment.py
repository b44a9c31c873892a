"""The server in an environment meant for other programs: proxies, certificates, Gradio's settings, a shared /tmp."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from qa_fixtures import build_book, free_port

HOME = Path(__file__).parents[3]


@pytest.mark.skipif(sys.platform == "win32", reason="a process ends otherwise there")
def test_the_server_starts_alone_in_any_environment(tmp_path: Path) -> None:
    """Attack: a folder of another user where Gradio would keep its files; and a proxy, which must get no request."""
    build_book(tmp_path, {"ferry.txt": "The ferryman of Kalmar carries nineteen clocks."})
    (shared := tmp_path / "shared").mkdir()
    (shared / "gradio").touch()
    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy_url = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        environment = {name: value for name, value in os.environ.items() if name.lower() != "no_proxy"} | {
            "http_proxy": proxy_url, "HTTPS_PROXY": proxy_url, "ALL_PROXY": "socks5://127.0.0.1:9",
            "SSL_CERT_FILE": "/nonexistent", "SSL_CERT_DIR": "/nonexistent", "TMPDIR": str(shared),
            "GRADIO_DEBUG": "1", "GRADIO_NUM_PORTS": "x", "GRADIO_ALLOWED_PATHS": "/", "GRADIO_ROOT_PATH": "/elsewhere",
        }  # fmt: skip
        command = [sys.executable, "app.py", "--port", str(port), "--index", str(tmp_path / "index")]
        with subprocess.Popen(
            command, cwd=HOME, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as server:
            assert server.stdout
            try:
                assert server.stdout.readline() == f"Chapter & Verse is at http://127.0.0.1:{port}/\n"
                page = httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
                assert page.status_code == 200 and "elsewhere" not in page.text
                asked = {"data": {"action": "ask", "question": "What does the ferryman carry?"}}
                assert "nineteen clocks" in httpx.post(f"http://127.0.0.1:{port}/act", json=asked, trust_env=False).text
            finally:
                server.send_signal(signal.SIGTERM)
            assert server.wait(30) == 0
        proxy.settimeout(0)
        with pytest.raises(BlockingIOError):
            proxy.accept()
    assert [path.name for path in shared.iterdir()] == ["gradio"]
