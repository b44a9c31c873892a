"""Answers as cards: what stands above them follows from the answer's state, and turns that are not answers."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from qa_fixtures import build_book

import qa
from qa.ask.understand import REMARKS
from qa.verification.restore import restore_answer
from qa.web.page.chat import cards, markdown
from qa.web.page.chat.cards import draw
from qa.web.page.texts import in_language
from qa.web.page.texts.english import ENGLISH
from qa.web.page.texts.russian import RUSSIAN
from qa.web.page.texts.texts import Texts

pytest_plugins = ["qa_fixtures"]


def drawn(book: qa.Book, state: qa.State, texts: Texts = ENGLISH, gone: tuple[int, ...] = ()) -> str:
    """A turn in a state, with the same quotes in any."""
    answer = book.ask("What do experts think about Afghanistan?")
    quotes = answer.quotes or answer.nearest
    answered = state is qa.State.ANSWERED
    changed = replace(answer, state=state, quotes=quotes if answered else (), nearest=() if answered else quotes)
    return str(draw(changed, book.now(), texts, gone))


def test_an_answer_is_sure_and_marked(qa_article: qa.Book) -> None:
    html = drawn(qa_article, qa.State.ANSWERED)
    assert html.count('class="sure"') == 1 and 'class="answer"' in html
    assert ENGLISH.unsure not in html and ENGLISH.not_answered not in html


@pytest.mark.parametrize("texts", [ENGLISH, RUSSIAN], ids=lambda texts: texts.language)
def test_when_unsure_the_cards_come_first_and_claim_nothing(qa_article: qa.Book, texts: Texts) -> None:
    html = drawn(qa_article, qa.State.UNSURE, texts)
    said = re.search(r'<p class="unsure">(.*?)</p><div class="cards"><article', html)
    assert said and said[1] == texts.unsure
    for claim in ('class="sure"', 'class="answer"', "<h3>", texts.not_answered, texts.nearest, texts.right_verdict):
        assert claim not in html
    assert html.count('data-do="right"') == html.count("<article") > 1


def test_when_nothing_is_found_the_page_says_so_and_the_verdict_has_the_thumbs(qa_article: qa.Book) -> None:
    html = drawn(qa_article, qa.State.NOTHING)
    assert html.index(ENGLISH.not_answered) < html.index(ENGLISH.right_verdict)
    assert html.index(ENGLISH.right_verdict) < html.index(f"<h3>{ENGLISH.nearest}</h3>") < html.index("<article")
    assert 'class="sure"' not in html and 'class="answer"' not in html and ENGLISH.right + '"' not in html


def test_quotes_that_are_gone_keep_their_places_when_unsure(qa_article: qa.Book) -> None:
    html = drawn(qa_article, qa.State.UNSURE, gone=(0,))
    assert html.index(ENGLISH.unsure) < html.index(ENGLISH.gone) < html.index('data-quote="1"')


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


def test_a_long_list_leads_to_the_rest_of_it(tmp_path: Path) -> None:
    items = "\n".join(f"- item number {number} of the long list of the ferry" for number in range(60))
    book = build_book(tmp_path, {"ferry.md": f"# The ferry\n\nThe ferry carries:\n\n{items}\n"})
    answer = book.ask("What are the things that the ferry carries?")
    (quote, *_) = answer.quotes or answer.nearest
    html = str(cards.draw(answer, book.now(), ENGLISH))
    assert quote.more > 20 and f'data-do="show">{quote.more} more</button>' in html
    saved = qa.answer_json(answer)
    again, _ = restore_answer(book.now(), saved)
    assert next(each.more for each in again.quotes or again.nearest) == quote.more
    listed = saved["quotes"] or saved["nearest"]
    listed[0]["more"] = "<script>"
    restored, gone = restore_answer(book.now(), saved)
    assert gone == (0,) and not any(each.more for each in restored.quotes or restored.nearest)
