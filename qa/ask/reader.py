"""The reader: a question and a passage in, where the answer's words are and whether they answer.

A MiniLM of six layers reads both together and gives each word piece of the
passage a start and an end score (Devlin et al. 2019, section 4.3), and the whole
two log-odds: that the passage answers, and that it is relevant. How it was
trained, on what, and how well it does: `qa/weights/CARD.md`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import Offsets, Store, language_of, open_model, searchable, threads
from qa.ask.retrieve import Candidate
from source import ChapterVerseError, Span

_WEIGHTS = Path(__file__).parents[1] / "weights"
_SHA256 = {
    "reader.onnx": "f389003cd086349eafbda33bdf2526a446eeca7e717ef717d9f56c9c7ad5460c",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
_KNOWN = {"en"}  # languages
# Candidates are read while their score comes this near to the first one's: further ones hardly ever hold the
# better answer (`tests/benchmarks/cascade.py`). The first few are read in any case, so that there is a choice.
READ_WITHIN = 0.3
FEWEST, MOST = 2, 8
_START, _END = 101, 102  # [CLS], [SEP]
_LONGEST_QUESTION = 128  # word pieces
_MOST_PIECES = 512  # of question and passage: the model has no more positions
_LONGEST = 30  # word pieces of an answer

_Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FoundAnswer:
    """The likeliest answer within a stretch of the passage, and the log-probability of just these words."""

    span: Span
    likelihood: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader makes of a passage.

    `answers`: log-odds. `relevance`: a tenth of a cross-encoder's log-odds.
    `starts`, `ends`: (pieces,) log-probabilities that the answer, if there is
    one, starts and ends there. `offsets`: (pieces, 2) in the passage.
    """

    answers: float
    relevance: float
    starts: _Scores
    ends: _Scores
    offsets: Offsets

    def best(self, start: int, end: int) -> FoundAnswer | None:
        """The likeliest answer in `passage[start:end]`; None where no word piece was read."""
        first, last = np.searchsorted(self.offsets[:, 0], (start, end))
        count = int(last - first)
        if not count:
            return None
        scores = self.starts[first:last, None] + self.ends[None, first:last]
        row, column = divmod(int(np.where(_spans(count), scores, -np.inf).argmax()), count)
        span = Span(int(self.offsets[first + row, 0]), int(self.offsets[first + column, 1]))
        return FoundAnswer(span, float(scores[row, column]))


@lru_cache(maxsize=256)
def _spans(count: int) -> NDArray[np.bool_]:
    """(count, count): which starts and ends make a span that is no longer than `_LONGEST`."""
    return np.triu(np.tril(np.ones((count, count), bool), _LONGEST - 1))


class ReaderMissing(ChapterVerseError):
    """The reader that ships with the project is not there, or not as it was released."""


class Reader:
    """The model that ships with the project, checked before it is parsed. Safe to use from several threads.

    Raises ReaderMissing.
    """

    def __init__(self, folder: Path = _WEIGHTS) -> None:
        from tokenizers import Tokenizer  # not before it is needed: a search needs no reader

        self._tokenizer = Tokenizer.from_str(_checked(folder / "tokenizer.json").decode())
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._session = open_model(_checked(folder / "reader.onnx"))

    def read(self, question: str, passages: Sequence[str]) -> list[Reading]:
        """What it makes of each passage; the cores share them."""
        read = partial(self._read, question)
        return list(map(read, passages) if threads() == 1 else self._pool.map(read, passages))

    def _read(self, question: str, passage: str) -> Reading:
        asked = self._tokenizer.encode(question, add_special_tokens=False).ids[:_LONGEST_QUESTION]
        read = searchable(passage)
        text = self._tokenizer.encode(read.text, add_special_tokens=False)
        pieces = text.ids[: _MOST_PIECES - len(asked) - 3]
        ids = [_START, *asked, _END, *pieces, _END]
        types = [0] * (len(asked) + 2) + [1] * (len(pieces) + 1)
        spans, whole = self._session.run(None, {"ids": np.array([ids], np.int64), "types": np.array([types], np.int64)})
        own = slice(len(asked) + 2, -1)
        offsets = read.to_original(np.array(text.offsets[: len(pieces)], np.int64).reshape(-1, 2))
        starts, ends = (_log_softmax(spans[0, own, column]) for column in (0, 1))
        return Reading(float(whole[0, 0]), float(whole[0, 1]), starts, ends, offsets)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(threads(), "reader")


@lru_cache(maxsize=1)
def open_reader() -> Reader:
    """The reader, opened once for all who ask in this process."""
    return Reader()


def worth_reading(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    """Those of the candidates, which are best first, that may still hold the answer."""
    near = sum(each.score >= candidates[0].score - READ_WITHIN for each in candidates)
    return candidates[: min(max(near, FEWEST), MOST)]


def read(store: Store, question: str, candidates: Sequence[Candidate]) -> list[Reading | None]:
    """What the reader makes of each candidate; None for all where it does not know the language.

    A question may be too short to tell its language by, so that the passages must be in it too.
    """
    texts = [store.passage(each.passage).text for each in candidates]
    if {language_of(question), language_of("\n".join(texts))} != _KNOWN:
        return [None] * len(candidates)
    return list(open_reader().read(question, texts))


def _checked(file: Path) -> bytes:
    """The bytes of one of the reader's files, once they are known to be what was released."""
    try:
        data = file.read_bytes()
    except OSError:
        data = b""
    if hashlib.sha256(data).hexdigest() != _SHA256[file.name]:
        raise ReaderMissing(f"The reader's file {file} is missing or damaged; install the project again.")
    return data


def _log_softmax(scores: _Scores) -> _Scores:
    if not len(scores):
        return scores
    shifted = scores - scores.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()), np.float32)
