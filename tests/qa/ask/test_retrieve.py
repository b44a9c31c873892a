"""From a question to its candidate passages, checked against plain loops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from qa_fixtures import ARTICLE_QUESTIONS, build_book

import qa
import qa.ask.retrieve
from qa.ask.conversation import ContextualQuestion
from qa.ask.exact import word_gains
from qa.ask.retrieve import LEAST_WEIGHT, TIE_BREAK, candidates, first_stage, make_queries

pytest_plugins = ["qa_fixtures"]


def stretched(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Min-max scaling, as the paper defines it."""
    values = scores.astype(float)
    spread = values.max() - values.min()
    return (values - values.min()) / spread if spread else np.zeros(len(values))


def test_a_question_is_one_query_and_its_context_weighs_half(qa_article: qa.Book) -> None:
    (alone,) = make_queries(ContextualQuestion("Who spoke?"), qa_article.encoder)
    assert (alone.text, alone.weight) == ("Who spoke?", 1.0)
    both = make_queries(ContextualQuestion("And when?", "Who spoke?"), qa_article.encoder)
    assert [(query.text, query.weight) for query in both] == [("And when?", 1.0), ("Who spoke?", 0.5)]
    np.testing.assert_allclose(both[1].encoded.vector, alone.encoded.vector, atol=1e-5)


@pytest.mark.parametrize("question", ARTICLE_QUESTIONS)
def test_each_retriever_puts_its_best_forward(qa_article: qa.Book, question: str) -> None:
    store = qa_article.store
    (query,) = wanted = make_queries(ContextualQuestion(question), qa_article.encoder)
    pool, fused = first_stage(store, wanted, count=1)
    cosines = store.vectors.of(np.arange(len(store))) @ query.encoded.vector
    expected = {int(cosines.argmax())}
    words = store.lexical.scores(question, np.arange(len(store)))
    expected |= {int(words.argmax())} if words.any() else set()
    assert set(pool.tolist()) == expected
    assert len(fused) == len(pool)


def test_k_passages_are_returned(tmp_path: Path) -> None:
    book = build_book(tmp_path, {f"{number}.txt": f"The ship number {number} sailed north.\n" for number in range(350)})
    assert len(book.retrieve("Which ship sailed north?", k=300)) == 300


@pytest.mark.parametrize(
    "contextual", [ContextualQuestion(ARTICLE_QUESTIONS[0]), ContextualQuestion("And in Africa?", "Who spoke?")]
)
def test_fusion_is_the_sum_of_min_max_scores(qa_article: qa.Book, contextual: ContextualQuestion) -> None:
    store = qa_article.store
    wanted = make_queries(contextual, qa_article.encoder)
    pool, fused = first_stage(store, wanted)
    expected = np.zeros(len(pool))
    for query in wanted:
        cosines = np.array([store.vectors.of(np.array([row]))[0] @ query.encoded.vector for row in pool], np.float32)
        scores = store.lexical.scores(query.text, pool)
        idf = store.lexical.idf(store.lexical.content_words(query.text)).sum()
        share = min(1.0, scores.max() / (0.5 * idf / 2.2))  # a term scores its idf / 2.2 if it occurs once
        expected += query.weight * (stretched(cosines) + share * stretched(scores))
    assert len(pool) == len(store)  # the article is smaller than the pool
    np.testing.assert_allclose(fused, expected, atol=1e-5)


@pytest.mark.parametrize("question", ARTICLE_QUESTIONS[:4])
def test_late_interaction_is_maxsim(qa_article: qa.Book, question: str) -> None:
    store = qa_article.store
    (query,) = wanted = make_queries(ContextualQuestion(question), qa_article.encoder)
    pool, fused = first_stage(store, wanted)
    late = []
    for row in pool:
        found = store.tokens(np.array([row]))
        tokens = found.vectors * found.scales[:, None]
        late.append(np.mean([max(float(piece @ token) for token in tokens) for piece in query.encoded.tokens]))
    exact = word_gains(store, question, pool)
    scores = 0.8 * stretched(np.array(late, np.float32)) + 0.2 * stretched(fused) + exact - exact.min()
    scores /= max(1, scores.max())
    ranked = candidates(store, wanted)
    assert [each.passage for each in ranked] == [int(pool[i]) for i in np.argsort(-scores, kind="stable")]
    np.testing.assert_allclose([each.score for each in ranked], np.sort(scores)[::-1], atol=1e-4)


def test_an_unknown_language_is_searched_by_words_alone(qa_article: qa.Book) -> None:
    store = qa_article.store
    (query,) = wanted = make_queries(ContextualQuestion("Кто говорил о Wang Wen?"), qa_article.encoder)
    assert query.vector_weight == TIE_BREAK
    pool, fused = first_stage(store, wanted)
    words = stretched(store.lexical.scores(query.text, pool))
    cosines = stretched(store.vectors.of(pool) @ query.encoded.vector)
    np.testing.assert_allclose(fused, TIE_BREAK * cosines + (1 - TIE_BREAK) * words, atol=1e-5)
    found = candidates(store, wanted)
    assert found[0].passage == int(pool[words.argmax()])
    assert len(found) == min(len(pool), 30), "nothing is a dead end"


def test_candidates_carry_the_offsets_of_their_own_tokens(qa_article: qa.Book) -> None:
    store = qa_article.store
    for each in candidates(store, make_queries(ContextualQuestion(ARTICLE_QUESTIONS[0]), qa_article.encoder)):
        text = store.passage(each.passage).text
        assert each.offsets[:, 0].min() >= 0 and each.offsets[:, 1].max() <= len(text)
        assert (each.offsets == qa_article.encoder.pieces([text])[0]).all()
        assert each.similarities[0].shape[1] == len(each.offsets)
        assert np.abs(each.similarities[0]).max() <= 1.0001


def test_fewer_candidates_are_the_first_of_more(qa_article: qa.Book) -> None:
    wanted = make_queries(ContextualQuestion(ARTICLE_QUESTIONS[1]), qa_article.encoder)
    every = [each.passage for each in candidates(qa_article.store, wanted)]
    assert [each.passage for each in candidates(qa_article.store, wanted, 3)] == every[:3]


def test_vectors_weigh_less_where_words_are_broken(qa_article: qa.Book) -> None:
    questions = [
        "Who spoke first at the conference?",
        "¿Quién pronunció el discurso de bienvenida a los participantes?",
        "Welche Bedrohungen für die Region wurden besprochen?",
        "Кто выступил с приветственной речью?",
    ]
    weights = [
        make_queries(ContextualQuestion(question), qa_article.encoder)[0].vector_weight for question in questions
    ]
    assert weights[0] == 1.0
    assert all(LEAST_WEIGHT <= weight < 0.9 for weight in weights[1:3])
    assert weights[3] == TIE_BREAK
