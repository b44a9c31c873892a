"""Looks for inputs that a reader of untrusted input does not bear.

    python tests/fuzz/run.py TARGET|all [--count N] [--seconds S] [--seeds DIR] [--seed-number K] [--keep DIR]
        [--counts FILE]
    python tests/fuzz/run.py TARGET --replay FILE

Prints a table: target, inputs, findings, inputs a second. Each finding is kept once, as the input and what came of
it. The same seed number gives the same inputs. `--counts` keeps how far each target came: who runs it again goes on
from there. Exit status 1 if anything was found.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

HERE = Path(__file__).parent
sys.path[0] = str(HERE.parent)
from fuzz.child import Task, tried  # noqa: E402
from fuzz.finding import ROOT, Finding  # noqa: E402
from fuzz.targets import TARGETS, make  # noqa: E402

_MEMORY = Path("/dev/shm")  # files that are written for every input are soonest written there
HEAD = "| target | inputs | findings | inputs/s |\n| --- | --- | --- | --- |"


@dataclass(slots=True)
class Tally:
    """What came of one target. `inputs`: in this run and those that it goes on from."""

    name: str
    inputs: int = 0
    first: int = 0
    seconds: float = 0.0
    found: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        speed = (self.inputs - self.first) / max(self.seconds, 0.001)
        return f"| {self.name} | {self.inputs:,} | {len(self.found)} | {speed:,.0f} |"


class Counts:
    """How far each target came with a seed number, in a file if there is one."""

    def __init__(self, file: Path | None, seed: int) -> None:
        self._file = file
        self._seed = str(seed)
        self._all: dict[str, dict[str, int]] = json.loads(file.read_text("utf-8")) if file and file.exists() else {}

    def __getitem__(self, name: str) -> int:
        return self._all.get(self._seed, {}).get(name, 0)

    def __setitem__(self, name: str, inputs: int) -> None:
        self._all.setdefault(self._seed, {})[name] = inputs
        if self._file:
            self._file.write_text(json.dumps(self._all, indent=1), "utf-8")


def run(name: str, count: int, seconds: float, folder: Path | None, seed: int, keep: Path, counts: Counts) -> Tally:
    """So many inputs of one target, or as many as so many seconds give."""
    tally, start = Tally(name, counts[name], counts[name]), time.time()
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as scratch:
        counter = Path(scratch, "counter")
        rest: Task | None = Task(
            name, str(folder.absolute()) if folder else None, seed, tally.first, count, start + seconds, str(counter)
        )
        while rest:
            rest = worked(rest, tally, keep, Path(scratch), counts)
    tally.seconds = time.time() - start
    return tally


def worked(task: Task, tally: Tally, keep: Path, scratch: Path, counts: Counts) -> Task | None:
    """Has a process do the task; what is left of it if that died."""
    Path(task.counter).write_bytes(task.first.to_bytes(8, "little"))
    log = scratch / "log"
    command = [sys.executable, "-X", "faulthandler", "-m", "fuzz.child", json.dumps(asdict(task))]
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=_environment(scratch)) as child,
    ):
        assert child.stdout
        for line in child.stdout:
            told = json.loads(line)
            if "done" in told:
                tally.inputs = counts[tally.name] = told["done"]
                if "ended" in told:
                    return None
                continue
            _keep(Finding(told["key"], told["told"]), bytes.fromhex(told["input"]), tally, keep)
    number = int.from_bytes(Path(task.counter).read_bytes(), "little")
    said = log.read_text("utf-8", "replace")[-3000:]
    if child.returncode > 0 or (number == task.first and task.died):
        raise SystemExit(f"The process for {task.target} cannot begin, or go on:\n{said}")
    tally.inputs = number
    ended = signal.Signals(-child.returncode).name
    return replace(task, first=number, died=f"{ended}\n{said}")


def _environment(scratch: Path) -> dict[str, str]:
    search = [ROOT, HERE.parent, HERE.parent / "crash", *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ, "PYTHONPATH": os.pathsep.join(map(str, search)), "TMPDIR": str(scratch),
        "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1", "GRADIO_ANALYTICS_ENABLED": "False", "PYTHONWARNINGS": "ignore",
    }  # fmt: skip


def _keep(finding: Finding, data: bytes, tally: Tally, keep: Path) -> None:
    tally.found[finding.key] += 1
    path = keep / tally.name / finding.name
    if not path.exists() or len(data) < path.stat().st_size:  # the shortest of a kind
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        again = f"python tests/fuzz/run.py {tally.name} --replay {path}"
        path.with_suffix(".txt").write_text(f"{finding.key}\n{again}\n\n{finding.told}\n", "utf-8", "replace")


def _replay(name: str, file: Path, folder: Path | None) -> Finding | None:
    return tried(make(name, folder), file.read_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=["all", *TARGETS], metavar="TARGET")
    parser.add_argument("--count", type=int, default=10_000, help="inputs of each target")
    parser.add_argument("--seconds", type=float, default=600, help="that each target may take")
    parser.add_argument("--seeds", type=Path, help="a folder of ordinary files to begin with")
    parser.add_argument("--seed-number", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("findings"), help="the folder for what is found")
    parser.add_argument("--counts", type=Path, metavar="FILE", help="how far each target came")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="reads this one input")
    arguments = parser.parse_args()
    if arguments.replay:
        finding = _replay(arguments.target, arguments.replay, arguments.seeds)
        raise SystemExit(f"{finding.key}\n{finding.told}" if finding else None)
    names = [*TARGETS] if arguments.target == "all" else [arguments.target]
    print(HEAD, flush=True)
    found: Counter[str] = Counter()
    counts = Counts(arguments.counts, arguments.seed_number)
    for name in names:
        tally = run(
            name, arguments.count, arguments.seconds, arguments.seeds, arguments.seed_number, arguments.keep, counts
        )
        print(tally, flush=True)
        found.update(tally.found)
    for key, times in found.most_common():
        print(f"{times:,} times: {key}")
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
