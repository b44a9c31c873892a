"""Questions with known answers in, what each came to out, and the measures over them all."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from qa.answer import Answer, Hit, Quote
from qa.edition import Edition
from qa.figures import Figure, Outcome, summary
from qa.measures import hit_at, ndcg_at, reciprocal_rank, token_f1
from qa.questions import Question

_DEPTH = 10  # documents that ranking is judged on


def evaluate(
    book: Edition, questions: Sequence[Question], progress: Callable[[int, int], None] = lambda done, total: None
) -> dict[str, Figure]:
    """The figures of `book` over `questions`, by name."""
    outcomes = []
    for done, question in enumerate(questions, start=1):
        outcomes.append(outcome(book, question))
        progress(done, len(questions))
    return summary(outcomes)


def outcome(book: Edition, question: Question) -> Outcome:
    """What asking the question comes to."""
    started = time.perf_counter()
    answer, hits = book.study(question.question, question.history)
    milliseconds = 1000 * (time.perf_counter() - started)
    relevant, total = _relevance(hits, question) if question.answerable else ([], 0)
    # Ranking and quotes are judged whether or not the threshold withheld them.
    quotes = answer.quotes or answer.nearest
    rejected = [_is_rejected(quote, question) for quote in quotes]
    holds = [_holds_answer(quote, question) for quote in quotes]
    known = holds if question.answers else relevant
    return Outcome(
        hit1=hit_at(relevant, 1),
        hit5=hit_at(relevant, 5),
        reciprocal_rank=reciprocal_rank(relevant),
        ndcg10=ndcg_at(relevant, 10, total),
        in_quote1=hit_at(holds, 1),
        in_quotes3=hit_at(holds, 3),
        quote_chars=len(quotes[0].text) if quotes else 0,
        highlight_f1=_highlight_f1(answer, question.answers),
        answerable=question.answerable,
        answered=answer.answered,
        confidence=answer.confidence,
        right=question.answerable and bool(hit_at(known, 1)) and not hit_at(rejected, 1),
        rejected1=hit_at(rejected, 1),
        has_rejected=bool(question.rejected),
        has_answers=bool(question.answers),
        has_gold=bool(question.answers or question.gold_passage_ids),
        milliseconds=milliseconds,
    )


def _holds_answer(quote: Quote, question: Question) -> bool:
    return any(gold in quote.text for gold in question.answers) and not _is_rejected(quote, question)


def _is_rejected(quote: Quote, question: Question) -> bool:
    """Whether readers found that these very words do not answer, white space aside."""
    return any(quote.text.split() == text.split() for text in question.rejected)


def _relevance(hits: Sequence[Hit], question: Question) -> tuple[list[bool], int]:
    """Which documents, best first, are relevant, and how many are in all.

    Without gold documents (questions about one document) a passage that holds
    an answer is relevant, and each passage counts for itself.
    """
    if not question.gold_passage_ids:
        relevant = [any(gold in hit.passage.text for gold in question.answers) for hit in hits]
        return relevant[:_DEPTH], sum(relevant)
    ranked = list(dict.fromkeys(hit.passage.document_id for hit in hits))[:_DEPTH]
    return [id in question.gold_passage_ids for id in ranked], len(question.gold_passage_ids)


def _highlight_f1(answer: Answer, golds: Sequence[str]) -> float:
    """The best token F1 of a highlight of the first quote against any gold answer."""
    quotes = answer.quotes or answer.nearest
    if not quotes:
        return 0.0
    quote = quotes[0]
    marked = [quote.text_of(span) for span in quote.highlights]
    return max((token_f1(text, gold) for text in marked for gold in golds), default=0.0)
