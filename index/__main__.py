"""Build an index from documents, inspect it and maintain it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from index.folder.build import approve_all
from index.locate import PATIENCE, address_of, build, last_build, locate, open_store
from index.progress import Progress, counted
from index.settings import DEFAULT_INDEX, Settings
from index.status import status_json, status_lines
from index.store import listed
from index.watch import changes
from source import (
    ChapterVerseError,
    CommandParser,
    UsageError,
    golden_in,
    name_of,
    printable,
    printable_json,
    run_command,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status: 0 success, 1 check failed, 2 usage error."""
    return run_command(partial(_run, argv))


def _run(argv: Sequence[str] | None) -> int:
    arguments = _parser().parse_args(argv)
    return int(arguments.run(arguments))


def _parser() -> CommandParser:
    parser = CommandParser(prog="python -m index", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str) -> CommandParser:
        subparser = commands.add_parser(name, help=text, description=text)
        subparser.set_defaults(run=run)
        subparser.add_argument(
            "--index", default=DEFAULT_INDEX, metavar="DIR", help="index folder or storage URL (default: %(default)s)"
        )
        return subparser

    _add_build_options(command("build", _build, "Build or update the index from the sources."))
    fetch = command("fetch", _fetch, "Save copies of web pages among the sources. Only this command uses the network.")
    fetch.add_argument("addresses", nargs="+", metavar="URL", help="the address of a page, a PDF or another file")
    fetch.add_argument(
        "--into", metavar="FOLDER", help="where to save them (default: the documents that were added to the index)"
    )
    status = command("status", _status, "Show what the index contains, and its generations.")
    documents = command("documents", _documents, "List the documents: id, title, number of passages.")
    for listing in (status, documents):
        listing.add_argument("--json", action="store_true", help="print one JSON object")
    command("verify", _verify, "Check every file of every generation, and ask the golden questions.")
    rollback = command("rollback", _rollback, "Switch back to an earlier generation.")
    rollback.add_argument("--to", metavar="GENERATION", help="the generation to switch to (default: the previous one)")
    replacement = command("replace", _replace, "Replace the content of the index by that of another one.")
    replacement.add_argument("new", metavar="NEW", help="the folder of the other index, which stays as it is")
    prune = command("prune", _prune, "Delete old generations and the data only they use.")
    prune.add_argument(
        "--keep",
        type=int,
        default=1,
        metavar="N",
        help="number of generations to keep, the current one included (default: 1)",
    )
    return parser


def _add_build_options(parser: CommandParser) -> None:
    parser.add_argument(
        "sources", nargs="*", metavar="SOURCE",
        help="a file, a folder or a .jsonl collection "
        "(default: those of the last build; for a new index, the shipped documents)",
    )  # fmt: skip
    parser.add_argument(
        "--ocr", default="", metavar="LANGUAGES",
        help="recognise text in page images with Tesseract, in these languages: eng, eng+rus "
        "(default: none; without SOURCE, those of the last build)",
    )  # fmt: skip
    parser.add_argument("--full", action="store_true", help="rebuild everything, even if nothing has changed")
    parser.add_argument(
        "--force", action="store_true", help="publish even if it answers the golden questions (questions.jsonl) worse"
    )
    parser.add_argument("--watch", action="store_true", help="keep running and rebuild whenever the sources change")
    parser.add_argument(
        "--on", default="", metavar="RAY",
        help="parse and encode on a Ray cluster: HOST:PORT; or ray, for the cluster in RAY_ADDRESS or else a local one",
    )  # fmt: skip


def _build(arguments: argparse.Namespace) -> int:
    _build_once(arguments, full=arguments.full)
    if not arguments.watch:
        return 0
    print("Watching for changes. Press Ctrl-C to stop.", file=sys.stderr)
    for _ in changes(arguments.index, arguments.sources):
        try:
            _build_once(arguments, full=False, quiet=True)
        except ChapterVerseError as error:  # the next change may fix it
            print(printable(str(error)), file=sys.stderr)
    return 0


