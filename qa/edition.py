"""One generation of an index, to be questioned."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from functools import partial

from index import Encoder, IndexCorrupt, Rows, Store
from qa.answer import Answer, DocumentRef, Hit, Quote
from qa.ask.confidence import confidence, threshold
from qa.ask.conversation import Understood, person_name, understand, usable_history, validated
from qa.ask.quotes import make_quotes
from qa.ask.reader import read, worth_reading
from qa.ask.retrieve import Candidate, candidates, queries
from qa.ask.sentences import ranked_sentences, terms
from qa.ask.timings import stage
from source import Box, Document, Span, UsageError, page_picture

MOST_HITS = 1000
QUOTES = 3
"""Quotes in an answer, at most."""
# A further quote is shown only if its score, in log-odds, comes this near to the first one's.
_WORTH_SHOWING = 1.8


class DocumentMissing(UsageError):
    """There is no document with the id that was given."""

    def __init__(self, id: str) -> None:
        super().__init__(f"There is no document {id!r} in the index; `python -m index documents` names what there is.")


class Edition:
    """One generation of the documents, to be questioned. Safe to use from several threads; it never changes.

    Raises IndexCorrupt if the encoder's vectors cannot be those of the store, and UsageError as `threshold`.
    """

    def __init__(self, store: Store, encoder: Encoder) -> None:
        if encoder.dimension != store.dimension:
            sizes = f"{store.dimension} numbers, those of its encoder {encoder.dimension}"
            raise IndexCorrupt(f"The index has vectors of {sizes}. Run `python -m index build` to repair it.")
        self.store = store
        self.encoder = encoder
        self._threshold = threshold()

    @property
    def generation(self) -> str:
        """The name of the index generation that answers."""
        return self.store.generation

    def documents(self) -> Iterator[DocumentRef]:
        """Which documents are in the index, in the order they were read."""
        return (DocumentRef.of(self.store.document(row)) for row in range(self.store.documents))

    def document(self, id: str) -> Document:
        """The document with this id. Raises KeyError."""
        return self.store.document_by_id(id)

    def page_picture(self, id: str, page: int) -> bytes:
        """A page of a document as a PNG. Raises KeyError, and a SourceError when its file has changed or is gone."""
        return page_picture(self.document(id), page)

    def boxes(self, id: str, span: Span) -> tuple[Box, ...]:
        """Around the lines of a span, page by page; none where the place of a letter is not known. Raises KeyError."""
        return self.store.boxes(self.store.rows.row(id), span)

    def retrieve(self, query: str, k: int = 5, documents: Sequence[str] = ()) -> list[Hit]:
        """The `k` passages that fit best, best first, of all documents or of those with these ids.

        Raises UsageError for an empty or oversized query, and DocumentMissing for a document that is not there.
        """
        if not 1 <= k <= MOST_HITS:
            raise UsageError(f"k is {k}; ask for 1 to {MOST_HITS} passages.")
        among = self._among(documents)
        wanted = queries(self._understood(query, (), documents), self.encoder)
        return self._hits(candidates(self.store, wanted, k, among))

    def ask(self, question: str, history: Sequence[str] = (), k: int = QUOTES, documents: Sequence[str] = ()) -> Answer:
        """The words that answer `question`, or an Answer that says that none do.

        `history`: the earlier questions of this conversation, oldest first.
        `k`: the most quotes to give. `documents`: the ids of those to ask; all
        of them if none is named. Raises UsageError for an empty or oversized
        question, and DocumentMissing for a document that is not there.
        """
        if not 1 <= k <= MOST_HITS:
            raise UsageError(f"k is {k}; ask for 1 to {MOST_HITS} quotes.")
        return self._answer(question, history, k, documents)[0]

    def ask_with_hits(self, question: str, history: Sequence[str] = ()) -> tuple[Answer, list[Hit]]:
        """The answer, and the passages that it was looked for in: what an evaluation judges."""
        answer, found = self._answer(question, history, QUOTES)
        return answer, self._hits(found)

    def _answer(
        self, question: str, history: Sequence[str], k: int, documents: Sequence[str] = ()
    ) -> tuple[Answer, list[Candidate]]:
        among = self._among(documents)
        understood = self._understood(question, history, documents)
        wanted = queries(understood, self.encoder)
        found = candidates(self.store, wanted, among=among)
        with stage("reading"):
            chosen = worth_reading(found)
            self.store.prefetch([each.passage for each in chosen])
            readings = read(self.store, understood.question, chosen)
        with stage("sentences"):
            asked = terms(self.store, understood.question)
            ranked = ranked_sentences(self.store, wanted, chosen, readings, asked)
        if not ranked:
            return Answer(question, False, 0.0, (), (), understood.searched_for), found
        with stage("confidence"):
            sure = confidence(self.store, wanted, ranked[0], asked)
        with stage("quotes"):
            quotes = make_quotes(self.store, understood.question, ranked, asked, k)
            if documents:
                asked_alone = frozenset(documents)
                quotes = [_within(quote, asked_alone) for quote in quotes]
        answered = sure >= self._threshold
        shown = tuple(quote for quote in quotes if quote.score >= quotes[0].score - _WORTH_SHOWING)
        answer = Answer(
            question=question,
            answered=answered,
            confidence=sure,
            quotes=shown if answered else (),
            nearest=() if answered else tuple(quotes),
            searched_for=understood.searched_for,
        )
        return answer, found

    def _hits(self, found: Sequence[Candidate]) -> list[Hit]:
        with stage("passages"):
            self.store.prefetch([each.passage for each in found])
            return [
                Hit(self.store.passage(each.passage), each.score, rank, self._ref(each.passage))
                for rank, each in enumerate(found, start=1)
            ]

    def _among(self, documents: Sequence[str]) -> Rows | None:
        """The passages of the documents that are asked alone; None for all."""
        if not documents:
            return None
        try:
            return self.store.passages_of(documents)
        except KeyError as error:
            raise DocumentMissing(error.args[0]) from None

    def _understood(self, question: str, history: Sequence[str], documents: Sequence[str]) -> Understood:
        asked_for = partial(self._person_asked_for, documents)
        return understand(validated(question), usable_history(history), asked_for)

    def _person_asked_for(self, documents: Sequence[str], question: str) -> str | None:
        """The name that answers an earlier question after a person."""
        answer = self.ask(question, k=1, documents=documents)
        quote = next(iter(answer.quotes or answer.nearest), None)
        names = [person_name(quote.text_of(mark)) for mark in quote.highlights] if quote else []
        return next((name for name in names if name), None)

    def _ref(self, passage: int) -> DocumentRef:
        return DocumentRef.of(self.store.document(self.store.document_of(passage)))


def _within(quote: Quote, documents: Container[str]) -> Quote:
    """The quote without its other places in documents that are not asked."""
    return replace(quote, elsewhere=tuple(each for each in quote.elsewhere if each.document.id in documents))
