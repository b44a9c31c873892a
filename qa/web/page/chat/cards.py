"""The conversation as HTML: the welcome, questions, and answers as cards of quotes."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from markupsafe import Markup

from qa import Answer, Edition, Quote, State
from qa.web.page.html import button, element, escaped, flows, link, marked, named, sentence
from qa.web.page.texts import Texts
from source import isolated
from source.formats.markdown.marks import marks_in

_WORD = re.compile(r"\w+")
_LONG = 280  # characters: a longer question is folded


def welcome(examples: Sequence[str], titles: Sequence[str], count: int, texts: Texts) -> Markup:
    """An empty chat: how many documents there are, the titles of the first, and examples of questions.

    `count`: of all documents.
    """
    heading = element("h2", {}, escaped(texts.welcome))
    documents, listed = texts.count(count, texts.documents), "; ".join(map(isolated, titles))
    some = texts.including.format(count=documents, titles=listed)
    about = button("library", some if count > len(titles) else f"{documents}: {listed}", "text about")
    note = element("p", {}, escaped(texts.welcome_note))
    return element("div", {"class": "welcome"}, heading, note, about, _examples(examples, texts))


def draw(answer: Answer, book: Edition, texts: Texts, gone: Collection[int] = ()) -> Markup:
    """A turn: the question and its answer, with every quote checked against its document again.

    `gone`: the positions of quotes that the answer had when it was given but the documents no longer have.
    """
    if answer.remark:
        return _remarked(answer, texts)
    quotes = answer.quotes if answer.answered else answer.nearest
    slots = iter(quotes)
    cards = [
        _gone_notice(texts) if position in gone else _card(position, answer, next(slots), book, texts)
        for position in range(len(quotes) + len(gone))
    ]
    body = _body(answer, cards, texts)
    return element("section", {"class": "turn"}, _question(answer.question, texts), _searched_for(answer, texts), *body)


def _remarked(answer: Answer, texts: Texts) -> Markup:
    """A turn that isn't about the documents."""
    said = element("p", {"class": "verdict"}, escaped(texts.remarks[answer.remark]))
    body = element("div", {"class": "not-answered"}, said)
    return element("section", {"class": "turn"}, _question(answer.question, texts), body)


def _body(answer: Answer, cards: Sequence[Markup], texts: Texts) -> list[Markup]:
    """The facts and cards below what the state says about them."""
    if answer.state is State.ANSWERED:
        lost_all = [] if cards or answer.facts else [_gone_notice(texts)]
        first = element("div", {"class": "cards"}, *cards[:1], *lost_all)
        return [*_facts(answer, texts), first, _group(texts.also, cards[1:], "further")]
    if answer.state is State.UNSURE:
        return [element("p", {"class": "unsure"}, escaped(texts.unsure)), element("div", {"class": "cards"}, *cards)]
    verdict = element("p", {"class": "verdict"}, escaped(texts.not_answered))
    thumbs = _thumbs(texts.right_verdict, texts.wrong_verdict)
    return [element("div", {"class": "not-answered"}, verdict, thumbs, _group(texts.nearest, cards, "nearest"))]


def _facts(answer: Answer, texts: Texts) -> list[Markup]:
    """A list of the facts, a line each."""
    lines = [element("li", {}, sentence(texts.fact(each))) for each in answer.facts]
    return [element("ul", {"class": "facts"}, *lines)] if lines else []


def lost(question: str, texts: Texts) -> Markup:
    """A turn whose stored answer cannot be read."""
    return element("section", {"class": "turn"}, _question(question, texts), _gone_notice(texts))


def is_verbatim(quote: Quote, book: Edition) -> bool:
    """Whether the document has exactly the quote's text at exactly its place (invariant 1)."""
    try:
        text = book.document(quote.document.id).text
    except KeyError:
        return False
    inside = all(quote.span.start <= span.start <= span.end <= quote.span.end for span in quote.highlights)
    return inside and text[quote.span.start : quote.span.end] == quote.text


def _question(question: str, texts: Texts) -> Markup:
    heading = named(question, "h2", class_="question")
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
    """What was searched for, if it isn't what was written; words from earlier questions can be left out."""
    if answer.searched_for == answer.question:
        return Markup()
    words = named(answer.searched_for, "span")
    has_context = not set(_WORD.findall(answer.searched_for)) <= set(_WORD.findall(answer.question))
    alone = [escaped(" "), button("alone", texts.without_context)] if has_context else []
    return element("p", {"class": "searched"}, escaped(f"{texts.searched_for}: "), words, *alone)


