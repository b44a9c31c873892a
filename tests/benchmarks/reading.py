"""What reading and indexing files costs: time and peak memory, one process each.

    python tests/benchmarks/reading.py FILE... [--copies N]

Each file is read alone, then built into an index alone. With `--copies` a folder of N
copies of the first file (each with a line of its own, so that nothing is the same) is
built: memory should not grow with N. Peaks are of the resident memory; a build's is that
of its own process, and beside it the parsers' largest.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_READ = "import sys; from source import scan; print(sum(len(d.text) for d in scan(sys.argv[1:]).documents()))"
_BUILD = "import sys; from pathlib import Path; from index import build; print(build(Path(sys.argv[1]), sys.argv[2:]))"
_PEAKS = (
    "; import resource as r"
    "; print(*(r.getrusage(whose).ru_maxrss // 1024 for whose in (r.RUSAGE_SELF, r.RUSAGE_CHILDREN)), sep=' / ')"
)
_COLUMNS = "{:40} {:>6} {:>11} {:>8} {:>14} {:>9} {:>14}"


def run(program: str, *arguments: object) -> tuple[float, str, str]:
    """Seconds, the program's own line, and its peaks of memory in MB: its own, and its children's."""
    start = time.perf_counter()
    command = [sys.executable, "-c", program + _PEAKS, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    said, peaks = done.stdout.strip().splitlines()[-2:]
    return time.perf_counter() - start, said, peaks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--copies", type=int, default=0)
    arguments = parser.parse_args()
    print(_COLUMNS.format("file", "MB", "characters", "read, s", "MB own/parser", "build, s", "MB own/parser"))
    with tempfile.TemporaryDirectory() as scratch:
        for number, path in enumerate(arguments.files):
            seconds, characters, peaks = run(_READ, path)
            built, _, peak = run(_BUILD, Path(scratch, str(number)), path)
            size = f"{path.stat().st_size / 1e6:.1f}"
            count = f"{int(characters):,}"
            row = (path.name[:40], size, count, f"{seconds:.1f}", peaks, f"{built:.1f}", peak)
            print(_COLUMNS.format(*row), flush=True)
        if arguments.copies:
            folder = Path(scratch, "copies")
            folder.mkdir()
            text = arguments.files[0].read_text("utf-8")
            for number in range(arguments.copies):
                (folder / f"{number:05}.txt").write_text(f"{text}\n\nThis is copy number {number}.\n", "utf-8")
            built, said, peak = run(_BUILD, Path(scratch, "index"), folder)
            print(f"{arguments.copies} copies of the first: {built:.1f} s, {peak} MB. {said}")


if __name__ == "__main__":
    main()
