"""The reader: a model that reads a question with a passage, and says whether and in which words it answers.

A six-layer MiniLM reads both together. It gives each word piece of the passage a
start and an end score (Devlin et al. 2019, section 4.3), and the passage two
log-odds: that it answers, and that it is relevant. `qa/weights/CARD.md` describes
how it was trained, on what data, and how well it does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import Offsets, Store, language_of, open_model, searchable, threads
from qa.ask.retrieve import Candidate
from source import ChapterVerseError, PerProcess, Span, isolated, submit

_WEIGHTS = Path(__file__).parents[1] / "weights"
_SHA256 = {
    "reader.onnx": "277b53a1d06ac6395792ae80c32435b313a11ae0094443cb923f46bf818b84bd",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
_LANGUAGES = {"en"}  # that the reader was trained on
# Only candidates whose score is within this of the first one's are read: others hardly ever hold the better answer
# (`tests/benchmarks/cascade.py`). The first two are read in any case, so that there is a choice.
READ_WITHIN = 0.3
MIN_READ, MAX_READ = 2, 8
_CLS, _SEP = 101, 102  # token ids
_MAX_QUESTION = 128  # word pieces; the rest of a longer question is not read
_MAX_PIECES = 512  # of question and passage together: the model's number of positions
_MAX_ANSWER = 30  # word pieces

_Scores = NDArray[np.float32]


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

    `answers`: log-odds that it answers. `relevance`: a tenth of a
    cross-encoder's log-odds. `starts`, `ends`: (pieces,) log-probabilities that
    the answer, if there is one, starts or ends at each word piece. `offsets`:
    (pieces, 2) offsets of the word pieces in the passage; those of the context are below 0.
    """

    answers: float
    relevance: float
    starts: _Scores
    ends: _Scores
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


@lru_cache(maxsize=256)
def _spans(count: int) -> NDArray[np.bool_]:
    """(count, count): which pairs of start and end make a span of at most `_MAX_ANSWER` word pieces."""
    return np.triu(np.tril(np.ones((count, count), bool), _MAX_ANSWER - 1))


class ReaderMissing(ChapterVerseError):
    """A file of the reader that ships with the project is missing or damaged."""


class Reader:
    """The reading model that ships with the project. Safe to use from several threads.

    Its files are checked against their SHA-256 before they are parsed. Raises ReaderMissing.
    """

    def __init__(self, folder: Path = _WEIGHTS) -> None:
        from tokenizers import Tokenizer  # imported late: `retrieve` doesn't need it

        self._tokenizer = Tokenizer.from_str(_checked(folder / "tokenizer.json").decode())
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._session = open_model(_checked(folder / "reader.onnx"))
        self._pool = PerProcess(lambda: ThreadPoolExecutor(threads(), "reader"))

    def read(self, question: str, passages: Sequence[str], contexts: Sequence[str] = ()) -> list[Reading]:
        """Reads each passage, after its context if `contexts` has them, with the question, in parallel on the cores."""
        read = partial(self._read, question)
        contexts = contexts or [""] * len(passages)
        if threads() == 1:
            return list(map(read, passages, contexts))
        readings = [submit(self._pool(), read, *each) for each in zip(passages, contexts, strict=True)]
        return [reading.result() for reading in readings]

    def _read(self, question: str, passage: str, context: str) -> Reading:
        question_ids = self._tokenizer.encode(question, add_special_tokens=False).ids[:_MAX_QUESTION]
        normalized = searchable(context + passage)
        text = self._tokenizer.encode(normalized.text, add_special_tokens=False)
        pieces = text.ids[: _MAX_PIECES - len(question_ids) - 3]
        ids = [_CLS, *question_ids, _SEP, *pieces, _SEP]
        types = [0] * (len(question_ids) + 2) + [1] * (len(pieces) + 1)
        spans, whole = self._session.run(None, {"ids": np.array([ids], np.int64), "types": np.array([types], np.int64)})
        own = slice(len(question_ids) + 2, -1)
        offsets = normalized.to_original(np.array(text.offsets[: len(pieces)], np.int64).reshape(-1, 2))
        starts, ends = (_log_softmax(spans[0, own, column]) for column in (0, 1))
        return Reading(float(whole[0, 0]), float(whole[0, 1]), starts, ends, offsets - len(context))


open_reader = PerProcess(Reader)
"""The reader, opened once per process. Raises as `Reader`."""


def worth_reading(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    """The first of the candidates (given best first): those close enough to the best that reading them pays."""
    near = sum(each.score >= candidates[0].score - READ_WITHIN for each in candidates)
    return candidates[: min(max(near, MIN_READ), MAX_READ)]


def read(store: Store, question: str, candidates: Sequence[Candidate]) -> list[Reading | None]:
    """Reads each candidate; None for each of them if the reader doesn't know the language.

    The passages must be in a known one as well; most questions to them are in theirs.
    """
    texts = [store.passage(each.passage).text for each in candidates]
    context = "\n".join(texts)
    if not {language_of(context), language_of(question, context)} <= _LANGUAGES:
        return [None] * len(candidates)
    return list(open_reader().read(question, texts, [store.context(each.passage) for each in candidates]))


def _checked(file: Path) -> bytes:
    """The bytes of one of the reader's files, checked against its SHA-256."""
    try:
        data = file.read_bytes()
    except OSError:
        data = b""
    if hashlib.sha256(data).hexdigest() != _SHA256[file.name]:
        raise ReaderMissing(f"The reader's file {isolated(file)} is missing or damaged. Reinstall the project.")
    return data


def _log_softmax(scores: _Scores) -> _Scores:
    if not len(scores):
        return scores
    shifted = scores - scores.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()), np.float32)
