"""What a system's replies come to."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from asking import Reply, Round
from sets import Question

SHORT, LONG = 350, 1000
"""Characters that are read of what a system shows: one or two quotes, about a passage and a half."""


class Figures(NamedTuple):
    """A row of the table. Shares are of questions, `in_*` of those with answer strings; None where there are none."""

    hit1: float
    hit5: float
    in_short: float | None
    in_long: float | None
    p50_ms: float
    p95_ms: float
    cold_s: float
    build_s: float
    passages_s: float
    peak_mb: float
    disk_mb: float


def judge(
    rounds: Sequence[Round], questions: Sequence[Question], titles: dict[str, str], timed: int, passages: int,
    build_s: float, index: Path,
) -> Figures:  # fmt: skip
    """The figures of a system: quality from the first round, which has every question; medians of times over all."""
    replies = rounds[0].replies
    times = [sorted(reply.milliseconds for reply in each.replies[:timed]) for each in rounds]
    return Figures(
        hit1=_mean([_hit(r, q, 1) for r, q in zip(replies, questions, strict=True)]) or 0.0,
        hit5=_mean([_hit(r, q, 5) for r, q in zip(replies, questions, strict=True)]) or 0.0,
        in_short=_mean([_shows(r, q, titles, SHORT) for r, q in zip(replies, questions, strict=True) if q.answers]),
        in_long=_mean([_shows(r, q, titles, LONG) for r, q in zip(replies, questions, strict=True) if q.answers]),
        p50_ms=statistics.median(_quantile(each, 0.5) for each in times),
        p95_ms=statistics.median(_quantile(each, 0.95) for each in times),
        cold_s=statistics.median(each.cold for each in rounds),
        build_s=build_s,
        passages_s=passages / build_s,
        peak_mb=max(each.peak for each in rounds),
        disk_mb=sum(file.stat().st_size for file in index.rglob("*") if file.is_file()) / 1e6,
    )


def _hit(reply: Reply, question: Question, k: int) -> bool:
    """Whether a gold passage is among the first `k` different ones."""
    return not question.gold.isdisjoint(list(dict.fromkeys(result.id for result in reply.results))[:k])


def _shows(reply: Reply, question: Question, titles: dict[str, str], characters: int) -> bool:
    """Whether someone who reads so many characters from the top has read an answer, word for word.

    The title that some peers are given at the head of the text is not counted
    against them.
    """
    texts = (result.text.removeprefix(titles.get(result.id, "")).lstrip() for result in reply.results)
    read = "\n".join(texts)[:characters]
    return any(answer in read for answer in question.answers)


def _mean(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Linear between the nearest two, as NumPy has it."""
    at = share * (len(ordered) - 1)
    low, high = ordered[int(at)], ordered[min(int(at) + 1, len(ordered) - 1)]
    return low + (high - low) * (at - int(at))
