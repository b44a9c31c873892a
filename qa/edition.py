"""One generation of an index that answers questions, by the steps of `qa.ask`."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from functools import partial
from operator import index

from index import Encoder, IndexCorrupt, Rows, Store
from qa.answer import Answer, DocumentRef, Hit, Quote
from qa.ask.confidence import confidence, threshold
from qa.ask.conversation import ContextualQuestion, in_context, person_name, usable_history, validated
from qa.ask.quotes import make_quotes
from qa.ask.reader import read, worth_reading
from qa.ask.retrieve import Candidate, candidates, make_queries
from qa.ask.sentences import question_terms, ranked_sentences
from qa.ask.spelling import corrected
from qa.ask.timings import stage
from source import Box, Document, Span, UsageError, isolated, page_picture, strings

MOST_HITS = 1000
"""The largest `k`."""
QUOTES = 3
"""The default `k` of `ask`."""
# Further quotes are shown only if their score, in log-odds, is within this of the first one's.
_WORTH_SHOWING = 1.8


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
        question = self._in_context(query, (), documents)
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

    def ask_with_hits(self, question: str, history: Sequence[str] = ()) -> tuple[Answer, list[Hit]]:
        """The answer and the passages that were searched for it, best first, for an evaluation to judge."""
        answer, retrieved = self._answer(question, history, QUOTES)
        return answer, self._hits(retrieved)

    def _answer(
        self, question: str, history: Sequence[str], k: int, documents: Sequence[str] = ()
    ) -> tuple[Answer, list[Candidate]]:
        """Takes a question through all steps: context, candidates, reading, sentences, confidence, quotes."""
        documents = strings(documents, "documents")
        among = self._rows(documents)
        contextual = self._in_context(question, history, documents)
        queries = make_queries(contextual, self.encoder)
        retrieved = candidates(self.store, queries, among=among)
        with stage("reading"):
            chosen = worth_reading(retrieved)
            self.store.prefetch([each.passage for each in chosen])
            readings = read(self.store, contextual.question, chosen)
        with stage("sentences"):
            terms = question_terms(self.store, contextual.question)
            ranked = ranked_sentences(self.store, queries, chosen, readings, terms)
        if not ranked:
            return Answer(question, False, 0.0, (), (), contextual.searched_for), retrieved
        with stage("confidence"):
            probability = confidence(self.store, queries, ranked[0], terms)
        with stage("quotes"):
            quotes = make_quotes(self.store, contextual.question, ranked, terms, k)
            if documents:
                selected = frozenset(documents)
                quotes = [_restricted(quote, selected) for quote in quotes]
        return self._decided(question, contextual, probability, quotes), retrieved

    def _decided(
        self, question: str, contextual: ContextualQuestion, probability: float, quotes: Sequence[Quote]
    ) -> Answer:
        """The answer, which is only answered if its confidence reaches the threshold."""
        answered = probability >= self._threshold
        close = tuple(quote for quote in quotes if quote.score >= quotes[0].score - _WORTH_SHOWING)
        return Answer(
            question=question,
            answered=answered,
            confidence=probability,
            quotes=close if answered else (),
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

    def _in_context(self, question: str, history: Sequence[str], documents: Sequence[str]) -> ContextualQuestion:
        asked = corrected(self.store, self.encoder, validated(question))
        return in_context(asked, usable_history(history), partial(self._recall, documents))

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
