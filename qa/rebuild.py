"""Rebuilds an index from the sources it was last built from, one build at a time in this process."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event

from index import (
    DEFAULT_INDEX,
    PATIENCE,
    IndexUnwritable,
    Progress,
    Report,
    Settings,
    address_of,
    build,
    changes,
    ignore,
    last_build,
)
from qa.evaluation.golden import judge
from source import ChapterVerseError, PerProcess, from_here, paths, wait_until

_queue = PerProcess[deque[object]](deque)  # those of this process, the one in progress first


def rebuild(
    path: str | Path = DEFAULT_INDEX,
    sources: Sequence[str | Path] = (),
    progress: Progress | None = None,
    on: str = "",
) -> str:
    """Updates the index in `path` from `sources`; returns a sentence that says what was done.

    Without `sources` it is rebuilt from those of its last build. `on`: as for
    `index.build`. Raises the errors of `index` and `source`, and AnswersWorse; the
    index then stays unchanged.
    """
    with exclusive_build(progress or ignore):
        return str(build_report(path, last_build(path, sources), progress or ignore, on=on))


def build_report(
    index: str | Path,
    last: tuple[Sequence[str | Path], str],
    progress: Progress,
    required: Set[Path] = frozenset(),
    on: str = "",
) -> Report:
    """Builds as `rebuild` does, but without its lock; returns the whole report.

    `last`: the sources and the OCR languages, from `index.last_build`. `required`: as for `index.build`.
    """
    sources, ocr = last
    settings = replace(Settings.from_environment(), ocr=ocr)
    return build(
        index, sources, settings=settings, progress=progress, approve=judge, required=required, on=on,
        patience=PATIENCE,
    )  # fmt: skip


@contextmanager
def exclusive_build(progress: Progress) -> Iterator[None]:
    """Makes this process's changes one at a time, in the order in which they came.

    While another one is in progress, reports "waiting" to `progress`. Raises IndexUnwritable if that lasts too long.
    """
    queue, mine = _queue(), object()
    queue.append(mine)
    try:
        if not wait_until(lambda: queue[0] is mine, PATIENCE, partial(progress, "waiting", 0, 1)):
            raise IndexUnwritable("Another update of the documents is still in progress. Try again later.")
        yield
    finally:
        queue.remove(mine)


def watch(
    path: str | Path, sources: Sequence[str | Path], tell: Callable[[str], object], stop: Event | None = None
) -> None:
    """Rebuilds the index in `path` whenever its sources change, until `stop` is set.

    `tell` is called with the report of each build, or with the message of its error.
    """
    index, named = str(address_of(path)), [str(source) for source in paths(sources, "sources")]
    absolute = [str(Path(source).absolute()) for source in named]
    try:
        for _ in changes(index, named, stop):
            tell(_report(index, from_here(named, absolute)))
    except (ChapterVerseError, OSError) as error:
        tell(f"Changes of the sources are no longer noticed: {error}")


def _report(path: str, sources: Sequence[str | Path]) -> str:
    try:
        return rebuild(path, sources)
    except ChapterVerseError as error:
        return str(error)
