"""What a question costs in the processor's instructions, which a busy machine does not change.

    python tests/benchmarks/instructions.py [--index DIR] [--questions N]

A process asks N times, another 2 N times; the difference, divided by N, is
without start and imports. Two starts differ by up to some 30 million, which N must
be large enough to divide: at 40 two runs differed by 1.5 million. Counted by
`perf` where the kernel lets it, or else by valgrind, some fifty times slower: five
minutes, on a processor without AVX-512. Compare figures of the same counter on the
same machine. Without `--index` the shipped article is asked.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import qa

HOME = Path(__file__).parents[2]
QUESTION = "How many citizens from the region live permanently in Russia?"
LOOP = f"""
import sys, qa
ask = getattr(qa.load(sys.argv[1]), sys.argv[2])
for _ in range(1 + int(sys.argv[3])):  # the first one fills the caches
    ask("{QUESTION}")
"""
PERF = ["perf", "stat", "-x", ",", "-e", "instructions:u", "--"]
VALGRIND = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
COUNTED = re.compile(r"^(\d+),[^,]*,instructions|Collected : (\d+)", re.MULTILINE)
# The order of sets is fixed, and no thread waits in a loop for another.
SETTINGS = {"PYTHONHASHSEED": "0", "PYTHONPATH": str(HOME), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def instructions(command: list[str]) -> int | None:
    """How many the command says it took; None if it does not count."""
    ran = subprocess.run(command, cwd=HOME, env={**os.environ, **SETTINGS}, capture_output=True, text=True)
    found = COUNTED.search(ran.stderr)
    if ran.returncode or not found:
        return None
    return int(found[1] or found[2])


def counter() -> list[str]:
    """The command to put before another, to have its instructions counted."""
    for prefix in (PERF, VALGRIND):
        if shutil.which(prefix[0]) and instructions([*prefix, "true"]):
            return prefix
    sys.exit("Neither perf nor valgrind counts instructions here; install valgrind (Debian: apt install valgrind).")


def per_question(prefix: list[str], index: Path, command: str, count: int) -> float:
    """The instructions of one question to `retrieve` or `ask`."""
    totals = []
    for questions in (count, 2 * count):
        total = instructions([*prefix, sys.executable, "-c", LOOP, str(index), command, str(questions)])
        if total is None:
            sys.exit(f"{prefix[0]} did not count `{command}`; try another --index, or {prefix[0]} by hand.")
        totals.append(total)
    return (totals[1] - totals[0]) / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, help="default: the shipped article, built for the purpose")
    parser.add_argument("--questions", type=int, default=40, metavar="N", help="default: %(default)s")
    arguments = parser.parse_args()
    prefix = counter()
    with tempfile.TemporaryDirectory() as scratch:
        if arguments.index is None:
            qa.rebuild(Path(scratch))
        index = (arguments.index or Path(scratch)).resolve()
        for name, command in (("retrieval", "retrieve"), ("answer in full", "ask")):
            count = per_question(prefix, index, command, arguments.questions)
            print(f"| {name} | {count / 1e6:.1f} million instructions a question ({prefix[0]}) |", flush=True)


if __name__ == "__main__":
    main()
