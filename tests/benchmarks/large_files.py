"""What a large file costs the process that builds an index, such as the server: memory, and how long it hears nothing.

    python tests/benchmarks/large_files.py [--megabytes N] [--seconds N] [--only SHAPE …] [--scratch DIR]

Linux only. Writes a file of each text format in its worst ordinary shape (many short rows or paragraphs, or one line),
and builds an index of each in a process of its own, which is stopped after `--seconds`. Everything is real except for
the vectors: encoding such a file takes an hour or more, so each text gets a made-up vector at once, but is split with
the model's tokenizer. To measure another checkout, put it first in PYTHONPATH.

*read*: until the document is there. *all*: the whole build. *memory*: the most that the process has of its own, beyond
what it had before, until all is read and split. (What follows is sorted with an amount of memory that depends on the
number of passages, and not on the size of a file.) *parser*: the most that a parser process takes. *deaf*: the longest
time, until all is read and split, for which a build does not ask whether it is cancelled; *cancelled*: how long a build
still went on that was cancelled amid that time. *frozen*: the longest time for which no other thread could run.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np

_WORDS = ("the", "ship", "sails", "harbour", "keeper", "of", "and", "storm", "night", "letter", "seven", "lamp", "road")
_BEAT = 0.01  # seconds
_COLUMNS = ("read, s", "all, s", "memory, MB", "parser, MB", "deaf, s", "cancelled, s", "frozen, s")


def _sentence(drawn: random.Random, words: int) -> str:
    return " ".join(drawn.choice(_WORDS) for _ in range(words)).capitalize() + "."


def _row(drawn: random.Random) -> str:
    return f"{drawn.randrange(1000)},{drawn.choice(_WORDS)},{drawn.randrange(100)}\n"


def _paragraph(drawn: random.Random) -> str:
    return _sentence(drawn, 4) + "\n\n"


def _on_one_line(drawn: random.Random) -> str:
    return _sentence(drawn, 9) + " "


def _rtf_paragraph(drawn: random.Random) -> str:
    return _sentence(drawn, 4) + "\\par\n"


def _escaped(drawn: random.Random) -> str:
    return json.dumps(_paragraph(drawn))[1:-1]


def _record(drawn: random.Random) -> str:
    return json.dumps({"id": str(drawn.random()), "text": _sentence(drawn, 20)}) + "\n"


SHAPES: dict[str, tuple[str, Callable[[random.Random], str], str, str]] = {
    "short rows": (".csv", _row, "", ""),
    "short paragraphs": (".txt", _paragraph, "", ""),
    "one line": (".txt", _on_one_line, "", ""),
    "Markdown": (".md", _paragraph, "", ""),
    "reStructuredText": (".rst", _paragraph, "", ""),
    "RTF": (".rtf", _rtf_paragraph, "{\\rtf1\\ansi ", "}"),
    "a record": (".jsonl", _escaped, '{"id": "a", "text": "', '"}\n'),
    "short records": (".jsonl", _record, "", ""),
}
"""For each shape: the format, a piece of which there are many, and what the file starts and ends with."""


def write(shape: str, size: int, folder: Path) -> Path:
    """Writes a file of about `size` bytes."""
    suffix, piece, start, end = SHAPES[shape]
    path = folder / f"large{suffix}"
    drawn = random.Random(shape)
    with path.open("w") as file:
        written = file.write(start)
        while written < size:
            written += file.write(piece(drawn))
        file.write(end)
    return path


class MadeUp:
    """An encoder with the model's tokenizer, whose vectors mean nothing."""

    def __init__(self, model: str) -> None:
        from index.encoder.load import load_encoder

        self._real = load_encoder(model)
        self.identity, self.precision = self._real.identity, self._real.precision
        self.dimension, self.max_tokens = self._real.dimension, self._real.max_tokens

    def pieces(self, texts: Sequence[str]) -> Any:
        return self._real.pieces(texts)

    def known(self, text: str) -> float:
        return self._real.known(text)

    def encode(self, texts: Iterable[str], *, query: bool = False) -> Iterator[Any]:
        from index.encoder.protocol import Encoded

        for text in texts:
            vector = np.random.default_rng(len(text)).standard_normal(self.dimension).astype(np.float32)
            nothing = np.zeros((0, self.dimension), np.float32)
            yield Encoded(vector / np.linalg.norm(vector), nothing, np.zeros((0, 2), np.int64))


class Cancelled(Exception):
    """Raised by the progress callback."""


