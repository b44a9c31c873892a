"""Chapter & Verse beside its peers: the same passages, questions, weights and machine.

    make bench EVAL="DIR ..."
    python tests/benchmarks/peers/run.py DIR... [--most N] [--only NAME] [--without NAME] [--rounds R] [--json FILE]

Each DIR holds `passages.jsonl` and `questions.jsonl`; all are merged into one
collection. Prints one Markdown table:

*hit@k*: a gold passage is among the first k different ones (for `ask`, among
those quoted). *answer in N characters*: a gold answer stands verbatim in the
first N characters of what the system shows, best first: passages, or quotes
for `ask`. *question*: milliseconds inside the process, from a question to its
results. *cold start*: from starting a process on a ready index to its first
answer. *build*: the whole process that makes the index. *peak memory*: of the
process that answers.

Systems answer in turns, a fresh process each, so that a busy moment of the
machine does not fall on one of them alone. A system that fails says why below
the table, and the others go on. The table says how much of the processor other
programs took: PyTorch's threads wait for each other, so that a little of it
makes its times many times longer. Standard library only.
"""

from __future__ import annotations

import argparse
import itertools
import json
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from asking import WARM_UP, Round, build, play
from environments import HOME, PeerFailed, prepare, versions
from figures import judge
from machine import Others
from report import Outcome, markdown, plain
from sets import BadSet, Collection, merge
from systems import System, chosen, names


class Bench:
    """One run: what each system is asked with, what it has answered, and why it has stopped."""

    def __init__(self, systems: Sequence[System], collection: Collection, scratch: Path) -> None:
        self.systems = systems
        self.collection = collection
        self.scratch = scratch
        self.pythons: dict[str, Path] = {}
        self.versions: dict[str, dict[str, str]] = {}
        self.built: dict[str, float] = {}
        self.rounds: dict[System, list[Round]] = {system: [] for system in systems}
        self.failed: dict[str, str] = {}  # by the name of a peer, an index or a system

    def prepare(self) -> None:
        """The environments."""
        for peer in dict.fromkeys(system.peer for system in self.systems):
            with _Noting(self.failed, peer):
                self.pythons[peer] = prepare(peer, tell)
                self.versions[peer] = versions(peer, self.pythons[peer])

    def build(self) -> None:
        """The indexes, each once."""
        passages = self.scratch / "passages.jsonl"
        self.collection.write(passages)
        for system in {each.index_name: each for each in self.systems if not self.why(each)}.values():
            tell(f"building {system.index_name} …")
            with _Noting(self.failed, system.index_name):
                self.built[system.index_name] = build(system, self.pythons[system.peer], passages, self.index(system))

    def play(self, count: int, timed: int) -> None:
        """The rounds: all questions in the first, the timed ones again in the others."""
        questions = [each.question for each in self.collection.questions]
        warm_up = list(itertools.islice(itertools.cycle(reversed(questions)), WARM_UP))
        for number in range(count):
            asked = questions if number == 0 else questions[:timed]
            for system in _turned(self.systems, number):
                if not self.why(system):
                    tell(f"round {number + 1} of {count}: {system.name}, {len(asked)} questions …")
                    with _Noting(self.failed, system.name):
                        python = self.pythons[system.peer]
                        self.rounds[system].append(play(system, python, self.index(system), asked, warm_up))

    def outcomes(self, timed: int) -> dict[System, Outcome]:
        """Each system's figures, or why it has none."""
        return {system: self.why(system) or self._figures(system, timed) for system in self.systems}

    def _figures(self, system: System, timed: int) -> Outcome:
        collection, index = self.collection, self.index(system)
        return judge(
            self.rounds[system], collection.questions, collection.titles(), timed, len(collection.passages),
            self.built[system.index_name], index,
        )  # fmt: skip

    def why(self, system: System) -> str:
        """Why the system cannot go on; empty if it can."""
        reasons = (self.failed.get(name) for name in (system.peer, system.index_name, system.name))
        return next((reason for reason in reasons if reason), "")

    def index(self, system: System) -> Path:
        return self.scratch / system.index_name


class _Noting:
    """Notes a failure under a name and goes on."""

    def __init__(self, failed: dict[str, str], name: str) -> None:
        self.failed = failed
        self.name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, Exception):
            reason = str(error) if isinstance(error, PeerFailed) else f"{type(error).__name__}: {error}"
            self.failed[self.name] = reason or type(error).__name__
            tell(f"{self.name} failed: {self.failed[self.name]}")
        return isinstance(error, Exception)


def _turned(systems: Sequence[System], number: int) -> list[System]:
    """Another one begins in each round, so that none always follows the same neighbour's heat."""
    start = number * max(1, len(systems) // 3) % len(systems)
    return [*systems[start:], *systems[:start]]


def tell(text: str) -> None:
    """Progress, on standard error."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", type=Path, metavar="DIR")
    parser.add_argument("--most", type=_count, metavar="N", help="questions of each set (default: all)")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", choices=names(), help="may be repeated")
    parser.add_argument("--without", action="append", default=[], metavar="NAME", choices=names(), help="as --only")
    parser.add_argument("--rounds", type=_count, default=3, metavar="R", help="default: %(default)s")
    parser.add_argument(
        "--timed", type=_count, default=200, metavar="T", help="questions timed in every round (default: %(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 on")
    return int(text)


def main(argv: Sequence[str] | None = None) -> int:
    """The exit status: 0, 1 if a system failed, 2 for wrong usage."""
    arguments = _parser().parse_args(argv)
    systems = chosen(arguments.only, arguments.without)
    try:
        if not systems:
            raise BadSet("No system is left; name another with --only, or fewer with --without.")
        if arguments.json and not arguments.json.absolute().parent.is_dir():
            raise BadSet(f"{arguments.json} would be in a folder that does not exist; make it first.")
        collection = merge(arguments.sets, arguments.most)
    except BadSet as error:
        print(error, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the scratch folder and the adapter go too
    HOME.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="run-", dir=HOME) as scratch:
        bench = Bench(systems, collection, Path(scratch))
        bench.prepare()
        bench.build()
        others = Others()
        bench.play(arguments.rounds, arguments.timed)
        settings = {
            "rounds": arguments.rounds,
            "timed": arguments.timed,
            "most": arguments.most,
            "others": others.share(),
        }
        outcomes = bench.outcomes(arguments.timed)
    print(markdown(outcomes, bench.versions, collection, settings))
    if arguments.json:
        arguments.json.write_text(json.dumps(plain(outcomes, bench.versions, collection, settings), indent=1), "utf-8")
    return int(any(isinstance(outcome, str) for outcome in outcomes.values()))


if __name__ == "__main__":
    sys.exit(main())
