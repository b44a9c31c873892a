"""Turns that are not answers, and what was searched for."""

from __future__ import annotations

import pytest

import qa
from qa.ask.question import REMARKS
from qa.verification.restore import restore_answer
from qa.web.page.chat import cards, markdown
from qa.web.page.texts import in_language
from qa.web.page.texts.english import ENGLISH

pytest_plugins = ["qa_fixtures"]


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("text", ["Hello", "thanks", "help", "translate this"])
def test_a_remark_is_all_that_is_drawn(qa_article: qa.Book, language: str, text: str) -> None:
    answer, texts = qa_article.ask(text), in_language(language)
    said = texts.remarks[answer.remark]
    html = cards.draw(answer, qa_article.now(), texts)
    assert said in html
    assert "thumbs" not in html and texts.not_answered not in html
    assert said in markdown.turn(answer, (), texts)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_each_language_has_all_remarks(language: str) -> None:
    assert set(in_language(language).remarks) == REMARKS


def test_a_cut_question_is_shown_without_a_button(qa_article: qa.Book) -> None:
    answer = qa_article.ask("Hello, who spoke first?")
    html = cards.draw(answer, qa_article.now(), ENGLISH)
    assert ENGLISH.searched_for in html and ENGLISH.without_context not in html


def test_a_question_with_context_can_be_asked_without(qa_article: qa.Book) -> None:
    answer = qa_article.ask("And in Africa?", history=["What share of experts is in Western countries?"])
    html = cards.draw(answer, qa_article.now(), ENGLISH)
    assert ENGLISH.searched_for in html and ENGLISH.without_context in html


def test_a_saved_remark_is_restored_if_it_is_one(qa_article: qa.Book) -> None:
    edition = qa_article.now()
    answer = edition.ask("Hello")
    saved = qa.answer_json(answer)
    assert restore_answer(edition, saved) == (answer, ())
    assert restore_answer(edition, {**saved, "remark": "<script>"})[0].remark == ""
