"""The confidence: a probability that rises with how much of the question the best sentence covers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from qa_fixtures import ARTICLE_QUESTIONS

import qa
from qa.ask.confidence import THRESHOLD, UNSURE, WEIGHTS, confidence, features, state_of
from qa.ask.conversation import ContextualQuestion
from qa.ask.reader import read, worth_reading
from qa.ask.retrieve import candidates, make_queries
from qa.ask.sentences import Evidence, question_terms, ranked_sentences
from source import UsageError

pytest_plugins = ["qa_fixtures"]

NONSENSE = "Why does the purple xylophone gargle quantum marmalade?"


@pytest.mark.parametrize("question", [*ARTICLE_QUESTIONS, NONSENSE, "a", "0", "the"])
def test_a_probability_and_answered_from_the_threshold_on(qa_article: qa.Book, question: str) -> None:
    answer = qa_article.ask(question)
    assert 0 < answer.confidence < 1
    assert answer.answered is (answer.confidence >= THRESHOLD)
    assert bool(answer.quotes) is answer.answered and bool(answer.nearest) is not answer.answered


@pytest.mark.parametrize(("wanted", "answered"), [("0", True), ("0.999", False), ("1", False), ("", True)])
def test_the_threshold_can_be_set(
    qa_article: qa.Book, monkeypatch: pytest.MonkeyPatch, wanted: str, answered: bool
) -> None:
    monkeypatch.setenv("CHAPTER_VERSE_THRESHOLD", wanted)
    answer = qa.Edition(qa_article.store, qa_article.encoder).ask("Who is Wang Wen?")
    assert answer.answered is answered and answer.confidence == qa_article.ask(answer.question).confidence


@pytest.mark.parametrize("threshold", [0.0, UNSURE / 2, UNSURE, THRESHOLD, 1.0])
@pytest.mark.parametrize("confidence", [0.0, UNSURE / 3, UNSURE, 0.3, 0.99])
def test_the_state_follows_from_the_confidence(confidence: float, threshold: float) -> None:
    state = state_of(confidence, threshold)
    assert (state is qa.State.ANSWERED) is (confidence >= threshold)
    assert (state is qa.State.NOTHING) is (confidence < min(UNSURE, threshold))


def test_between_the_thresholds_an_answer_is_unsure(qa_article: qa.Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAPTER_VERSE_THRESHOLD", "1")
    edition = qa.Edition(qa_article.store, qa_article.encoder)
    unsure, nothing = edition.ask("Who is Wang Wen?"), edition.ask(NONSENSE)
    assert (unsure.state, nothing.state) == (qa.State.UNSURE, qa.State.NOTHING)
    for answer in (unsure, nothing):
        assert answer.quotes == () and answer.nearest and not answer.answered


@pytest.mark.parametrize("wanted", ["much", "1.1", "-0.1", "nan", "50%"])
def test_an_invalid_threshold_is_a_usage_error(
    qa_article: qa.Book, monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    monkeypatch.setenv("CHAPTER_VERSE_THRESHOLD", wanted)
    with pytest.raises(UsageError, match="a number from 0 to 1"):
        qa.Edition(qa_article.store, qa_article.encoder)


def test_a_question_copied_from_the_text_beats_nonsense(qa_article: qa.Book) -> None:
    nonsense = qa_article.ask(NONSENSE).confidence
    assert nonsense < 0.2
    copied = [
        span for row in range(len(qa_article.store)) for span in qa_article.store.sentences(row) if len(span) > 40
    ]
    text = qa_article.document("valdai-russia-central-asia.txt").text
    for span in copied[::3]:
        assert qa_article.ask(text[span.start : span.end]).confidence > max(THRESHOLD, nonsense)


def test_unknown_words_lower_the_confidence(qa_article: qa.Book) -> None:
    questions = [
        "Who gave the welcome speech about cooperation?",
        "Who gave the welcome speech about whales?",
        "Who gave the banjo whales about zeppelins?",
    ]
    confidences = [qa_article.ask(question).confidence for question in questions]
    assert confidences == sorted(confidences, reverse=True)


@pytest.mark.parametrize(
    ("question", "evidence"), [("How many penguins attended the event?", Evidence.READ), ("Кто?", Evidence.WORDS)]
)
def test_the_features_by_hand(qa_article: qa.Book, question: str, evidence: Evidence) -> None:
    store = qa_article.store
    wanted = make_queries(ContextualQuestion(question), qa_article.encoder)
    terms = question_terms(store, question)
    found = worth_reading(candidates(store, wanted))
    best = ranked_sentences(store, wanted, found, read(store, ContextualQuestion(question), found), terms)[0]
    values = features(store, wanted, best, terms)
    assert best.evidence is evidence
    assert values["sentence"] == pytest.approx(float(np.mean(best.matches)))
    assert values["passage"] == pytest.approx(float(best.candidate.similarities[0].max(axis=1).mean()))
    assert -1 <= values["weakest"] <= values["terms"] <= 1
    if evidence is Evidence.READ:
        share = dict(zip(terms.words, terms.shares.tolist(), strict=True))
        assert values["words"] == pytest.approx(share["attended"] + share["event"])  # the text has no penguins
        assert values["words"] < values["terms"] < 1
        assert values["answers"] == best.features["answers"] and values["likelihood"] == best.features["likelihood"]
    probability = confidence(store, wanted, best, terms)
    assert probability == pytest.approx(qa_article.ask(question).confidence)
    # The fitted weights may change, but not the form of the model.
    logit = sum(weight * values[name] for name, weight in WEIGHTS[evidence].items())
    assert math.log(probability / (1 - probability)) == pytest.approx(logit)
