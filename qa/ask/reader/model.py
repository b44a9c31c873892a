"""Runs a reader's model, which reads question and passage together, in ONNX Runtime.

It gives each word piece of the passage a start and an end score (Devlin et al. 2019,
section 4.3). A reader of ours gives the passage two log-odds besides: that it
answers, and that it is relevant. Other models for extractive question answering do
not. Theirs that the passage answers are the score of its best span against that of
the first piece, which stands for no answer (ibid.), and relevance is not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from index import open_model, searchable, threads
from qa.ask.reader.pairs import MAX_PIECES, Pair, PairTokenizer, without_blanks
from qa.ask.reader.reading import MAX_ANSWER, PieceScores, Reading
from source import ChapterVerseError, PerProcess, submit

WordVectors = Callable[[NDArray[np.int64]], NDArray[np.float32]]

_MOST_ODDS = 5.0


class ReaderMissing(ChapterVerseError):
    """A file of the reader that ships with the project, or the user's own reader, is missing or unusable."""


class Reader:
    """A reading model. Safe to use from several threads.

    `model`: ONNX, with the inputs `ids` and, if it tells question and passage apart by them, `types`, (1, pieces)
    each; and the outputs `spans`, (1, pieces, 2), and, if it has them, `whole`, (1, 2): the log-odds. One that has the
    vectors of word pieces from elsewhere has the input `words`, (1, pieces, dimension), instead of `ids`; they are
    looked up in `words` by the ids (pieces,).
    `tokenizer`: its own, of the library tokenizers.
    """

    def __init__(
        self, model: bytes, tokenizer: Any, max_pieces: int = MAX_PIECES, words: WordVectors | None = None
    ) -> None:
        self._words = words
        self._pairs = PairTokenizer(tokenizer, max_pieces)
        self._session = open_model(model)
        self._inputs = [each.name for each in self._session.get_inputs()]
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
        normalized = searchable(context + passage)
        pair = self._pairs.encode(question, normalized.text)
        spans, *whole = self._run(pair)
        scores, offsets = spans[0, pair.own], pair.offsets
        if self._pairs.blanks:
            offsets = without_blanks(normalized.text, offsets)
            inked = offsets[:, 0] < offsets[:, 1]
            scores, offsets = scores[inked], offsets[inked]
        offsets = normalized.to_original(offsets)
        answers, relevance = whole[0][0].tolist() if whole else (_answers(spans[0], scores), 0.0)
        starts, ends = (_log_softmax(scores[:, column]) for column in (0, 1))
        return Reading(answers, relevance, starts, ends, offsets - len(context))

    def scores(self, question: str, text: str) -> NDArray[np.float32]:
        """(pieces, 2): the start and end score of every word piece of a pair, special tokens included."""
        return np.asarray(self._run(self._pairs.encode(question, text))[0][0])

    def _run(self, pair: Pair) -> list[Any]:
        given: dict[str, NDArray[Any]] = {"ids": pair.ids, "types": pair.types}
        if self._words:
            given["words"] = self._words(pair.ids[0])[None]
        return list(self._session.run(None, {name: given[name] for name in self._inputs}))


def _answers(all: NDArray[np.float32], own: NDArray[np.float32]) -> float:
    """The log-odds of the best span against no answer, from the scores (pieces, 2) of all pieces and the passage's.

    They are kept within ±`_MOST_ODDS`, about as far as the shipped reader's go: the weights of
    the other features were fitted beside those, and some models never learnt that there may be no answer.
    """
    ends = np.concatenate([own[:, 1], np.full(MAX_ANSWER - 1, -np.inf, np.float32)])
    last = sliding_window_view(ends, MAX_ANSWER).max(axis=1) if len(own) else ends[:0]
    best = float((own[:, 0] + last).max(initial=-np.inf))
    return _MOST_ODDS * float(np.tanh((best - float(all[0].sum())) / _MOST_ODDS))


def _log_softmax(scores: PieceScores) -> PieceScores:
    if not len(scores):
        return scores
    shifted = scores - scores.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()), np.float32)
