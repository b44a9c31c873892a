"""An index in a folder beside the same one in LanceDB: how well they answer, how fast, and what they take.

    python tests/benchmarks/engines.py [SET_DIR ...] [--sizes N ...] [--s3] [--scratch DIR]

Linux only; needs the extra `lance`. Each SET_DIR holds `passages.jsonl` and `questions.jsonl`: *same first quote* is
the share of its questions whose first quote is the same, to the character. `--sizes`: texts as those of `growth.py`,
whose columns these are. *publish*: of what the folder has encoded already. *answer* is asked of what *retrieval* has
asked before, with its rows in memory. With `--s3` LanceDB's folder is asked as a bucket, too (`s3_folder.py`):
*requests* are those of a question when as many others have been asked before, *answered* what comes back for them.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import growth
from s3_folder import S3Folder

import qa
from index import Encoder, Store, build, folder_of
from qa.evaluation.evaluate import outcome, summary
from qa.evaluation.questions import read_questions

sys.path.append(str(Path(__file__).parents[1] / "contract"))
from kinds import KEYS, environment, free_port

_MEASURES = ("hit@1", "hit@5", "answer_in_quote@1", "latency_p50_ms", "latency_p95_ms")


@contextmanager
def built(sources: Sequence[Path], scratch: Path) -> Iterator[list[str]]:
    """The addresses of the same index in a folder and in LanceDB."""
    folder, address = scratch / "folder", f"lance://{scratch.absolute()}/lance"
    build(folder, sources)
    shutil.copytree(folder, folder_of(address))  # what is encoded already is only published
    build(address, sources)
    yield [str(folder), address]


def set_rows(path: Path, scratch: Path) -> Iterator[list[str]]:
    """A row for each index of a set."""
    questions = read_questions(path / "questions.jsonl")
    first: list[tuple[str, int, int, str]] = []
    with built([path / "passages.jsonl"], scratch) as addresses:
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

    def ask_with_hits(
        self, question: str, history: Sequence[str] = (), documents: Sequence[str] = ()
    ) -> tuple[qa.Answer, list[qa.Hit]]:
        answer, hits = super().ask_with_hits(question, history, documents)
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
    address = f"lance://{lance.absolute()}"
    staging = folder_of(address)
    staging.parent.mkdir(parents=True, exist_ok=True)
    staging.symlink_to(folder)  # what is encoded already is only published
    started = time.perf_counter()
    build(address, [folder.with_name("texts.jsonl")])
    named = _named(texts, "LanceDB", f"{time.perf_counter() - started:.0f}", growth.disk(lance))
    yield named | growth.measured(address, questions, scratch) | (traffic(lance, questions) if s3 else {})


def traffic(lance: Path, questions: Sequence[str]) -> dict[str, str]:
    """What a question asks of S3, were this folder there."""
    server = S3Folder(lance.parent, free_port())
    with server.serving(), environment(**KEYS, AWS_ENDPOINT_URL=f"http://127.0.0.1:{server.port}"):
        book = qa.load(f"lance+s3://bucket/{lance.name}")
        half = len(questions) // 2
        for number, question in enumerate(questions):
            if number == half:
                server.requests = server.answered = 0
            book.ask(question)
    asked = len(questions) - half
    return {"requests": f"{server.requests / asked:.0f}", "answered, KB": f"{server.answered / asked / 1000:.0f}"}


def _named(texts: str, index: str, seconds: str, disk: str) -> dict[str, str]:
    return {"texts": texts, "index": index, "build / publish, s": seconds, "disk, MB": disk}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, nargs="*", metavar="SET_DIR")
    parser.add_argument("--sizes", type=int, nargs="*", default=[], metavar="N")
    parser.add_argument("--s3", action="store_true", help="with --sizes: LanceDB asked as on S3, too")
    parser.add_argument(
        "--scratch", type=Path, help="where the indexes of --sizes are built, stay, and are found the next time"
    )
    arguments = parser.parse_args()
    if arguments.sets:
        print(f"| set | index | {' | '.join(_MEASURES)} | same first quote |\n|{' --- |' * (len(_MEASURES) + 3)}")
    for path in arguments.sets:
        with tempfile.TemporaryDirectory() as scratch, own_staging(scratch):
            for row in set_rows(path, Path(scratch)):
                print(f"| {' | '.join(row)} |", flush=True)
    for number, size in enumerate(arguments.sizes):
        with (
            growth.scratch_in(arguments.scratch) as kept,
            tempfile.TemporaryDirectory() as staging,
            own_staging(staging),
        ):
            for each, cells in enumerate(size_rows(size, kept, arguments.s3)):
                if not number and not each:
                    heads = [*cells, *(["requests", "answered, KB"] if arguments.s3 else [])]
                    print(f"\n| {' | '.join(heads)} |\n|{' --- |' * len(heads)}")
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
