"""An index in a folder beside the same one in LanceDB: how well they answer, how fast, and what they take.

    python tests/benchmarks/engines.py [SET_DIR ...] [--sizes N ...] [--s3] [--scratch DIR]

Linux only; needs the extra `lance`, and with `--s3` moto (`pip install "moto[server]"`), whose server it starts; then
*requests* are those of a question to it, *answered* what comes back for them. Each SET_DIR holds `passages.jsonl` and
`questions.jsonl`: *same first quote* is the share of its questions whose first quote is the same, to the character.
`--sizes`: texts as those of `growth.py`, whose columns these are. *publish*: of what the folder has encoded already.
*answer* is asked of what *retrieval* has asked before, with its rows in memory.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import growth

import qa
from index import Encoder, Store, build, folder_of
from qa.evaluate import outcome
from qa.figures import summary
from qa.questions import read_questions

sys.path.append(str(Path(__file__).parents[1] / "contract"))
from kinds import BUCKET, environment, free_port, s3_server
from proxy import Proxy

_MEASURES = ("hit@1", "hit@5", "answer_in_quote@1", "latency_p50_ms", "latency_p95_ms")


def engine(scratch: Path, s3: bool) -> str:
    """The address of LanceDB's index."""
    return f"lance+s3://{BUCKET}/index" if s3 else f"lance://{scratch.absolute()}/lance"


@contextmanager
def built(sources: Sequence[Path], scratch: Path, s3: bool) -> Iterator[tuple[list[str], list[float]]]:
    """The addresses of the same index in a folder and in LanceDB; the seconds that building and publishing took."""
    with s3_server() if s3 else nullcontext():
        folder, address, seconds = scratch / "folder", engine(scratch, s3), []
        for each in (folder, address):
            started = time.perf_counter()
            build(each, sources)
            seconds.append(time.perf_counter() - started)
            if each == folder:  # what is encoded already is only published
                shutil.copytree(folder, folder_of(address))
        yield [str(folder), address], seconds


def set_rows(path: Path, scratch: Path, s3: bool) -> Iterator[list[str]]:
    """A row for each index of a set."""
    questions = read_questions(path / "questions.jsonl")
    first: list[tuple[str, int, int, str]] = []
    with built([path / "passages.jsonl"], scratch, s3) as (addresses, _):
        for address in addresses:
            opened = qa.load(address)
            book = Heard(opened.store, opened.encoder)
            figures = summary([outcome(book, question) for question in questions])
            quotes = book.quotes
            first = first or quotes
            same = sum(one == other for one, other in zip(first, quotes, strict=True)) / len(quotes)
            cells = [f"{figures[name].value:.{0 if name.endswith('ms') else 4}f}" for name in _MEASURES]
            yield [path.name, address.partition(":")[0] if "://" in address else "folder", *cells, f"{same:.4f}"]


class Heard(qa.Edition):
    """Remembers the first quote of each answer, and where it stands."""

    def __init__(self, store: Store, encoder: Encoder) -> None:
        super().__init__(store, encoder)
        self.quotes: list[tuple[str, int, int, str]] = []

    def study(self, question: str, history: Sequence[str] = ()) -> tuple[qa.Answer, list[qa.Hit]]:
        answer, hits = super().study(question, history)
        shown = (*answer.quotes, *answer.nearest)[:1]
        self.quotes += [(each.document.id, each.span.start, each.span.end, each.text) for each in shown] or [
            ("", 0, 0, "")
        ]
        return answer, hits


def size_rows(size: int, scratch: Path, s3: bool) -> Iterator[dict[str, str]]:
    """A row for each index of so many texts; the folder is the one that `growth.py` makes, or has made."""
    questions, kept = growth.asked_and_indexed(scratch)
    folder, cells = growth.built(size, kept, scratch)
    texts, seconds, disk = (cells[name] for name in ("texts", "build, s", "disk, MB"))
    yield _named(texts, "folder", seconds, disk) | growth.measured(folder, questions, scratch)
    lance = folder.with_name("lance")
    shutil.rmtree(lance, ignore_errors=True)
    with s3_server() if s3 else nullcontext() as server:
        address = engine(lance.parent, s3)
        staging = folder_of(address)
        staging.parent.mkdir(parents=True, exist_ok=True)
        staging.symlink_to(folder)  # what is encoded already is only published
        started = time.perf_counter()
        build(address, [folder.with_name("texts.jsonl")])
        seconds, disk = f"{time.perf_counter() - started:.0f}", "–" if s3 else growth.disk(lance)
        cells = growth.measured(address, questions, scratch)
        yield (
            _named(texts, "LanceDB", seconds, disk)
            | cells
            | (traffic(address, server.port, questions) if server else {})
        )


def traffic(address: str, port: int, questions: Sequence[str]) -> dict[str, str]:
    """What a question asks of S3 when as many others have been asked before."""
    proxy = Proxy(free_port(), port)
    half = len(questions) // 2
    with environment(AWS_ENDPOINT_URL=f"http://127.0.0.1:{proxy.port}"):
        book = qa.load(address)
        for number, question in enumerate(questions):
            if number == half:
                proxy.requests = proxy.answered = 0
            book.ask(question)
    proxy.stop()
    asked = len(questions) - half
    return {"requests": f"{proxy.requests / asked:.0f}", "answered, KB": f"{proxy.answered / asked / 1000:.0f}"}


def _named(texts: str, index: str, seconds: str, disk: str) -> dict[str, str]:
    return {"texts": texts, "index": index, "build / publish, s": seconds, "disk, MB": disk}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, nargs="*", metavar="SET_DIR")
    parser.add_argument("--sizes", type=int, nargs="*", default=[], metavar="N")
    parser.add_argument("--s3", action="store_true", help="LanceDB on moto's S3 server instead of a folder")
    parser.add_argument(
        "--scratch", type=Path, help="where the indexes of --sizes are built, stay, and are found the next time"
    )
    arguments = parser.parse_args()
    if arguments.sets:
        print(f"| set | index | {' | '.join(_MEASURES)} | same first quote |\n|{' --- |' * (len(_MEASURES) + 3)}")
    for path in arguments.sets:
        with tempfile.TemporaryDirectory() as scratch, own_staging(scratch):
            for row in set_rows(path, Path(scratch), arguments.s3):
                print(f"| {' | '.join(row)} |", flush=True)
    for number, size in enumerate(arguments.sizes):
        with (
            growth.scratch_in(arguments.scratch) as kept,
            tempfile.TemporaryDirectory() as staging,
            own_staging(staging),
        ):
            for each, cells in enumerate(size_rows(size, kept, arguments.s3)):
                if not number and not each:
                    print(f"\n| {' | '.join(cells)} |\n|{' --- |' * len(cells)}")
                print(f"| {' | '.join(cells.values())} |", flush=True)


def own_staging(scratch: str) -> AbstractContextManager[None]:
    """Generations are made in a folder that goes with the measurement; the encoder is the user's."""
    from index.settings import cache_folder

    cache = Path(scratch) / "cache"
    cache.mkdir()
    (cache / "encoders").symlink_to(cache_folder() / "encoders")
    return environment(CHAPTER_VERSE_CACHE=str(cache))


if __name__ == "__main__":
    main()
