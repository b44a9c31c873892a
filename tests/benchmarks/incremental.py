"""What a build costs that has little or nothing to do, and what an open index costs.

    python tests/benchmarks/incremental.py [--files N] [--scratch DIR]

A folder of so many small files is built, built again with nothing changed, with one file changed, with
one removed and with one moved. Then the index is opened by a new process: *open* is `FolderStore(root)` alone,
*own* and *mapped* the process's memory after that.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_WORDS = [
    "keeper",
    "ship",
    "harbour",
    "north",
    "storm",
    "lamp",
    "garden",
    "river",
    "village",
    "mountain",
    "old",
    "quiet",
    "red",
    "small",
    "bridge",
]
_OPEN = """
import sys, time
from pathlib import Path
from index import FolderStore
started = time.perf_counter()
store = FolderStore(Path(sys.argv[1]))
opened = time.perf_counter() - started
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
own, mapped = (int(status[name].split()[0]) / 1024 for name in ("RssAnon", "RssFile"))
print(f"{len(store):,} passages: open {1000 * opened:.0f} ms, own {own:.0f} MB, mapped {mapped:.0f} MB")
"""


def text(number: int, version: int = 0) -> str:
    """A file's text: three sentences."""
    drawn = random.Random(f"{number} {version}")
    return "".join(f"The {' '.join(drawn.choice(_WORDS) for _ in range(12))} {number}. " for _ in range(3))


def build(name: str, sources: Path, root: Path) -> None:
    """Builds in a process of its own, and prints what it took."""
    command = [sys.executable, "-m", "index", "build", str(sources), "--index", str(root)]
    started = time.perf_counter()
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    print(f"{name:22} {time.perf_counter() - started:7.2f} s   {ran.stdout.strip()}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--scratch", type=Path, help="where the index is built (10,000 files: 1 GB)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
        sources, root = Path(scratch) / "in", Path(scratch) / "index"
        for number in range(arguments.files):
            path = sources / str(number // 1000) / f"{number}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text(number))
        build("from nothing", sources, root)
        build("nothing changed", sources, root)
        (sources / "0" / "7.txt").write_text(text(7, 1))
        build("one file changed", sources, root)
        (sources / "0" / "8.txt").unlink()
        build("one file removed", sources, root)
        (sources / "0" / "9.txt").rename(sources / "9.txt")
        build("one file moved", sources, root)
        subprocess.run([sys.executable, "-c", _OPEN, str(root)], check=True)


if __name__ == "__main__":
    main()