def _build_once(arguments: argparse.Namespace, *, full: bool, quiet: bool = False) -> None:
    from qa.evaluation.golden import judge  # `index` doesn't depend on `qa`; only its command does

    progress = _expendable(_bars() if sys.stderr.isatty() else _lines())
    settings = replace(Settings.from_environment(), ocr=arguments.ocr) if arguments.ocr else None
    report = build(
        arguments.index, arguments.sources, full=full, settings=settings, progress=progress,
        approve=approve_all if arguments.force else judge, on=arguments.on, patience=PATIENCE,
    )  # fmt: skip
    if quiet and report.up_to_date:
        return
    for sentence in report.healed:
        print(printable(f"Repaired: {sentence}"), file=sys.stderr)
    for sentence in report.skipped:
        print(printable(f"Skipped: {sentence}"), file=sys.stderr)
    if report.languages:
        print(printable(report.languages), file=sys.stderr)
    if report.doubtful:
        documents = counted(report.doubtful, "document")
        print(f"{documents} may have extraction problems; see `python -m index status`.", file=sys.stderr)
    print(printable(str(report)), flush=True)


_STEPS = {
    "waiting": "waiting for another build", "looking": "scanning", "encoding": "encoding", "sorting": "finishing",
    "publishing": "publishing",
}  # fmt: skip
"""The steps of `Progress` as they are printed."""


def _bars() -> Progress:
    """Shows a progress bar for each step."""
    bars: dict[str, Any] = {}

    def show(step: str, done: int, total: int) -> None:
        bar = bars.setdefault(step, tqdm(total=total, desc=_STEPS[step], leave=False))
        bar.total = total
        bar.update(done - bar.n)
        if done == total:
            bar.close()

    return show


def _lines() -> Progress:
    """Prints a line when a step begins."""
    begun: set[str] = set()

    def show(step: str, done: int, total: int) -> None:
        if step not in begun:
            begun.add(step)
            print(f"{_STEPS[step]}…", file=sys.stderr)

    return show


def _expendable(progress: Progress) -> Progress:
    """Shows the progress as long as it can be written: a build isn't given up for a line that nobody reads."""

    def show(step: str, done: int, total: int) -> None:
        with suppress(OSError):
            progress(step, done, total)

    return show


def _fetch(arguments: argparse.Namespace) -> int:
    from index.fetch import Copies, addresses_in  # the network is for this command alone

    addresses = addresses_in(arguments.addresses)
    copies = Copies(arguments.index, arguments.into)
    results = []
    for each in copies.fetch(addresses):
        results.append(each)
        print(printable(str(each)), file=sys.stderr if each.problem else sys.stdout, flush=True)
    if any(each.is_new for each in results):
        print(printable(copies.remedy), file=sys.stderr)
    return 1 if any(each.problem for each in results) else 0


def _status(arguments: argparse.Namespace) -> int:
    if arguments.json:
        print(printable_json(status_json(arguments.index)))
        return 0
    for line in list(status_lines(arguments.index)):  # a list, so that an error comes before any output
        print(printable(line))
    return 0


def _documents(arguments: argparse.Namespace) -> int:
    store = open_store(arguments.index)
    found = listed(store, range(store.documents))
    if arguments.json:
        print(printable_json({"documents": [each.json() for each in found]}))
        return 0
    for each in found:
        columns = (each.id, each.title, counted(each.passages, "passage"), *filter(None, [each.address]))
        print("\t".join(map(_printable, columns)))
    return 0


def _printable(text: str) -> str:
    """The text with control characters, tabs and line breaks replaced by spaces."""
    return "".join(char if char.isprintable() else " " for char in text)


def _verify(arguments: argparse.Namespace) -> int:
    from qa.evaluation.golden import right_answers  # as in `_build_once`

    index = locate(arguments.index)
    problems = index.problems()
    for sentence in problems:
        print(printable(sentence), file=sys.stderr)
    generations = index.generations()
    if not problems:
        print(f"All files in {counted(len(generations), 'generation')} are intact.")
        store = index.open()
        if golden := golden_in(last_build(arguments.index)[0]):
            right, count = right_answers(store, golden)
            print(f"{right} of {count} golden questions are answered correctly.")
    return 1 if problems else 0


def _rollback(arguments: argparse.Namespace) -> int:
    name = locate(arguments.index).rollback(arguments.to)
    print(f"Generation {name} is current. The next build continues from it.")
    return 0


def _replace(arguments: argparse.Namespace) -> int:
    new = address_of(arguments.new)
    if not isinstance(new, Path):
        raise UsageError(f"{new} is not a folder. Name an index folder to copy from.")
    name = locate(arguments.index).replace(new)
    print(printable(f"Generation {name} is current, a copy of {name_of(new)}."))
    return 0


def _prune(arguments: argparse.Namespace) -> int:
    if arguments.keep < 1:
        raise UsageError(f"--keep is {arguments.keep}. It must be at least 1.")
    print(f"Freed {locate(arguments.index).prune(arguments.keep):,} bytes.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
