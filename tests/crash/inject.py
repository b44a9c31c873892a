"""Makes every file operation of a build fail in turn, or kills the build after it; fills the disk at every point.

    python tests/crash/inject.py [--every N] [--scratch DIR]

Needs Linux and a C compiler. After each trial the old or the new generation must be current and complete, the next
build must succeed and leave nothing unfinished, and the command must have reported the error.
"""

from __future__ import annotations

import argparse
import ctypes
import errno
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
KILL = -1
FAULTS = {"no room": errno.ENOSPC, "I/O error": errno.EIO, "kill": KILL}


def library(folder: Path) -> Path:
    """The compiled faults.c."""
    made = folder / "faults.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", made, HERE / "faults.c", "-ldl"], check=True)
    return made


def build_in_child(root: Path, sources: Path, at: int, error: int, room: int = -1) -> tuple[str, int]:
    """Runs a build with a fault in a separate process; returns how it ended, and its number of operations."""
    from index import StoreError, build

    faults = ctypes.CDLL(None)
    told, tell = os.pipe()
    child = os.fork()
    if not child:
        try:
            faults.faults_arm(str(root).encode(), ctypes.c_long(at), error)
            faults.faults_room(ctypes.c_long(room))
            build(root, [sources])
            ended = "built"
        except StoreError as failure:
            ended = f"refused: {failure}"
        except BaseException as failure:  # users must never see a traceback
            ended = f"broke: {failure!r}"
        count = faults.faults_count()
        faults.faults_disarm()
        os.write(tell, f"{count} {ended}".encode())
        os._exit(0)
    os.close(tell)
    with os.fdopen(told, "rb") as pipe:
        count, _, ended = pipe.read().decode().partition(" ")
    os.waitpid(child, 0)
    return ended or "killed", int(count or 0)


def trial(state: Path, scratch: Path, at: int, error: int, room: int = -1) -> str:
    """Tries one fault on a copy of an index of version 1 with sources of version 2; returns how the build ended."""
    from collection import debris, version_of

    from index import build

    copy = scratch / "trial"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(state, copy)
    root, sources = copy / "index", copy / "sources"
    ended, _ = build_in_child(root, sources, at, error, room)
    assert not ended.startswith("broke"), (at, error, ended)
    version = version_of(root)
    assert version == 2 if ended == "built" else version in (1, 2), (at, error, ended, version)
    build(root, [sources])
    assert version_of(root) == 2
    assert not debris(root), (at, error, debris(root))
    return ended.partition(":")[0]


def run(every: int, scratch: Path) -> None:
    """Runs all trials; prints how each kind ended."""
    from collection import use_hash_encoder, version_of, write

    from index import build

    use_hash_encoder()
    state = scratch / "state"
    state.mkdir()
    write(state / "sources", 1)
    build(state / "index", [state / "sources"])
    assert version_of(state / "index") == 1
    write(state / "sources", 2)
    counted = scratch / "counted"
    shutil.copytree(state, counted)
    ended, operations = build_in_child(counted / "index", counted / "sources", 0, 0)
    assert ended == "built" and operations > 100, (ended, operations)
    print(f"a build makes {operations} file operations in the index")
    for name, error in FAULTS.items():
        ends = Counter(trial(state, scratch, at, error) for at in range(1, operations + 1, every))
        print(f"{name:10} at {ends.total():4} of them: {dict(ends)}; 0 lost", flush=True)
    written = sum(path.stat().st_size for path in (counted / "index").rglob("*") if path.is_file())
    steps = range(0, written, max(1, written * every // operations))
    ends = Counter(trial(state, scratch, 0, 0, room) for room in steps)
    print(f"full disk  at {ends.total():4} sizes:   {dict(ends)}; 0 lost")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only one in N operations")
    parser.add_argument("--scratch", type=Path, help="where the index is built")
    arguments = parser.parse_args()
    if "faults.so" in os.environ.get("LD_PRELOAD", ""):
        run(arguments.every, Path(os.environ["SCRATCH"]))
        return
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
        # One thread: OpenMP threads started in the parent would make a forked child wait forever.
        environment = {"LD_PRELOAD": str(library(Path(scratch))), "SCRATCH": scratch, "OMP_NUM_THREADS": "1"}
        sys.exit(subprocess.run([sys.executable, *sys.argv], env={**os.environ, **environment}, check=False).returncode)


if __name__ == "__main__":
    main()
