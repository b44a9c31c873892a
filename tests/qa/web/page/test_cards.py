"""Answers as cards: what stands above them follows from the answer's state."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

import qa
from qa.web.page.chat.cards import draw
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
    assert html.count('data-do="right"') == html.count("<article") == 3


def test_when_nothing_is_found_the_page_says_so_and_the_verdict_has_the_thumbs(qa_article: qa.Book) -> None:
    html = drawn(qa_article, qa.State.NOTHING)
    assert html.index(ENGLISH.not_answered) < html.index(ENGLISH.right_verdict)
    assert html.index(ENGLISH.right_verdict) < html.index(f"<h3>{ENGLISH.nearest}</h3>") < html.index("<article")
    assert 'class="sure"' not in html and 'class="answer"' not in html and ENGLISH.right + '"' not in html


def test_quotes_that_are_gone_keep_their_places_when_unsure(qa_article: qa.Book) -> None:
    html = drawn(qa_article, qa.State.UNSURE, gone=(0,))
    assert html.index(ENGLISH.unsure) < html.index(ENGLISH.gone) < html.index('data-quote="1"')
