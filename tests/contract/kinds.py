"""The kinds of storage for an index, each started and stopped by its tests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError

HAS_LANCE = find_spec("lancedb") is not None
_OWN = Path(sys.prefix) / "s3" / "bin" / "python"  # where `make scale` puts the server
MOTO = str(_OWN) if _OWN.exists() else sys.executable
HAS_S3 = HAS_LANCE and (_OWN.exists() or find_spec("moto") is not None)
KINDS = ["folder", *["lance"] * HAS_LANCE, *["s3"] * HAS_S3]
BUCKET = "index"
KEYS = {
    "AWS_ACCESS_KEY_ID": "reader", "AWS_SECRET_ACCESS_KEY": "secret-of-the-reader", "AWS_REGION": "us-east-1",
    "AWS_ALLOW_HTTP": "true", "AWS_EC2_METADATA_DISABLED": "true",
}  # fmt: skip


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


class S3:
    """moto's S3 server, which keeps everything in memory, in a separate process."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.endpoint = f"http://127.0.0.1:{port}"
        command = [MOTO, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._await()
        urllib.request.urlopen(urllib.request.Request(f"{self.endpoint}/{BUCKET}", method="PUT"), timeout=10).close()

    def _await(self) -> None:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{self.endpoint}/moto-api/", timeout=1).close()
                return
            except (URLError, OSError):
                assert self.process.poll() is None, "moto's server has ended"
                time.sleep(0.1)
        raise AssertionError("moto's server does not answer")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def s3_server() -> Iterator[S3]:
    """A running server, and the environment variables with which LanceDB finds it."""
    server = S3(free_port())
    try:
        with environment(**KEYS, AWS_ENDPOINT_URL=server.endpoint):
            yield server
    finally:
        server.stop()


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def address(kind: str, folder: Path) -> str:
    """The address of an index of this kind, for a test with this folder."""
    if kind == "s3":
        return f"lance+s3://{BUCKET}{folder.as_posix()}"
    return f"lance://{folder.as_posix()}/engine" if kind == "lance" else str(folder / "index")
