"""Build an index, and see what is in it, from the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tqdm import tqdm

from index.folder.build import approve_all
from index.locate import build, locate, open_store
from index.progress import Progress
from index.settings import DEFAULT_INDEX, Settings
from index.status import status_lines
from index.store import listed
from index.watch import changes
from source import ChapterVerseError, UsageError, golden_in, printable, printable_json, run_command


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; the exit status is 0, 1 (it does not hold) or 2 (wrong usage)."""
    arguments = _parser().parse_args(argv)
    return run_command(lambda: int(arguments.run(arguments)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m index", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        made.add_argument("--index", default=DEFAULT_INDEX, metavar="DIR", help="or an address (default: %(default)s)")
        return made

    make = command("build", _build, "Make the index answer from the sources.")
    make.add_argument(
        "sources", nargs="*", metavar="SOURCE",
        help="a file, a folder or a .jsonl collection (default: the shipped documents)",
    )  # fmt: skip
    make.add_argument(
        "--ocr", default="", metavar="LANGUAGES",
        help="recognise the text in pictures of pages with Tesseract, in these languages (eng, eng+rus)",
    )  # fmt: skip
    make.add_argument("--full", action="store_true", help="build even if nothing has changed")
    make.add_argument(
        "--force", action="store_true", help="even if golden questions (questions.jsonl) are answered worse than before"
    )
    make.add_argument("--watch", action="store_true", help="go on, and build again whenever the sources have changed")
    make.add_argument(
        "--on", default="", metavar="RAY",
        help="read and encode on a Ray cluster: HOST:PORT, or ray for the one in RAY_ADDRESS or else one of its own",
    )  # fmt: skip
    command("status", _status, "Say what is in the index, and which generations of it are kept.")
    listing = command("documents", _documents, "List the documents: id, title, how many passages.")
    listing.add_argument("--json", action="store_true", help="print one JSON object")
    command("verify", _verify, "Check every file of every generation, and ask the golden questions.")
    back = command("rollback", _rollback, "Let an earlier generation answer.")
    back.add_argument("--to", metavar="GENERATION", help="default: the one before")
    room = command("prune", _prune, "Remove old generations, and what only they have.")
    room.add_argument(
        "--keep",
        type=int,
        default=1,
        metavar="N",
        help="how many to keep, the one that answers among them (default: 1)",
    )
    return parser


def _build(arguments: argparse.Namespace) -> int:
    _build_once(arguments, full=arguments.full)
    if not arguments.watch:
        return 0
    print("Watching the sources; end with Ctrl-C.", file=sys.stderr)
    for _ in changes(arguments.index, arguments.sources):
        try:
            _build_once(arguments, full=False, quiet=True)
        except ChapterVerseError as error:  # the next change may mend it
            print(printable(str(error)), file=sys.stderr)
    return 0


def _build_once(arguments: argparse.Namespace, *, full: bool, quiet: bool = False) -> None:
    from qa.evaluation.golden import judge  # a command is where the packages are put together

    progress = _bars() if sys.stderr.isatty() else _lines()
    settings = replace(Settings.from_environment(), ocr=arguments.ocr)
    report = build(
        arguments.index, arguments.sources, full=full, settings=settings, progress=progress,
        approve=approve_all if arguments.force else judge, on=arguments.on,
    )  # fmt: skip
    if quiet and report.up_to_date:
        return
    for sentence in report.healed:
        print(printable(f"Made again: {sentence}"), file=sys.stderr)
    for sentence in report.skipped:
        print(printable(f"Skipped: {sentence}"), file=sys.stderr)
    if report.doubtful:
        print(
            f"{report.doubtful} document{'s' * (report.doubtful != 1)} may not be read as shown; "
            "`python -m index status` says why.",
            file=sys.stderr,
        )
    print(printable(str(report)), flush=True)


def _bars() -> Progress:
    """A progress bar for each step."""
    bars: dict[str, Any] = {}

    def show(step: str, done: int, total: int) -> None:
        bar = bars.setdefault(step, tqdm(total=total, desc=step, leave=False))
        bar.total = total
        bar.update(done - bar.n)
        if done == total:
            bar.close()

    return show


def _lines() -> Progress:
    """A line when a step begins."""
    begun: set[str] = set()

    def show(step: str, done: int, total: int) -> None:
        if step not in begun:
            begun.add(step)
            print(f"{step} …", file=sys.stderr)

    return show


def _status(arguments: argparse.Namespace) -> int:
    for line in list(status_lines(arguments.index)):  # all of it, or an error
        print(printable(line))
    return 0


def _documents(arguments: argparse.Namespace) -> int:
    store = open_store(arguments.index)
    found = listed(store, range(store.documents))
    if arguments.json:
        print(printable_json({"documents": [each.json() for each in found]}))
        return 0
    for each in found:
        passages = f"{each.passages:,} passage{'s' * (each.passages != 1)}"
        print("\t".join(map(_printable, (each.id, each.title, passages))))
    return 0


def _printable(text: str) -> str:
    """The text without what would be an order to a terminal, or a line of its own."""
    return "".join(char if char.isprintable() else " " for char in text)


def _verify(arguments: argparse.Namespace) -> int:
    from qa.evaluation.golden import right_answers  # as in `_build_once`

    index = locate(arguments.index)
    found = index.problems()
    for sentence in found:
        print(printable(sentence), file=sys.stderr)
    kept = index.generations()
    if not found:
        print(f"Every file of {len(kept)} generation{'s' * (len(kept) != 1)} is as it was written.")
        store = index.open()
        if golden := golden_in(store.sources()["roots"]):
            right, count = right_answers(store, golden)
            print(f"{right} of {count} golden questions are answered rightly.")
    return 1 if found else 0


def _rollback(arguments: argparse.Namespace) -> int:
    name = locate(arguments.index).rollback(arguments.to)
    print(f"Generation {name} answers; the next build goes on from it.")
    return 0


def _prune(arguments: argparse.Namespace) -> int:
    if arguments.keep < 1:
        raise UsageError(f"--keep is {arguments.keep}; keep one generation at least.")
    print(f"{locate(arguments.index).prune(arguments.keep):,} bytes are free again.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
