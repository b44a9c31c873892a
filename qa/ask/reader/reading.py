"""What a reader says about one passage: which words answer, and whether any do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from index import Offsets
from source import Span

MAX_ANSWER = 30
"""Word pieces in an answer at most."""

PieceScores = NDArray[np.float32]
"""(pieces,)"""


@dataclass(frozen=True, slots=True)
class FoundAnswer:
    """The likeliest answer in a part of a passage, and the log-probability of its words.

    `span`: offsets in the passage; below 0 in its context, which ends at 0.
    """

    span: Span
    likelihood: float


@dataclass(frozen=True, slots=True)
class Reading:
    """The reader's output for one passage.

    `answers`: log-odds that it answers. `relevance`: a tenth of a cross-encoder's
    log-odds; 0, which favours no passage, from a reader that doesn't judge it.
    `starts`, `ends`: (pieces,) log-probabilities that the answer, if there is one, starts
    or ends at each word piece. `offsets`: (pieces, 2) offsets of the word pieces in the
    passage; those of the context are below 0.
    """

    answers: float
    relevance: float
    starts: PieceScores
    ends: PieceScores
    offsets: Offsets

    def best(self, start: int, end: int) -> FoundAnswer | None:
        """The likeliest answer from `start` to `end` in the passage; None if no word piece of it was read."""
        first, last = np.searchsorted(self.offsets[:, 0], (start, end))
        count = int(last - first)
        if not count:
            return None
        scores = self.starts[first:last, None] + self.ends[None, first:last]
        row, column = divmod(int(np.where(_spans(count), scores, -np.inf).argmax()), count)
        span = Span(int(self.offsets[first + row, 0]), int(self.offsets[first + column, 1]))
        return FoundAnswer(span, float(scores[row, column]))


def averaged(one: Reading, other: Reading) -> Reading:
    """The mean of two readings of the same passage, as far as both go."""
    both = min(len(one.offsets), len(other.offsets))
    return Reading(
        answers=(one.answers + other.answers) / 2,
        relevance=(one.relevance + other.relevance) / 2,
        starts=np.asarray((one.starts[:both] + other.starts[:both]) / 2, np.float32),
        ends=np.asarray((one.ends[:both] + other.ends[:both]) / 2, np.float32),
        offsets=one.offsets[:both],
    )


@lru_cache(maxsize=256)
def _spans(count: int) -> NDArray[np.bool_]:
    """(count, count): which pairs of start and end make a span of at most `MAX_ANSWER` word pieces."""
    return np.triu(np.tril(np.ones((count, count), bool), MAX_ANSWER - 1))
