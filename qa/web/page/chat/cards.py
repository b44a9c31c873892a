"""Answers to HTML: quote cards, or a plain "not answered"."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import PurePath

from markupsafe import Markup

from qa import Answer, Edition, Quote
from qa.web.page.html import button, element, escaped, flows, marked
from qa.web.page.texts import Texts
from source.formats.markdown.marks import marks_in

_LONG = 280  # characters of a question, beyond which it is folded


def welcome(examples: Sequence[str], titles: Sequence[str], count: int, texts: Texts) -> Markup:
    """The empty chat: how many documents there are and what the first are called, and what to click on."""
    heading = element("h2", {}, escaped(texts.welcome))
    documents, named = texts.count(count, texts.documents), "; ".join(titles)
    some = texts.including.format(count=documents, titles=named)
    about = button("library", some if count > len(titles) else f"{documents}: {named}", "text about", dir="auto")
    note = element("p", {}, escaped(texts.welcome_note))
    return element("div", {"class": "welcome"}, heading, note, about, _examples(examples, texts))


def draw(answer: Answer, book: Edition, texts: Texts, gone: Collection[int] = ()) -> Markup:
    """One turn, every quote checked against its document once more.

    `gone`: the positions of quotes that the answer had when it was given, and the documents no longer have.
    """
    quotes = answer.quotes if answer.answered else answer.nearest
    slots = iter(quotes)
    cards = [
        _gone(texts) if position in gone else _card(position, answer, next(slots), book, texts)
        for position in range(len(quotes) + len(gone))
    ]
    if answer.answered:
        body = [element("div", {"class": "cards"}, *cards[:1]), _group(texts.also, cards[1:], "further")]
    else:
        verdict = element("p", {"class": "verdict"}, escaped(texts.not_answered))
        thumbs = _thumbs(texts.right_verdict, texts.wrong_verdict)
        body = [element("div", {"class": "not-answered"}, verdict, thumbs, _group(texts.nearest, cards, "nearest"))]
    return element("section", {"class": "turn"}, _question(answer.question, texts), _searched_for(answer, texts), *body)


def lost(question: str, texts: Texts) -> Markup:
    """A turn whose answer cannot be read any more."""
    return element("section", {"class": "turn"}, _question(question, texts), _gone(texts))


def stands(quote: Quote, book: Edition) -> bool:
    """Invariant 1: the document says exactly this, exactly there."""
    try:
        text = book.document(quote.document.id).text
    except KeyError:
        return False
    inside = all(quote.span.start <= span.start <= span.end <= quote.span.end for span in quote.highlights)
    return inside and text[quote.span.start : quote.span.end] == quote.text


def _question(question: str, texts: Texts) -> Markup:
    heading = element("h2", {"class": "question", "dir": "auto"}, escaped(question))
    if len(question) > _LONG:
        heading += button("unfold", texts.unfold, aria_expanded="false")
    heading = element("div", {"class": "asked"}, heading)
    tools = [
        button("edit", texts.edit, "icon"),
        button("again", texts.again, "icon"),
        button("link", texts.link, "icon"),
    ]
    return element("header", {}, heading, element("div", {"class": "tools"}, *tools))


def _searched_for(answer: Answer, texts: Texts) -> Markup:
    if answer.searched_for == answer.question:
        return Markup()
    words = element("span", {"dir": "auto"}, escaped(answer.searched_for))
    alone = button("alone", texts.without_context)
    return element("p", {"class": "searched"}, escaped(f"{texts.searched_for}: "), words, escaped(" "), alone)


def _group(label: str, cards: Sequence[Markup], name: str) -> Markup:
    if not cards:
        return Markup()
    return element("div", {"class": f"group {name}"}, element("h3", {}, escaped(label)), *cards)


def _gone(texts: Texts) -> Markup:
    return element("p", {"class": "gone"}, escaped(texts.gone), escaped(" "), button("again", texts.again))


def _card(number: int, answer: Answer, quote: Quote, book: Edition, texts: Texts) -> Markup:
    if not stands(quote, book):
        return _gone(texts)
    sure = [_sureness(answer.confidence, texts)]
    attributes = {"class": "card", "data-quote": number, "data-citation": texts.citation(quote.document, quote.place)}
    words = _quote(quote, answer.answered, book)
    thumbs = [_thumbs(texts.right, texts.wrong)] if answer.answered else []  # else there is one word on all of them
    actions = element("div", {"class": "actions"}, *_actions(quote, texts), *thumbs)
    first = answer.answered and number == 0
    return element("article", attributes, *(sure if first else []), words, _source(quote, texts), actions)


def _sureness(confidence: float, texts: Texts) -> Markup:
    level, words = texts.sureness(confidence)
    dots = element("span", {"class": f"dots-{level}", "aria-hidden": "true"})
    return element("p", {"class": "sure"}, dots, escaped(words))


def _quote(quote: Quote, answers: bool, book: Edition) -> Markup:
    """The quote alone: the style sheet draws its quotation marks, so that a copy is the document's text."""
    document = book.document(quote.document.id)
    marks = [(span, "answer") for span in quote.highlights if answers]
    marks += [(span, name) for span, name in marks_in(document, quote.span) if name == "syntax"]
    words = element("q", {}, marked(document.text, quote.span, marks))
    # Where words have boxes, the lines are those of the page's columns, and the card has its own.
    layout = {"class": "flowing"} if quote.boxes or flows(quote.text) else {}
    return element("blockquote", {"dir": "auto", **layout}, words)


def _source(quote: Quote, texts: Texts) -> Markup:
    title = element("cite", {"dir": "auto"}, escaped(quote.document.title))
    file = element("span", {"class": "file", "dir": "auto"}, escaped(quote.document.id))
    place = element("span", {"class": "where", "dir": "auto"}, escaped(texts.where(quote.document, quote.place)))
    told = _key(PurePath(quote.document.id).stem) not in _key(quote.document.title)  # else the title is the file's name
    again = texts.elsewhere(quote.document, quote.elsewhere) if quote.elsewhere else ""
    doubts = texts.doubts(quote.doubts) if quote.doubts else ""
    notes = [element("span", {"class": "note", "dir": "auto"}, escaped(note)) for note in (again, doubts) if note]
    return element("p", {"class": "source"}, title, place, *([file] if told else []), *notes)


def _key(name: str) -> str:
    """What a name and a title have in common, whatever stands between the words."""
    return "".join(char for char in name.casefold() if char.isalnum())


def _actions(quote: Quote, texts: Texts) -> list[Markup]:
    label = f"{texts.show}: {texts.citation(quote.document, quote.place)}"
    further = [button("next", texts.next_place)] if quote.elsewhere else []
    return [button("show", texts.show, aria_label=label), button("copy", texts.copy), *further]


def _thumbs(right: str, wrong: str) -> Markup:
    thumbs = [button(name, label, "icon", aria_pressed="false") for name, label in (("right", right), ("wrong", wrong))]
    return element("span", {"class": "thumbs"}, *thumbs)


def _examples(examples: Sequence[str], texts: Texts) -> Markup:
    if not examples:
        return Markup()
    buttons = [
        element("button", {"type": "button", "class": "example", "data-do": "example", "dir": "auto"}, escaped(text))
        for text in examples
    ]
    return element("div", {"class": "examples"}, element("h3", {}, escaped(texts.try_one)), *buttons)