@dataclass
class Watch:
    """Follows a build until all is read and split (`sorting`), by a progress callback and a thread of its own."""

    cancel: float = float("inf")
    sorting: float = 0.0
    deaf: float = 0.0
    frozen: float = 0.0
    _heard: float = field(default_factory=time.monotonic)

    def __call__(self, step: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now > self.cancel:
            raise Cancelled
        if not self.sorting:
            self.deaf, self._heard = max(self.deaf, now - self._heard), now
        if step == "sorting":
            self.sorting = self.sorting or now

    def watch(self) -> None:
        """Notes how late this thread wakes."""
        while not self.sorting:
            slept = time.monotonic()
            time.sleep(_BEAT)
            self.frozen = max(self.frozen, time.monotonic() - slept - _BEAT)


def measure(path: Path, root: Path) -> None:
    """Prints figures of a row as JSON; to be run in a process of its own."""
    import index
    import index.folder.build as module
    from index.settings import DEFAULT_MODEL
    from source import scan

    encoder = MadeUp(DEFAULT_MODEL)
    vars(module)["load_encoder"] = lambda model: encoder
    began = time.monotonic()
    for each in scan([path]).documents():
        del each
    read = time.monotonic() - began
    idle = memory("self", "RssAnon")
    watch = Watch()
    Thread(target=watch.watch, daemon=True).start()
    began = time.monotonic()
    index.build(root, [path], progress=watch)
    ended = time.monotonic()
    cancel = ended + (watch.sorting - began) / 2
    with suppress(Cancelled):
        index.build(root.with_name("cancelled"), [path], progress=Watch(cancel))
    figures = {"read": read, "idle": idle, "began": began, "sorting": watch.sorting, "ended": ended}
    late = {"deaf": watch.deaf, "frozen": watch.frozen, "cancelled": time.monotonic() - cancel}
    print(json.dumps({**figures, **late}))


def memory(process: int | str, name: str) -> float:
    """MB of a process: `RssAnon` is its own now, `VmHWM` all that it had at most; 0 if it is gone."""
    with suppress(OSError, KeyError):
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
        return int(dict(line.split(":", 1) for line in lines)[name].split()[0]) / 1024
    return 0.0


def children(process: int) -> list[str]:
    """The ids of a process's children."""
    with suppress(OSError):
        tasks = Path(f"/proc/{process}/task").iterdir()
        return [child for task in tasks for child in (task / "children").read_text().split()]
    return []


def run(path: Path, folder: Path, seconds: float) -> list[str]:
    """The cells of a file's row; those of a build that was stopped show its memory until then."""
    command = [sys.executable, __file__, "--measure", str(path), str(folder / "index")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    until = time.monotonic() + seconds
    own: list[tuple[float, float]] = []
    parser = 0.0
    while process.poll() is None and time.monotonic() < until:
        own.append((time.monotonic(), memory(process.pid, "RssAnon")))
        parser = max([parser, *(memory(child, "VmHWM") for child in children(process.pid))])
        time.sleep(2 * _BEAT)
    if process.poll() is None or process.returncode:
        state = f"> {seconds:.0f}" if process.poll() is None else "failed"
        process.kill()
        process.wait()
        return ["", state, f"> {max(each for _, each in own):.0f}", f"{parser:.0f}", "", "", ""]
    assert process.stdout
    found: dict[str, float] = json.loads(process.stdout.read())
    used = max(each for at, each in own if found["began"] <= at <= found["sorting"]) - found["idle"]
    sizes = (found["read"], found["ended"] - found["began"], used, parser)
    return [*(f"{each:.0f}" for each in sizes), *(f"{found[name]:.1f}" for name in ("deaf", "cancelled", "frozen"))]


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=48)
    parser.add_argument("--seconds", type=float, default=1800, help="time limit for each file")
    parser.add_argument("--only", nargs="+", choices=SHAPES, default=list(SHAPES), metavar="SHAPE")
    parser.add_argument("--scratch", type=Path, help="a folder for the files and indexes")
    parser.add_argument("--measure", nargs=2, type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(*arguments.measure)
        return
    print("| file |", *(f"{name} |" for name in _COLUMNS))
    print("| --- |", *("---: |" for _ in _COLUMNS))
    for shape in arguments.only:
        with tempfile.TemporaryDirectory(dir=arguments.scratch) as folder:
            path = write(shape, int(arguments.megabytes * (1 << 20)), Path(folder))
            row = run(path, Path(folder), arguments.seconds)
        print(f"| {shape} ({path.suffix}) |", *(f"{cell} |" for cell in row), flush=True)


if __name__ == "__main__":
    main()
