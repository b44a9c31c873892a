"""Building an index again: one build at a time in this process, from the sources that it was last built from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock

from index import DEFAULT_INDEX, Progress, Report, Settings, build, changes, ignore, last_build
from qa.evaluation.golden import judge
from source import ChapterVerseError

_building = Lock()
_BETWEEN = 0.1  # seconds in which someone who waits says so


def rebuild(
    path: str | Path = DEFAULT_INDEX,
    sources: Sequence[str | Path] = (),
    progress: Progress | None = None,
    on: str = "",
) -> str:
    """Makes the index in `path` answer from `sources`, and says in a sentence what was done.

    Without `sources` it is made again from those it was last made from.
    `on`: as `index.build`. Raises the errors of `index` and `source`, and
    AnswersWorse; the old index then goes on to answer.
    """
    with one_at_a_time(progress or ignore):
        return str(build_again(path, sources, progress or ignore, on=on))


def build_again(
    index: str | Path,
    sources: Sequence[str | Path],
    progress: Progress,
    required: Set[Path] = frozenset(),
    on: str = "",
) -> Report:
    """As `rebuild`. `required`: as `index.build`."""
    roots, ocr = last_build(index)
    settings = replace(Settings.from_environment(), ocr=ocr)
    return build(index, sources or roots, settings=settings, progress=progress, approve=judge, required=required, on=on)


@contextmanager
def one_at_a_time(progress: Progress) -> Iterator[None]:
    """The right to build, which one thread of this process has at a time; the others wait."""
    while not _building.acquire(timeout=_BETWEEN):
        progress("waiting", 0, 1)
    try:
        yield
    finally:
        _building.release()


def watch(
    path: str | Path, sources: Sequence[str | Path], tell: Callable[[str], object], stop: Event | None = None
) -> None:
    """Rebuilds the index in `path` whenever its sources have changed, until `stop` is set.

    `tell` is called with what was done, or with why it could not be.
    """
    for _ in changes(path, sources or last_build(path)[0], stop):
        try:
            report = rebuild(path, sources)
        except ChapterVerseError as error:
            report = str(error)
        tell(report)
