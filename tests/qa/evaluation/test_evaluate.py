"""A small collection whose figures can be worked out by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from qa_fixtures import build_book

import qa
from qa.evaluation.evaluate import evaluate, is_right
from qa.evaluation.questions import Question, read_questions

RECORDS = [
    {"id": "bridge", "text": "The Zorblax bridge was opened in 1931."},
    {"id": "choir", "text": "Anna Smith founded the choir of Graz."},
    {"id": "soup", "text": "Onion soup is served with toasted bread and cheese."},
    {"id": "comet", "text": "Comets have tails of dust and gas."},
]
BRIDGE = {
    "id": "1",
    "question": "When was the Zorblax bridge opened?",
    "answers": ["1931"],
    "gold_passage_ids": ["bridge"],
}
WRONG = {**BRIDGE, "id": "2", "answers": ["1999"], "gold_passage_ids": ["elsewhere"]}
UNANSWERABLE = {"id": "3", "question": "How do I reset my password?", "answers": [], "answerable": False}


@pytest.fixture(scope="module")
def qa_small(tmp_path_factory: pytest.TempPathFactory) -> qa.Book:
    text = "\n".join(json.dumps(record) for record in RECORDS)
    return build_book(tmp_path_factory.mktemp("small"), {"small.jsonl": text})


def figures(book: qa.Book, tmp_path: Path, *questions: dict[str, Any]) -> dict[str, float]:
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(json.dumps(question) for question in questions), "utf-8")
    return {name: figure.value for name, figure in evaluate(book.now(), read_questions(path)).items()}


def test_one_right_one_wrong_one_unanswerable(qa_small: qa.Book, tmp_path: Path) -> None:
    got = figures(qa_small, tmp_path, BRIDGE, WRONG, UNANSWERABLE)
    for name in ("hit@1", "hit@5", "mrr", "ndcg@10", "answer_in_quote@1", "answer_in_quotes@3", "highlight_f1"):
        assert got[name] == 0.5, name
    assert got["quote_chars"] == len(str(RECORDS[0]["text"]))
    assert got["answerable_auroc"] == 1.0
    assert got["coverage@90"] == 0.0  # of the two with equal confidence, one is wrong
    assert (got["n"], got["n_answerable"]) == (3, 2)
    assert 0 < got["latency_p50_ms"] <= got["latency_p95_ms"]


def test_figures_when_all_answers_are_right(qa_small: qa.Book, tmp_path: Path) -> None:
    got = figures(qa_small, tmp_path, BRIDGE, UNANSWERABLE)
    assert got["coverage@90"] == got["hit@1"] == got["highlight_f1"] == got["answered"] == 1.0


def test_a_gold_document_at_rank_two(qa_small: qa.Book, tmp_path: Path) -> None:
    second = qa_small.retrieve(str(BRIDGE["question"]))[1].passage.document_id
    got = figures(qa_small, tmp_path, {**BRIDGE, "gold_passage_ids": [second]})
    assert (got["hit@1"], got["hit@5"], got["mrr"]) == (0, 1, 0.5)
    assert got["ndcg@10"] == pytest.approx(1 / math.log2(3))
    assert math.isnan(got["answerable_auroc"])  # there is no unanswerable question to compare with


def test_without_gold_documents_a_passage_that_holds_the_answer_counts(qa_small: qa.Book, tmp_path: Path) -> None:
    got = figures(qa_small, tmp_path, {"id": 1, "question": BRIDGE["question"], "answers": ["1931"]})
    assert (got["hit@1"], got["mrr"], got["ndcg@10"]) == (1, 1, 1)


def test_without_answers_the_quotes_are_not_judged(qa_small: qa.Book, tmp_path: Path) -> None:
    got = figures(qa_small, tmp_path, {**BRIDGE, "answers": []})
    assert math.isnan(got["answer_in_quote@1"]) and math.isnan(got["highlight_f1"])
    assert got["hit@1"] == got["coverage@90"] == 1.0


def test_intervals_hold_the_value_and_counts_have_none(qa_small: qa.Book, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(map(json.dumps, [BRIDGE, WRONG, UNANSWERABLE])))
    for name, figure in evaluate(qa_small.now(), read_questions(path)).items():
        if name.startswith(("latency", "n", "quote_chars")) and name != "ndcg@10":
            assert figure.interval is None, name
        else:
            assert figure.interval is not None and figure.interval[0] <= figure.value <= figure.interval[1], name


def test_a_question_without_gold_counts_for_nothing_but_time(qa_small: qa.Book, tmp_path: Path) -> None:
    unjudged = {"id": "4", "question": "What colour is the Zorblax bridge?", "answers": [], "gold_passage_ids": []}
    got = figures(qa_small, tmp_path, BRIDGE, unjudged)
    assert got["hit@1"] == got["mrr"] == got["coverage@90"] == 1.0
    assert (got["n"], got["n_answerable"]) == (2, 2)


def test_answered_unanswerable_questions_are_counted(qa_small: qa.Book, tmp_path: Path) -> None:
    trap = {**UNANSWERABLE, "question": BRIDGE["question"]}
    got = figures(qa_small, tmp_path, BRIDGE, trap, UNANSWERABLE)
    assert got["answered_unanswerable"] == got["false"] == 0.5
    assert 0 < got["calibration_error"] < 1
    assert math.isnan(figures(qa_small, tmp_path, BRIDGE)["answered_unanswerable"])


def test_what_a_user_gets(qa_small: qa.Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    questions = (BRIDGE, WRONG, {**BRIDGE, "id": "4", "gold_passage_ids": ["choir"]}, BRIDGE, UNANSWERABLE)
    got = figures(qa_small, tmp_path, *questions)
    assert (got["shown"], got["wrong"], got["withheld"], got["false"]) == (0.5, 0.5, 0, 0)
    monkeypatch.setenv("CHAPTER_VERSE_THRESHOLD", "1")
    strict = qa.Edition(qa_small.store, qa_small.encoder)
    figure = evaluate(strict, read_questions(tmp_path / "questions.jsonl"))
    assert [figure[name].value for name in ("shown", "wrong", "withheld", "false")] == [0, 0, 0.5, 0]


def test_a_question_without_gold_is_neither_shown_nor_wrong(qa_small: qa.Book, tmp_path: Path) -> None:
    got = figures(qa_small, tmp_path, BRIDGE, {**BRIDGE, "answers": [], "gold_passage_ids": []})
    assert (got["shown"], got["wrong"], got["withheld"]) == (1, 0, 0) and math.isnan(got["false"])


@pytest.mark.parametrize(
    ("answers", "gold", "rejected", "answerable", "right"),
    [
        (["Zorblax bridge"], ["bridge"], [], True, True),
        (["Zorblax\n  bridge"], [], [], True, True),
        (["opened  in 1931."], [], [], True, True),
        (["zorblax bridge"], [], [], True, False),
        (["1931"], ["choir"], [], True, False),
        ([], ["bridge"], [], True, True),
        ([], ["choir"], [], True, False),
        ([], [], [], True, False),
        (["1931"], ["bridge"], ["The Zorblax bridge was\nopened in 1931."], True, False),
        (["1931"], ["bridge"], [], False, False),
    ],
)
def test_when_a_quote_is_right(
    qa_small: qa.Book, answers: list[str], gold: list[str], rejected: list[str], answerable: bool, right: bool
) -> None:
    quote = qa_small.ask(str(BRIDGE["question"])).quotes[0]
    question = Question("1", "?", tuple(answers), frozenset(gold), answerable, (), rejected=tuple(rejected))
    assert is_right(quote, question) is right


def test_a_question_is_limited_to_its_documents(qa_small: qa.Book, tmp_path: Path) -> None:
    got = figures(qa_small, tmp_path, {**BRIDGE, "documents": ["choir", "soup"]})
    assert got["hit@1"] == got["hit@5"] == got["answer_in_quote@1"] == 0
    got = figures(qa_small, tmp_path, {**BRIDGE, "documents": ["bridge"]}, {**BRIDGE, "documents": None})
    assert got["hit@1"] == got["answer_in_quote@1"] == 1


def test_a_document_that_is_missing_is_named_before_anything_is_asked(qa_small: qa.Book, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(map(json.dumps, [BRIDGE, {**BRIDGE, "documents": ["bridge", "tower"]}])))
    seen: list[int] = []
    with pytest.raises(qa.DocumentMissing, match="There is no document 'tower' in the index"):
        evaluate(qa_small.now(), read_questions(path), lambda done, total: seen.append(done))
    assert seen == []


def test_evaluation_reports_its_progress(qa_small: qa.Book, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(map(json.dumps, [BRIDGE, UNANSWERABLE])))
    seen: list[tuple[int, int]] = []
    evaluate(qa_small.now(), read_questions(path), lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


def test_the_history_is_used(qa_small: qa.Book, tmp_path: Path) -> None:
    question = {"id": 1, "question": "And when?", "answers": ["1931"], "gold_passage_ids": ["bridge"]}
    got = figures(
        qa_small, tmp_path, {**question, "history": [{"role": "user", "text": "What of the Zorblax bridge?"}]}
    )
    assert got["hit@1"] == got["answer_in_quote@1"] == 1.0
