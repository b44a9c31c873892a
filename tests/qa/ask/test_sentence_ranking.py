"""The ranking of sentences."""

from __future__ import annotations

import numpy as np
import pytest
from qa_fixtures import ARTICLE_QUESTIONS

import qa
from qa.ask.conversation import ContextualQuestion
from qa.ask.reader import read, worth_reading
from qa.ask.retrieve import candidates, make_queries
from qa.ask.sentences import WEIGHTS, Evidence, Sentence, linear_score, question_terms, ranked_sentences

pytest_plugins = ["qa_fixtures"]


def ranked(book: qa.Book, question: str, context: str | None = None, *, reads: bool = True) -> list[Sentence]:
    contextual = ContextualQuestion(question, context)
    wanted = make_queries(contextual, book.encoder)
    found = worth_reading(candidates(book.store, wanted))
    readings = read(book.store, contextual, found) if reads else [None] * len(found)
    return ranked_sentences(book.store, wanted, found, readings, question_terms(book.store, question))


def test_terms_are_content_words_and_the_rarer_one_weighs_more(qa_article: qa.Book) -> None:
    terms = question_terms(qa_article.store, "What is the turbulence of Russia?")
    assert list(terms.words) == ["turbulence", "russia"]
    assert terms.shares.sum() == pytest.approx(1.0)
    assert terms.shares[0] > terms.shares[1]


def test_a_question_of_stopwords_has_no_terms(qa_article: qa.Book) -> None:
    terms = question_terms(qa_article.store, "what is it?")
    assert list(terms.words) == [] and terms.shares.shape == (0,)


@pytest.mark.parametrize("question", ARTICLE_QUESTIONS)
def test_sentences_are_those_of_the_first_passages_best_first(qa_article: qa.Book, question: str) -> None:
    store = qa_article.store
    found = candidates(store, make_queries(ContextualQuestion(question), qa_article.encoder))
    sentences = ranked(qa_article, question)
    scores = [each.score for each in sentences]
    assert scores == sorted(scores, reverse=True)
    expected = {(each.passage, span) for each in worth_reading(found) for span in store.sentences(each.passage)}
    assert {(each.candidate.passage, each.span) for each in sentences} == expected
    assert len(sentences) == len(expected)
    for each in sentences:
        assert store.sentences(each.candidate.passage)[each.position] == each.span


def test_matches_are_maxsim_over_the_sentence_alone(qa_article: qa.Book) -> None:
    store = qa_article.store
    (query,) = make_queries(ContextualQuestion(ARTICLE_QUESTIONS[0]), qa_article.encoder)
    for sentence in ranked(qa_article, ARTICLE_QUESTIONS[0])[:5]:
        found = store.tokens(np.array([sentence.candidate.passage]))
        tokens = found.vectors * found.scales[:, None]
        offsets = found.offsets[0] + store.span(sentence.candidate.passage).start
        inside = [
            token for token, at in zip(tokens, offsets, strict=True) if sentence.span.start <= at[0] < sentence.span.end
        ]
        naive = [max(float(piece @ token) for token in inside) for piece in query.encoded.tokens]
        np.testing.assert_allclose(sentence.matches, naive, atol=1e-5)


def test_matched_terms_are_those_in_the_sentence(qa_article: qa.Book) -> None:
    best = ranked(qa_article, "Which turbulence has an island of penguins?")
    text = qa_article.document("valdai-russia-central-asia.txt").text
    for sentence in best:
        quoted = text[sentence.span.start : sentence.span.end]
        assert sentence.matched_terms.tolist() == [
            word in quoted.lower() for word in ("turbulence", "island", "penguins")
        ]


@pytest.mark.parametrize("reads", [True, False])
def test_the_features_of_a_sentence(qa_article: qa.Book, reads: bool) -> None:
    document = qa_article.document("valdai-russia-central-asia.txt")
    terms = question_terms(qa_article.store, "How many experts?")
    for sentence in ranked(qa_article, "How many experts?", reads=reads):
        text = document.text[sentence.span.start : sentence.span.end]
        assert sentence.features["late"] == pytest.approx(float(sentence.matches.mean()))
        assert sentence.features["passage"] == pytest.approx(sentence.candidate.score)
        assert sentence.features["words"] == pytest.approx(float(terms.shares[sentence.matched_terms].sum()))
        assert sentence.features["shape"] == (1 if any(char.isdigit() for char in text) else -1)
        assert sentence.evidence is (Evidence.READ if reads else Evidence.MATCHED)
        assert sentence.score == pytest.approx(linear_score(sentence.features, WEIGHTS[sentence.evidence]))
        if reads:
            assert sentence.answer
            assert sentence.features["likelihood"] >= sentence.answer.likelihood  # and more, if a heading may answer
        else:
            assert sentence.answer is None and "likelihood" not in sentence.features


def test_without_a_known_language_words_decide(qa_article: qa.Book) -> None:
    (sentence, *_) = ranked(qa_article, "Кто говорил о TALAP?")
    assert sentence.evidence is Evidence.WORDS
    text = qa_article.document("valdai-russia-central-asia.txt").text
    assert "TALAP" in text[sentence.span.start : sentence.span.end]


def test_context_counts_by_its_weight(qa_article: qa.Book) -> None:
    alone = ranked(qa_article, "What about Asia Pacific?")
    leaning = ranked(qa_article, "What about Asia Pacific?", "What share of experts is in Western countries?")
    text = qa_article.document("valdai-russia-central-asia.txt").text
    assert "38.5%" in text[leaning[0].span.start : leaning[0].span.end]
    assert alone[0].score != leaning[0].score
