"""A build on two hosts of a Ray cluster, one of which is lost in the middle of it.

The hosts are network namespaces of this machine on one bridge; the build runs on the first.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex
from shutil import which

import pytest
from index_fixtures import same
from kinds import HAS_LANCE, address
from test_ray import indexed_in_parts, write, write_ships

from index import Encoder, build

PREFIX = f"cv{os.getpid() % 100_000}"
HEAD, OTHER, BRIDGE = f"{PREFIX}a", f"{PREFIX}b", f"{PREFIX}br"
ADDRESSES = {HEAD: "10.77.0.1", OTHER: "10.77.0.2"}
CLUSTER = f"{ADDRESSES[HEAD]}:6399"
TOKEN = token_hex(32)  # of the cluster, known to its hosts and the build only


def ip(*arguments: str) -> str:
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout


def allowed() -> bool:
    """Whether we may create network namespaces on this machine."""
    if not which("ip"):
        return False
    try:
        ip("netns", "add", f"{PREFIX}t")
        ip("netns", "del", f"{PREFIX}t")
    except subprocess.CalledProcessError:
        return False
    return True


pytestmark = [
    pytest.mark.scale,
    pytest.mark.timeout(600),
    pytest.mark.usefixtures("encoder"),
    pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed: pip install '.[ray]'"),
]


def end(host: str) -> None:
    """Kills everything on a host at once."""
    for process in ip("netns", "pids", host).split():
        with suppress(ProcessLookupError):
            os.kill(int(process), signal.SIGKILL)


def start(host: str, scratch: Path, *arguments: str) -> None:
    command = [
        "ip", "netns", "exec", host, sys.executable, "-m", "ray.scripts.scripts", "start", *arguments,
        "--num-cpus", "2", "--node-ip-address", ADDRESSES[host], "--object-store-memory", "300000000",
    ]  # fmt: skip
    with (scratch / f"{host}.log").open("w") as log:  # no pipe: what goes on running would hold it open
        subprocess.run(command, check=True, stdout=log, stderr=log, env=environment())


def environment() -> dict[str, str]:
    own = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN}
    return {**os.environ, **own, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[None]:
    if not allowed():
        pytest.skip("network namespaces are not allowed here: it takes root, and Debian's iproute2")
    try:
        ip("link", "add", BRIDGE, "type", "bridge")
        ip("link", "set", BRIDGE, "up")
        for host, address in ADDRESSES.items():
            ip("netns", "add", host)
            ip("link", "add", f"{host}o", "type", "veth", "peer", "name", "eth0", "netns", host)
            ip("link", "set", f"{host}o", "master", BRIDGE, "up")
            ip("-n", host, "addr", "add", f"{address}/24", "dev", "eth0")
            ip("-n", host, "link", "set", "eth0", "up")
            ip("-n", host, "link", "set", "lo", "up")
        start(HEAD, tmp_path, "--head", "--port", "6399", "--include-dashboard=false", "--temp-dir", f"/tmp/{PREFIX}")
        start(OTHER, tmp_path, "--address", CLUSTER)
        yield
    finally:
        there = ip("netns", "list").split()
        for host in ADDRESSES:
            if host in there:
                end(host)
                ip("netns", "del", host)
        for link in (*(f"{host}o" for host in ADDRESSES), BRIDGE):  # of a namespace, which ends when it likes
            with suppress(subprocess.CalledProcessError):
                ip("link", "del", link)
        subprocess.run(["rm", "-rf", f"/tmp/{PREFIX}"], check=True)


def workers_on(host: str, title: bytes) -> int:
    """The number of a host's processes whose title begins with `title`."""
    count = 0
    for process in ip("netns", "pids", host).split():
        with suppress(OSError):
            count += Path(f"/proc/{process}/cmdline").read_bytes().startswith(title)
    return count


def lost_on_the_way(log: Path, at_work: Callable[[], bool], *command: str) -> None:
    """Runs a build on the first host, and kills the other once its workers are busy."""
    with log.open("w") as file:
        building = subprocess.Popen(
            ["ip", "netns", "exec", HEAD, sys.executable, *command], stdout=file, stderr=file, env=environment()
        )
        while not at_work():
            assert building.poll() is None, log.read_text()
            time.sleep(0.05)
        assert building.poll() is None, "the build ended before the host was lost"
        end(OTHER)
        assert building.wait(400) == 0, log.read_text()


def test_losing_a_host_loses_no_document(tmp_path: Path, hosts: None) -> None:
    write(tmp_path / "sources", 600)
    build(tmp_path / "here", [tmp_path / "sources"])
    log = tmp_path / "build.log"

    def encoding() -> bool:
        return workers_on(OTHER, b"ray::RayWorker") >= 2 and "encoding" in log.read_text()

    command = ["build", str(tmp_path / "sources"), "--index", str(tmp_path / "there"), "--on", CLUSTER]
    lost_on_the_way(log, encoding, "-m", "index", *command)
    same(tmp_path / "here", tmp_path / "there")


SMALL = """
import sys
from index.lance import publish, search_indexes
from index import build
search_indexes.FLAT, search_indexes.FILE, publish._FILE = 16, 256, 1
build(sys.argv[1], [sys.argv[2]], on=sys.argv[3])
"""  # as the fixture `small`


@pytest.mark.skipif(not HAS_LANCE, reason="lancedb is not installed: pip install '.[lance]'")
def test_losing_a_host_while_indexing_loses_no_passage(tmp_path: Path, hosts: None, encoder: Encoder) -> None:
    write_ships(tmp_path / "sources")
    build(tmp_path / "index", [tmp_path / "sources"])
    where = address("lance", tmp_path)
    lost_on_the_way(
        tmp_path / "build.log", lambda: workers_on(OTHER, b"ray::PoolActor") > 0,
        "-c", SMALL, where, str(tmp_path / "sources"), CLUSTER,
    )  # fmt: skip
    indexed_in_parts(where, str(tmp_path / "index"), encoder)
