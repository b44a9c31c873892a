"""Lets what code an input reaches decide which to change next (Atheris, of the extra `fuzz`).

    python tests/fuzz/guided.py TARGET [FOLDER...] [-max_total_time=S] [-rss_limit_mb=M]

For the readers that are Python all through: plain, markdown, rst, csv, rtf, sentences, questions, passwords, left-out.
A finding is kept as `crash-…` and read again by `run.py TARGET --replay FILE`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

sys.path[0] = str(Path(__file__).parents[1])
with atheris.instrument_imports(include=["source", "index", "qa"]):
    from fuzz.finding import Target
    from fuzz.targets import make
from random import Random  # noqa: E402


def _corpus(target: Target) -> str:
    """A folder of inputs to begin with."""
    folder = Path(tempfile.mkdtemp())
    for number in range(200):
        (folder / str(number)).write_bytes(target.draw(Random(number)))
    return str(folder)


def main() -> None:
    """Does not return: libFuzzer ends the process."""
    name, *rest = sys.argv[1:]
    with atheris.instrument_imports(include=["source", "index", "qa"]):
        target = make(name, None)
        target.check(target.draw(Random(0)))  # imports what it needs
    atheris.Setup([sys.argv[0], _corpus(target), "-max_len=20000", "-timeout=10", *rest], target.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
