"""Build an index, and see what is in it, from the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from index.build import build
from index.settings import DEFAULT_INDEX, Settings
from index.store import Store
from index.writer import Progress
from source import ChapterVerseError


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; the exit status is 0, 1 (it does not hold) or 2 (wrong usage)."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except ChapterVerseError as error:
        print(error, file=sys.stderr)
        return error.exit_status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m index", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        made.add_argument("--index", type=Path, default=DEFAULT_INDEX, metavar="DIR", help="default: %(default)s")
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
    command("status", _status, "Say what is in the index.")
    command("verify", _verify, "Check every file of the index against its SHA-256.")
    return parser


def _build(arguments: argparse.Namespace) -> int:
    progress = _bars() if sys.stderr.isatty() else _lines()
    settings = replace(Settings.from_environment(), ocr=arguments.ocr)
    report = build(arguments.index, arguments.sources, full=arguments.full, settings=settings, progress=progress)
    for sentence in report.skipped:
        print(f"Skipped: {sentence}", file=sys.stderr)
    if report.doubtful:
        print(
            f"{report.doubtful} document{'s' * (report.doubtful != 1)} may not be read as shown; "
            "`python -m index status` says why.",
            file=sys.stderr,
        )
    print(report)
    return 0


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
    store = Store(arguments.index)
    manifest = store.manifest
    size = manifest.size + sum(segment.size for segment in store.segments)
    made_from = store.sources()
    print(f"index       {arguments.index}")
    print(f"generation  {store.generation}, built {manifest.created}")
    print(f"encoder     {manifest.encoder['name']} ({manifest.encoder['sha256'][:12]})")
    for name, count in manifest.counts.items():
        print(f"{name:11} {count:,}")
    print(f"size        {size:,} bytes")
    for path in made_from["files"]:
        print(f"source      {path}")
    for sentence in made_from["skipped"]:
        print(f"skipped     {sentence}")
    for id, reasons in made_from["doubts"].items():
        print(f"doubtful    {id}: {'; '.join(reasons)}")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    store = Store(arguments.index)  # opening checks every file
    print(f"All {len(store.manifest.files)} files of generation {store.generation} are as they were written.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
