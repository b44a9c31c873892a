"""Rebuilds an index from the sources it was last built from, one build at a time in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock

from index import DEFAULT_INDEX, Progress, Report, Settings, build, changes, ignore, last_build
from qa.evaluation.golden import judge
from source import ChapterVerseError, PerProcess

_building = PerProcess(Lock)
_POLL = 0.1  # seconds between the progress updates of a build that waits for another


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
        return str(build_report(path, sources, progress or ignore, on=on))


def build_report(
    index: str | Path,
    sources: Sequence[str | Path],
    progress: Progress,
    required: Set[Path] = frozenset(),
    on: str = "",
) -> Report:
    """Builds as `rebuild` does, but without its lock; returns the whole report. `required`: as for `index.build`."""
    roots, ocr = last_build(index)
    settings = replace(Settings.from_environment(), ocr=ocr)
    return build(index, sources or roots, settings=settings, progress=progress, approve=judge, required=required, on=on)


@contextmanager
def exclusive_build(progress: Progress) -> Iterator[None]:
    """Holds this process's build lock; while another thread holds it, reports "waiting" to `progress`."""
    while not _building().acquire(timeout=_POLL):
        progress("waiting", 0, 1)
    try:
        yield
    finally:
        _building().release()


def watch(
    path: str | Path, sources: Sequence[str | Path], tell: Callable[[str], object], stop: Event | None = None
) -> None:
    """Rebuilds the index in `path` whenever its sources change, until `stop` is set.

    `tell` is called with the report of each build, or with the message of its error.
    """
    try:
        for _ in changes(path, sources or last_build(path)[0], stop):
            tell(_report(path, sources))
    except (ChapterVerseError, OSError) as error:
        tell(f"Changes of the sources are no longer noticed: {error}")


def _report(path: str | Path, sources: Sequence[str | Path]) -> str:
    try:
        return rebuild(path, sources)
    except ChapterVerseError as error:
        return str(error)