def _group(label: str, cards: Sequence[Markup], name: str) -> Markup:
    if not cards:
        return Markup()
    return element("div", {"class": f"group {name}"}, element("h3", {}, escaped(label)), *cards)


def _gone_notice(texts: Texts) -> Markup:
    return element("p", {"class": "gone"}, escaped(texts.gone), escaped(" "), button("again", texts.again))


def _card(number: int, answer: Answer, quote: Quote, book: Edition, texts: Texts) -> Markup:
    if not is_verbatim(quote, book):
        return _gone_notice(texts)
    attributes = {"class": "card", "data-quote": number, "data-citation": texts.citation(quote.document, quote.place)}
    words = _quote(quote, answer.answered, book)
    has_verdict = answer.state is State.NOTHING  # which has the thumbs
    thumbs = [] if has_verdict else [_thumbs(texts.right, texts.wrong)]
    actions = element("div", {"class": "actions"}, *_actions(quote, texts), *thumbs)
    sure = [_sureness(answer.confidence, texts)] if answer.answered and number == 0 else []
    # The document has the rest of a list.
    rest = [button("show", texts.more.format(count=quote.more), "text more")] if quote.more else []
    return element("article", attributes, *sure, words, *rest, _source(quote, texts), actions)


def _sureness(confidence: float, texts: Texts) -> Markup:
    level, words = texts.sureness(confidence)
    dots = element("span", {"class": f"dots-{level}", "aria-hidden": "true"})
    return element("p", {"class": "sure"}, dots, escaped(words))


def _quote(quote: Quote, answers: bool, book: Edition) -> Markup:
    """The quote without quotation marks: the style sheet adds them, so that a copy is the document's own text."""
    document = book.document(quote.document.id)
    marks = [(span, "answer") for span in quote.highlights if answers]
    marks += [(span, name) for span, name in marks_in(document, quote.span) if name == "syntax"]
    # The span ends what the quote's own characters do to the direction, before the quotation mark that follows.
    words = element("q", {}, element("span", {"class": "words"}, marked(document.text, quote.span, marks)))
    # A quote with boxes has the line breaks of its page's columns, which mean nothing on a card.
    layout = {"class": "flowing"} if quote.boxes or flows(quote.text) else {}
    return element("blockquote", {"dir": "auto", **layout}, words)


def _source(quote: Quote, texts: Texts) -> Markup:
    document = quote.document
    title = named(document.title, "cite")
    date = [element("span", {"class": "dated"}, escaped(texts.iso_date(document.date)))] if document.date else []
    fetched = [element("span", {"class": "fetched"}, escaped(each)) for each in texts.fetched_on(document.fetched)]
    # Several documents may have the same title.
    file = [] if document.id == document.title else [named(document.id, "span", class_="file")]
    origin = [link(document.address, class_="file"), *fetched] if document.address else file
    place = element("span", {"class": "where"}, sentence(texts.where(document, quote.place)))
    elsewhere = texts.elsewhere(document, quote.elsewhere) if quote.elsewhere else ""
    doubts = texts.doubts(quote.doubts) if quote.doubts else ""
    notes = [element("span", {"class": "note"}, sentence(note)) for note in (elsewhere, doubts) if note]
    return element("p", {"class": "source"}, title, *date, place, *origin, *notes)


def _actions(quote: Quote, texts: Texts) -> list[Markup]:
    label = f"{texts.show}: {texts.citation(quote.document, quote.place)}"
    next_place = [button("next", texts.next_place)] if quote.elsewhere else []
    return [button("show", texts.show, aria_label=label), button("copy", texts.copy), *next_place]


def _thumbs(right: str, wrong: str) -> Markup:
    labels = {"right": right, "wrong": wrong}
    thumbs = [button(name, label, "icon", aria_pressed="false") for name, label in labels.items()]
    return element("span", {"class": "thumbs"}, *thumbs)


def _examples(examples: Sequence[str], texts: Texts) -> Markup:
    if not examples:
        return Markup()
    buttons = [named(text, "button", type="button", class_="example", data_do="example") for text in examples]
    return element("div", {"class": "examples"}, element("h3", {}, escaped(texts.try_one)), *buttons)
