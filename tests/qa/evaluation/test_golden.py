"""Questions about the shipped article, and the words that must be in the first quote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from qa_fixtures import build_book

import qa
from qa.evaluation.golden import judge, right_answers

pytest_plugins = ["qa_fixtures"]

DEBRIS = ("getElementsByTagName", "facebook-jssdk", "createElement", "Back to top", "function(d", "fjs")


@pytest.mark.parametrize(
    ("question", "history", "words"),
    [
        ("How much is Russia's cumulative investment in Central Asia?", [], "$ 30.5 billion"),
        ("By what percentage did trade grow from 2020?", [], "30%"),
        ("How many citizens from the region live permanently in Russia?", [], "4 million"),
        ("Who talked about the relationship between Russia and Uzbekistan?", [], "Danyar Kurbanov"),
        ("Who directs the TALAP Applied Research Center?", [], "Rahim Oshakbaev"),
        ("Which organization was nominated as a platform for practical cooperation?", [], "Shanghai Cooperation"),
        ("What was proposed to avoid sanctions on consumer goods?", [], "open a shopping center"),
        ("Which threats to the region were discussed?", [], "drug trafficking"),
        ("How many experts attended the event?", [], "40 experts"),
        ("How did he describe the region?", ["Who gave the welcome speech?"], "stable island"),
        ("What did she say about China?", ["Who is Nursulu Akhmetova?"], "China’s investment"),
    ],
)
def test_the_first_quote_holds_the_answer(qa_article: qa.Book, question: str, history: list[str], words: str) -> None:
    answer = qa_article.ask(question, history)
    assert answer.answered
    assert words in answer.quotes[0].text


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How many countries took part in the event?", "10 countries"),
        ("When did the conference take place?", "May 17-18"),
        ("What do experts think about Afghanistan?", "rogue nation"),
        ("What is the source?", "Valdai Discussion Club"),
        ("What was the first day devoted to?", "geopolitical issues"),
        ("What share of experts do Western countries have?", "39.7%"),
    ],
)
def test_the_best_quote_comes_first_even_if_not_answered(qa_article: qa.Book, question: str, words: str) -> None:
    answer = qa_article.ask(question)
    assert words in (answer.quotes or answer.nearest)[0].text


@pytest.mark.parametrize(
    "question",
    [
        "Who wrote Hamlet?",
        "What is the boiling point of water?",
        "How tall is Mount Everest?",
        "When was the Eiffel Tower built?",
        "Who is the prime minister of Mongolia?",
        "What is the email address of the Valdai Club?",
    ],
)
def test_a_question_that_the_article_does_not_answer_is_not_answered(qa_article: qa.Book, question: str) -> None:
    answer = qa_article.ask(question)
    assert not answer.answered and answer.quotes == () and answer.nearest


@pytest.mark.parametrize(
    "question",
    [
        "facebook-jssdk",
        "d.getElementsByTagName(s)[0]",
        "Back to top button",
        "js = d.createElement(s)",
        "script",
        "function",
    ],
)
def test_page_debris_is_never_quoted_or_found(qa_article: qa.Book, question: str) -> None:
    answer = qa_article.ask(question, k=100)
    texts = [quote.text for quote in (*answer.quotes, *answer.nearest)]
    texts += [hit.passage.text for hit in qa_article.retrieve(question, 1000)]
    assert not [word for word in DEBRIS for text in texts if word in text]
    # The debris is in the text, and would be quoted if it weren't marked.
    assert all(word in qa_article.document("valdai-russia-central-asia.txt").text for word in DEBRIS)


def test_numbers_of_list_items_are_quoted_whole(qa_article: qa.Book) -> None:
    answer = qa_article.ask("What are the limitations of Russia's modern economy?")
    quote = (answer.quotes or answer.nearest)[0]
    assert "1. Narrowing of global system" in quote.text


def test_a_golden_question_about_a_new_document_is_one_more_right_answer(tmp_path: Path) -> None:
    golden = tmp_path / "golden.jsonl"
    asked = {"id": "1", "question": "When was the bridge opened?", "answers": ["1931"], "documents": ["bridge.txt"]}
    golden.write_text(json.dumps(asked), "utf-8")
    comet = {"comet.txt": "Comets have tails of dust and gas.\n"}
    old = build_book(tmp_path / "old", comet).store
    new = build_book(tmp_path / "new", {**comet, "bridge.txt": "The bridge was opened in 1931.\n"}).store
    assert (right_answers(old, [golden]), right_answers(new, [golden])) == ((0, 1), (1, 1))
    judge(old, new, [golden])
    with pytest.raises(qa.AnswersWorse):
        judge(new, old, [golden])
