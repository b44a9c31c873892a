"""One generation of an index that answers questions, by the steps of `qa.ask`."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, zip_longest
from operator import index

import numpy as np

from index import Encoder, IndexCorrupt, Rows, Store
from qa.answer import Answer, DocumentRef, Hit, Quote, State
from qa.ask.confidence import UNSURE, confidence, state_of, threshold
from qa.ask.conversation import ContextualQuestion, in_context, person_name, usable_history, validated
from qa.ask.documents import answer_about
from qa.ask.extent import FOUND, in_section
from qa.ask.keywords import evidence
from qa.ask.merge import merged
from qa.ask.named import Names, named_documents
from qa.ask.quotes import make_quotes
from qa.ask.reader import read, worth_reading
from qa.ask.retrieve import Candidate, Query, candidates, make_queries
from qa.ask.sentences import QuestionTerms, question_terms, ranked_sentences
from qa.ask.spelling import corrected
from qa.ask.timings import stage
from qa.ask.understand import Intent, Understood, understand
from qa.ask.understand.about import about
from qa.ask.versions import newest_first
from source import Box, Document, Span, UsageError, isolated, page_picture, strings

MOST_HITS = 1000
"""The largest `k`."""
QUOTES = 3
"""The default `k` of `ask`."""
# Further quotes are shown only if their score, in log-odds, is within this of the first one's.
_WORTH_SHOWING = 3.0


class DocumentMissing(UsageError):
    """The index has no document with the given id."""

    def __init__(self, id: str) -> None:
        super().__init__(id)  # and not the message: a copy, in another process too, is made from this

    def __str__(self) -> str:
        document = isolated(repr(self.args[0]))
        return f"There is no document {document} in the index. Run `python -m index documents` to list them."


class Edition:
    """One generation of an index with its encoder. Immutable, and safe to use from several threads.

    Raises IndexCorrupt if the vectors of encoder and store differ in dimension, and UsageError as `threshold`.
    """

    def __init__(self, store: Store, encoder: Encoder) -> None:
        if encoder.dimension != store.dimension:
            sizes = f"{store.dimension} dimensions, but those of its encoder have {encoder.dimension}"
            remedy = "Run `python -m index build --index DIR` to repair it."
            raise IndexCorrupt(f"The vectors of the index have {sizes}. {remedy}")
        self.store = store
        self.encoder = encoder
        self._threshold = threshold()
        self._names = Names(store)

    @property
    def generation(self) -> str:
        """The name of the generation."""
        return self.store.generation

    def documents(self) -> Iterator[DocumentRef]:
        """The documents in the index, in the order they were read."""
        return (DocumentRef.of(self.store.document(row)) for row in range(self.store.documents))

    def document(self, id: str) -> Document:
        """The document with this id. Raises KeyError."""
        if not isinstance(id, str):
            raise KeyError(id)
        return self.store.document_by_id(id)

    def page_picture(self, id: str, page: int) -> bytes:
        """A page of a document as a PNG. Raises KeyError, and a SourceError if its file has changed or is gone."""
        return page_picture(self.document(id), page)

    def boxes(self, id: str, span: Span) -> tuple[Box, ...]:
        """The boxes around the lines of a span, page by page; none if a letter's position isn't known.

        Raises KeyError.
        """
        return self.store.boxes(self.store.rows.row(id), span)

    def retrieve(self, query: str, k: int = 5, documents: Sequence[str] = ()) -> list[Hit]:
        """The `k` best-matching passages, best first, of all documents or of those with these ids.

        Raises UsageError for a query that is empty or too long, and DocumentMissing for an unknown id.
        """
        _check_k(k)
        documents = strings(documents, "documents")
        among = self._rows(documents)
        question = self._in_context(understand(validated(query)).whole, (), documents)
        return self._hits(candidates(self.store, make_queries(question, self.encoder), k, among))

    def ask(self, question: str, history: Sequence[str] = (), k: int = QUOTES, documents: Sequence[str] = ()) -> Answer:
        """The quotes that answer `question`, or an Answer that is not answered.

        `history`: the earlier questions of this conversation, oldest first. `k`: the
        maximum number of quotes. `documents`: the ids of the documents to search;
        all of them if empty. Raises UsageError for a question that is empty or too
        long, and DocumentMissing for an unknown id.
        """
        _check_k(k)
        return self._answer(question, history, k, documents)[0]

    def ask_with_hits(
        self, question: str, history: Sequence[str] = (), documents: Sequence[str] = ()
    ) -> tuple[Answer, list[Hit]]:
        """The answer and the passages that were searched for it, best first, for an evaluation to judge."""
        answer, retrieved = self._answer(question, history, QUOTES, documents)
        return answer, self._hits(retrieved)

    def _answer(
        self, question: str, history: Sequence[str], k: int, documents: Sequence[str] = ()
    ) -> tuple[Answer, list[Candidate]]:
        """The answer to what is asked, part by part, and the candidates for it."""
        documents = strings(documents, "documents")
        among = self._rows(documents)
        history = usable_history(history)
        understood = understand(validated(question))
        if understood.intent.is_small_talk:
            return Answer(question, State.NOTHING, 0.0, (), (), understood.question, remark=understood.intent.value), []
        if answer := self._about_documents(question, understood.question, bool(history), documents):
            return answer, []
        parts = [self._in_context(part, history, documents) for part in understood.parts]
        answered = [self._answer_to(part, understood.intent, k, documents, among) for part in parts]
        retrieved = [each for _, each in answered]
        if len(parts) == 1:
            return replace(answered[0][0], question=question), retrieved[0]
        answer = merged(question, _searched_for(understood, parts), [each for each, _ in answered], k)
        return answer, _interleaved(retrieved)

    def _answer_to(
        self, contextual: ContextualQuestion, intent: Intent, k: int, documents: Sequence[str], among: Rows | None
    ) -> tuple[Answer, list[Candidate]]:
        """Takes a simple question through all steps after its context, and keywords through theirs."""
        queries = make_queries(contextual, self.encoder)
        among, preferred = self._named(contextual.question, among)
        retrieved = candidates(self.store, queries, among=among, preferred=preferred)
        terms = question_terms(self.store, contextual.question, contextual.context)
        # Keywords that follow a question up ("and 2022") may have become one.
        is_keywords = intent is Intent.KEYWORDS and understand(contextual.question).intent is intent
        if is_keywords and not contextual.context and retrieved and terms.words:
            self.store.prefetch([each.passage for each in retrieved])
            with stage("quotes"):
                probability, quotes = evidence(self.store, retrieved, terms, k, UNSURE)
        else:
            probability, quotes = self._read(contextual, queries, retrieved, terms, k)
        if documents:
            selected = frozenset(documents)
            quotes = [_restricted(quote, selected) for quote in quotes]
        return self._decided(contextual, probability, quotes), retrieved

    def _read(
        self,
        contextual: ContextualQuestion,
        queries: list[Query],
        retrieved: Sequence[Candidate],
        terms: QuestionTerms,
        k: int,
    ) -> tuple[float, list[Quote]]:
        """The quotes that may answer a question, and the probability that the first does."""
        with stage("reading"):
            chosen = worth_reading(retrieved)
            self.store.prefetch([each.passage for each in chosen])
            readings = read(self.store, contextual, chosen)
        with stage("sentences"):
            ranked = ranked_sentences(self.store, queries, chosen, readings, terms)
            ranked, sections = in_section(self.store, contextual.question, ranked)
        if not ranked:
            return 0.0, []
        with stage("confidence"):
            probability = confidence(self.store, queries, ranked[0], terms)
            if sections:
                probability = max(probability, FOUND / sections)
        with stage("quotes"):
            return probability, make_quotes(self.store, contextual.question, ranked, terms, k)

    def _about_documents(self, question: str, asked: str, follows: bool, documents: Sequence[str]) -> Answer | None:
        """The answer to a question about the documents themselves; None for any other. `asked`: what it comes to."""
        found = about(asked)
        answer = answer_about(self.store, self._names, found, question, documents, follows) if found else None
        return answer and replace(answer, searched_for=asked)

    def _named(self, question: str, among: Rows | None) -> tuple[Rows | None, Rows | None]:
        """The passages to search (None: all), and those to prefer, by the documents that a question names."""
        named = named_documents(self._names, question)
        if not named.rows:
            return among, None
        rows = np.concatenate([np.array(self.store.passages_in(row), np.int64) for row in named.rows])
        if among is not None:
            rows = np.intersect1d(rows, among)
        return (rows, None) if named.only and len(rows) else (among, rows)

    def _decided(self, contextual: ContextualQuestion, probability: float, quotes: Sequence[Quote]) -> Answer:
        """The answer, in the state that its confidence gives it."""
        state = state_of(probability, self._threshold) if quotes else State.NOTHING
        answered = state is State.ANSWERED
        close = [quote for quote in quotes if quote.score >= quotes[0].score - _WORTH_SHOWING]
        return Answer(
            question=contextual.question,
            state=state,
            confidence=probability,
            quotes=newest_first(close, contextual.question) if answered else (),
            nearest=() if answered else tuple(quotes),
            searched_for=contextual.searched_for,
        )

    def _hits(self, retrieved: Sequence[Candidate]) -> list[Hit]:
        with stage("passages"):
            self.store.prefetch([each.passage for each in retrieved])
            return [
                Hit(self.store.passage(each.passage), each.score, rank, self._ref(each.passage))
                for rank, each in enumerate(retrieved, start=1)
            ]

    def _rows(self, documents: Sequence[str]) -> Rows | None:
        """The passages of the documents with these ids; None, which means all, if there are no ids."""
        if not documents:
            return None
        try:
            return self.store.passages_of(documents)
        except KeyError as error:
            raise DocumentMissing(error.args[0]) from None

    def _in_context(
        self, question: ContextualQuestion, history: Sequence[str], documents: Sequence[str]
    ) -> ContextualQuestion:
        """The question without typing errors, with its context or else the one it needs from earlier questions."""
        asked = corrected(self.store, self.encoder, question.question)
        if question.context:
            return replace(question, question=asked)
        earlier = [each.question for each in map(understand, history) if not each.intent.is_small_talk]
        return in_context(asked, earlier, partial(self._recall, documents))

    def _recall(self, documents: Sequence[str], question: str) -> str | None:
        """The person's name that answers an earlier question."""
        answer = self.ask(question, k=1, documents=documents)
        quote = next(iter(answer.quotes or answer.nearest), None)
        names = [person_name(quote.text_of(highlight)) for highlight in quote.highlights] if quote else []
        return next((name for name in names if name), None)

    def _ref(self, passage: int) -> DocumentRef:
        return DocumentRef.of(self.store.document(self.store.document_of(passage)))


def _check_k(k: int) -> None:
    try:
        in_range = 1 <= index(k) <= MOST_HITS
    except TypeError:
        raise UsageError(f"k must be a whole number, not {type(k).__name__}.") from None
    if not in_range:
        raise UsageError(f"k must be between 1 and {MOST_HITS}, not {k}.")


def _restricted(quote: Quote, documents: Container[str]) -> Quote:
    """The quote without its places in documents that are not searched."""
    return replace(quote, elsewhere=tuple(each for each in quote.elsewhere if each.document.id in documents))


def _searched_for(understood: Understood, parts: Sequence[ContextualQuestion]) -> str:
    """A question in several parts, with the context of the first."""
    own = understood.parts[0].context
    return replace(understood.whole, context=understood.context if own else parts[0].context).searched_for


def _interleaved(retrieved: Sequence[Sequence[Candidate]]) -> list[Candidate]:
    """The best candidates of each part, then the second best, each passage once."""
    ranked = filter(None, chain.from_iterable(zip_longest(*retrieved)))
    return list({each.passage: each for each in reversed(list(ranked))}.values())[::-1]
