"""Answers to HTML: quote cards, or a plain "not answered"."""

from __future__ import annotations

from collections.abc import Sequence

from qa import Answer, Edition, Quote
from qa.web import texts
from qa.web.chat import Turn, shown
from qa.web.markup import element, escaped, marked
from source import Span


def conversation(turns: Sequence[Turn], pending: str | None = None) -> str:
    """The whole chat, with the question that is being looked up at its end."""
    waiting = [_pending(pending)] if pending is not None else []
    attributes = {"class": "turns", "role": "log", "aria-live": "polite", "aria-label": texts.CONVERSATION}
    return element("div", attributes, *(turn.html for turn in turns), *waiting)


def welcome(examples: Sequence[str], titles: Sequence[str]) -> str:
    """The empty page: questions to click on, or else what the documents are called."""
    hint = _examples(examples) if examples else _titles(titles)
    heading = element("h2", {}, texts.WELCOME)
    return element("div", {"class": "welcome"}, heading, element("p", {}, texts.WELCOME_NOTE), hint)


def draw(number: int, answer: Answer, book: Edition) -> str:
    """The turn with this number (from 0), every quote checked against its document once more."""
    cards = [_card(number, i, answer, quote, book) for i, quote in enumerate(shown(answer))]
    if answer.answered:
        further = _group(texts.ALSO, cards[1:], "further")
        body = [element("div", {"class": "cards"}, *cards[:1]), further]
    else:
        verdict = element("p", {"class": "verdict"}, texts.NOT_ANSWERED)
        body = [element("div", {"class": "not-answered"}, verdict, _group(texts.NEAREST, cards, "nearest"))]
    return _turn(answer.question, _searched_for(answer), *body)


def notice(message: str, error: bool = False) -> str:
    """A line above the question box: what a rebuild did, or what is wrong."""
    role = {"role": "alert", "class": "notice wrong"} if error else {"role": "status", "class": "notice"}
    return element("p", role, escaped(message))


def stands(quote: Quote, book: Edition) -> bool:
    """Invariant 1: the document says exactly this, exactly there."""
    try:
        text = book.document(quote.document.id).text
    except KeyError:
        return False
    inside = all(quote.span.start <= span.start <= span.end <= quote.span.end for span in quote.highlights)
    return inside and text[quote.span.start : quote.span.end] == quote.text


def _turn(question: str, *content: str) -> str:
    heading = element("h2", {"class": "question", "dir": "auto"}, escaped(question))
    return element("section", {"class": "turn"}, heading, *content)


def _pending(question: str) -> str:
    dots = element("span", {"class": "dots", "aria-hidden": "true"}, "<i></i><i></i><i></i>")
    return _turn(question, element("p", {"class": "pending"}, dots, texts.SEARCHING))


def _searched_for(answer: Answer) -> str:
    if answer.searched_for == answer.question:
        return ""
    words = element("span", {"dir": "auto"}, escaped(answer.searched_for))
    return element("p", {"class": "searched"}, f"{texts.SEARCHED_FOR}: ", words)


def _group(label: str, cards: Sequence[str], name: str) -> str:
    if not cards:
        return ""
    return element("div", {"class": f"group {name}"}, element("h3", {}, label), *cards)


def _card(turn: int, number: int, answer: Answer, quote: Quote, book: Edition) -> str:
    if not stands(quote, book):
        return element("p", {"class": "withheld"}, texts.WITHHELD)
    sure = [_sureness(answer.confidence)] if answer.answered and number == 0 else []
    attributes = {"class": "card", "data-turn": turn, "data-quote": number}
    return element("article", attributes, *sure, _quote(quote, answer.answered), _source(quote))


def _quote(quote: Quote, answers: bool) -> str:
    """The quote alone: the style sheet draws its quotation marks, so that a copy is the document's text."""
    start = quote.span.start
    inside = [Span(span.start - start, span.end - start) for span in quote.highlights if answers]
    whole = Span(0, len(quote.text))
    words = element("q", {}, marked(quote.text, whole, [(span, "answer") for span in inside]))
    # Where words have boxes, the lines are those of the page's columns, and the card has its own.
    layout = {"class": "flowing"} if quote.boxes else {}
    return element("blockquote", {"dir": "auto", **layout}, words)


def _sureness(confidence: float) -> str:
    return element("p", {"class": "sure"}, escaped(texts.sureness(confidence)))


def _source(quote: Quote) -> str:
    where = texts.where(quote.document, quote.place)
    title = element("cite", {"dir": "auto"}, escaped(quote.document.title))
    place = element("span", {"class": "where", "dir": "auto"}, escaped(where))
    again = [_elsewhere(quote)] if quote.elsewhere else []
    doubts = [element("span", {"class": "doubts"}, escaped(texts.doubts(quote.doubts)))] if quote.doubts else []
    label = f"{texts.SHOW}: {quote.document.title}, {where}"
    button = element("button", {"type": "button", "class": "open", "aria-label": label}, texts.SHOW)
    return element("footer", {}, element("span", {"class": "source"}, title, place, *again, *doubts), button)


def _elsewhere(quote: Quote) -> str:
    return element(
        "span", {"class": "elsewhere", "dir": "auto"}, escaped(texts.elsewhere(quote.document, quote.elsewhere))
    )


def _examples(examples: Sequence[str]) -> str:
    button = {"type": "button", "class": "example", "dir": "auto"}
    buttons = [element("button", {**button, "data-example": i}, escaped(text)) for i, text in enumerate(examples)]
    return element("div", {"class": "examples"}, element("h3", {}, texts.TRY), *buttons)


def _titles(titles: Sequence[str]) -> str:
    items = [element("li", {"dir": "auto"}, escaped(title)) for title in titles]
    return element("div", {"class": "examples"}, element("h3", {}, texts.ABOUT), element("ul", {}, *items))
