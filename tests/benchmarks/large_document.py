"""How long a large document takes to open at a part and to answer from, by its number of paragraphs.

    python tests/benchmarks/large_document.py [--format md] [PARAGRAPHS...]

A first figure is of a process that has just loaded the index. `part` is what the document panel asks for: a part of the
text as HTML, around an offset that is elsewhere each time. `question` is what the page asks for, with the cards.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

_SIZES = [1_000, 10_000, 100_000, 200_000]
_PARTS = 20
_NAMES = ["Astrid", "Peter", "Maria", "Anna", "Ivan"]
_PLACES = ["harbour", "mill", "bridge", "garden", "market", "station", "forest"]
_QUESTIONS = ["Who counted the ships of crate 777?", "What did Maria count in the garden?"]
_COLUMNS = ["part, first", "part, then", "question, first", "question, second"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paragraphs", nargs="*", type=int, default=_SIZES, help=argparse.SUPPRESS)
    parser.add_argument("--format", choices=["txt", "md", "csv"], default="md")
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--part", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part or options.ask:
        print(json.dumps(parts(options.part) if options.part else questions(options.ask)))
        return
    print(f"{'paragraphs':>12}" + "".join(f"{column:>20}" for column in _COLUMNS) + "   (ms)")
    for count in options.paragraphs:
        with tempfile.TemporaryDirectory() as scratch:
            figures = measured(Path(scratch), count, options.format)
        print(f"{count:12,}" + "".join(f"{1000 * each:20,.1f}" for each in figures), flush=True)


def measured(folder: Path, count: int, format: str) -> list[float]:
    from index import build

    source = folder / f"large.{format}"
    source.write_text("".join(written(count, format)))
    build(folder / "index", [source])
    return [*of_process("--part", folder), *of_process("--ask", folder)]


def written(count: int, format: str) -> Iterator[str]:
    """A document of short paragraphs, in Markdown with a heading above every ten."""
    if format == "csv":
        yield "crate,counted by,place\n"
    for at in range(count):
        name, place = _NAMES[at % 5], _PLACES[at % 7]
        if format == "csv":
            yield f"{at},{name},{place}\n"
            continue
        if format == "md" and at % 10 == 0:
            yield f"## Section {at // 10}\n\n"
        yield f"{name} counted the ships of crate {at} in the {place}.\n\n"


def of_process(which: str, folder: Path) -> list[float]:
    command = [sys.executable, __file__, which, str(folder / "index")]
    found: list[float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def parts(index: Path) -> list[float]:
    """The seconds of the first part, and the median of those that follow."""
    import qa
    from qa.web.page.document.actions import DocumentActions
    from qa.web.page.request import Fields
    from qa.web.page.texts import LANGUAGES

    (source,) = index.parent.glob("large.*")
    data = source.read_bytes()
    state = SimpleNamespace(book=qa.load(index).now())
    actions = DocumentActions(cast(Any, state))

    def part(at: int) -> None:
        offset = len(data) * at // _PARTS
        fields = {"document": source.name, "sha256": sha256(data).hexdigest(), "offset": offset}
        assert actions.part(Fields(fields), LANGUAGES["en"])["html"]

    first, *others = [seconds(partial(part, at * 7 % _PARTS)) for at in range(_PARTS)]
    return [first, statistics.median(others)]


def questions(index: Path) -> list[float]:
    """The seconds of a first question on the page, and of another one after it."""
    import qa
    from qa.web.page.chat.actions import ChatActions
    from qa.web.page.request import Fields
    from qa.web.page.texts import LANGUAGES

    actions = ChatActions(cast(Any, SimpleNamespace(book=qa.load(index).now())))
    fields = [Fields({"question": question}) for question in _QUESTIONS]
    return [seconds(partial(actions.ask, each, LANGUAGES["en"])) for each in fields]


if __name__ == "__main__":
    main()
