"""Reads the candidates that are worth it."""

from __future__ import annotations

from collections.abc import Sequence

from index import Store, language_of
from qa.ask.conversation import ContextualQuestion
from qa.ask.reader.load import reader_for
from qa.ask.reader.reading import Reading, averaged
from qa.ask.retrieve import Candidate

# Only candidates whose score is within this of the first one's are read: others hardly ever hold the better answer
# (`tests/benchmarks/cascade.py`). The first two are read in any case, so that there is a choice.
READ_WITHIN = 0.3
MIN_READ, MAX_READ = 2, 8
_LONGEST = 400  # characters of a question with its context: about as much of a question as the reader reads


def worth_reading(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    """The first of the candidates (given best first): those close enough to the best that reading them pays."""
    near = sum(each.score >= candidates[0].score - READ_WITHIN for each in candidates)
    return candidates[: min(max(near, MIN_READ), MAX_READ)]


def read(store: Store, question: ContextualQuestion, candidates: Sequence[Candidate]) -> list[Reading | None]:
    """Reads each candidate; None for each of them if no reader knows the languages of question and passages.

    A question with a context is read alone and after it, and the means count: alone it may mean anything, and after
    it, it may be read over.
    """
    texts = [store.passage(each.passage).text for each in candidates]
    beside = "\n".join(texts)
    reader = reader_for({language_of(beside), language_of(question.question, beside)})
    if not reader:
        return [None] * len(candidates)
    contexts = [store.context(each.passage) for each in candidates]
    alone = reader.read(question.question, texts, contexts)
    if not question.context:
        return list(alone)
    return list(map(averaged, alone, reader.read(question.searched_for[-_LONGEST:], texts, contexts)))
