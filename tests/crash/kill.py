"""Kills builds at random moments, one after another, on one index that must survive them all.

    python tests/crash/kill.py [--times N] [--scratch DIR]

A process builds version after version of a collection; it is killed after a random time of up to
three builds, and restarted. After every kill the index must open, hold one complete version, none
older than the last one reported, and give the same answers as the documents; at the end the next
build must leave nothing unfinished.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from collection import debris, use_hash_encoder, version_of, write

from index import build
from index.locate import locate

_LONGEST = 0.5  # seconds


def loop(root: Path, sources: Path, version: int) -> None:
    """Builds one version after another; reports each when it is built."""
    use_hash_encoder()
    print("ready", flush=True)
    while True:
        write(sources, version)
        build(root, [sources])
        print(version, flush=True)
        version += 1


def kill_once(root: Path, sources: Path, version: int, seconds: float) -> int:
    """Builds from `version` on until it is killed; returns the last version reported, or the one before `version`."""
    command = [sys.executable, __file__, "--loop", str(root), str(sources), str(version)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "ready\n"
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        reported = [int(line) for line in process.stdout if line.endswith("\n")]
        assert process.wait() == -signal.SIGKILL
    return max(reported, default=version - 1)


def run(times: int, scratch: Path, seed: int = 0) -> str:
    """Kills a build `times` times; returns a sentence about it."""
    use_hash_encoder()
    root, sources, drawn = scratch / "index", scratch / "sources", random.Random(seed)
    write(sources, 0)
    build(root, [sources])
    version, resumed = 0, 0
    for _ in range(times):
        reported = kill_once(root, sources, version + 1, _LONGEST * drawn.random())
        found = version_of(root)
        assert reported <= found <= reported + 1, f"version {reported} was reported, {found} is there"
        resumed += bool(debris(root))
        version = found
    write(sources, version + 1)
    build(root, [sources])
    assert version_of(root) == version + 1
    assert not debris(root) and not locate(root).problems(), (debris(root), locate(root).problems())
    kept = [each.name for each in locate(root).generations() if each.manifest]
    return (
        f"{times} kills, {resumed} of them in the middle of writing; {version + 1} versions built: "
        f"0 unreadable, 0 lost, 0 mixed; {len(kept)} generations can be gone back to"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=500)
    parser.add_argument("--scratch", type=Path, help="where the index is built")
    parser.add_argument("--loop", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.loop:
        root, sources, version = arguments.loop
        loop(Path(root), Path(sources), int(version))
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
        print(run(arguments.times, Path(scratch)))


if __name__ == "__main__":
    main()
