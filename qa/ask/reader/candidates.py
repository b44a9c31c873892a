"""Reads the candidates that are worth it."""

from __future__ import annotations

from collections.abc import Sequence

from index import Store, language_of
from qa.ask.conversation import ContextualQuestion
from qa.ask.reader.load import chosen
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
    """Reads each candidate; None for each of them if the reader doesn't know the language.

    The passages must be in a known one as well; most questions to them are in theirs. A question with a context is
    read alone and after it, and the means count: alone it may mean anything, and after it, it may be read over.
    """
    texts = [store.passage(each.passage).text for each in candidates]
    reader = chosen()
    if reader.languages is not None:
        context = "\n".join(texts)
        if not {language_of(context), language_of(question.question, context)} <= reader.languages:
            return [None] * len(candidates)
    contexts, opened = [store.context(each.passage) for each in candidates], reader.open()
    alone = opened.read(question.question, texts, contexts)
    if not question.context:
        return list(alone)
    return list(map(averaged, alone, opened.read(question.searched_for[-_LONGEST:], texts, contexts)))
