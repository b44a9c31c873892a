"""The page's texts: the phrases that each language must have, and the texts composed from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime

from qa import DocumentRef, Fact, Location
from source import Doubt, Place, describe, isolated


@dataclass(frozen=True, slots=True)
class Phrases:
    """The page's phrases in one language.

    `{…}` in a phrase is a placeholder. `plural`: which form of a counted noun, from 0, goes
    with a number; a noun's forms are separated by bars. `names`: translations of what the
    library names in English (parts of a place, doubts, steps of a build), and how numbers
    and dates are written. `remarks`: what is said by each `Answer.remark`.
    """

    language: str
    plural: Callable[[int], int]
    names: Mapping[str, str]

    tagline: str
    skip: str
    undo: str
    menu: str
    close_menu: str
    new_chat: str
    chats: str
    delete_chat: str
    deleted_chat: str
    library: str
    appearance: str
    language_name: str
    question: str
    placeholder: str
    ask: str
    stop: str
    cancel: str
    export: str
    as_markdown: str
    as_json: str
    print: str

    welcome: str
    welcome_note: str
    including: str
    try_one: str

    conversation: str
    searching: str
    stopped: str
    not_kept: str
    searched_for: str
    without_context: str
    also: str
    unsure: str
    not_answered: str
    remarks: Mapping[str, str]
    nearest: str
    show: str
    copy: str
    copied: str
    not_copied: str
    next_place: str
    right: str
    wrong: str
    right_verdict: str
    wrong_verdict: str
    thanks: str
    unfold: str
    edit: str
    editing: str
    again: str
    link: str
    gone: str
    sure: tuple[str, str, str]
    same_words: str
    written_by: str
    dated: str
    fetched: str
    of_version: str
    more: str
    doubtful: str

    reading: str
    close: str
    earlier: str
    later: str
    page: str
    unmarked: str
    previous_quote: str
    next_quote: str
    numbered: str
    quote_numbered: str
    numbered_more: str
    back: str
    contents: str
    find: str
    previous_found: str
    next_found: str
    none_found: str
    map: str

    close_library: str
    library_note: str
    read_only: str
    documents: str
    passages: str
    pages: str
    words: str
    filter: str
    document: str
    format: str
    modified: str
    only: str
    asking_only: str
    ask_all: str
    missing: str
    remove: str
    sure_remove: str
    removed: str
    put_back: str
    add: str
    drop: str
    choose: str
    uploading: str
    not_uploaded: str
    too_large: str
    too_many: str
    paste: str
    paste_title: str
    paste_text: str
    paste_add: str
    rebuild: str
    building: str
    cancelled: str
    refused: str
    rows: str
    no_rows: str
    read: str

    broken: str
    unexpected: str
    busy: str
    unreachable: str
    crowded: str


_NAMED_PLACES = 3  # of the other places of a quote, the rest are counted


@dataclass(frozen=True, slots=True)
class Texts(Phrases):
    """The phrases of a language, and the texts composed from them."""

    def count(self, number: int, noun: str) -> str:
        """A number and its noun; `noun` is one of the phrases with several forms.

        >>> from qa.web.page.texts.english import ENGLISH as english
        >>> english.count(1, english.passages), english.count(1200, english.passages)
        ('1 passage', '1,200 passages')
        """
        return f"{self.number(number)} {noun.split('|')[self.plural(number)]}"

    def number(self, number: int) -> str:
        """A number with the language's thousands separator."""
        return f"{number:,}".replace(",", self.names["thousands"])

    def sureness(self, confidence: float) -> tuple[int, str]:
        """The level of a confidence, from 1 (low) to 3 (high), and its text.

        >>> from qa.web.page.texts.english import ENGLISH as english
        >>> english.sureness(0.98), english.sureness(0.72), english.sureness(0.999)
        ((3, 'High confidence · 98%'), (2, 'Medium confidence · 72%'), (3, 'High confidence · 99%'))
        """
        level = 3 if confidence >= 0.85 else 2 if confidence >= 0.65 else 1
        return level, f"{self.sure[3 - level]} · {min(99, round(100 * confidence))}%"

    def where(self, document: DocumentRef, place: Place) -> str:
        """A place as it is cited: headings, then numbers. A heading that only repeats the title is left out."""
        numbers = [f"{self.names.get(name, name)} {count}" for name, count in place.numbered.items()]
        headings = [isolated(heading) for heading in place.heading if heading != document.title]
        return " › ".join([*headings, ", ".join(numbers)])

    def citation(self, document: DocumentRef, place: Place) -> str:
        """The citation that is copied with a quote: title, date, place and, in brackets, where the document is from.

        That is the address of a web page, and when it was fetched, or else the document's id.
        """
        dated = f" ({self.iso_date(document.date)})" if document.date else ""
        origin = ", ".join([isolated(document.address or document.id), *self.fetched_on(document.fetched)])
        return f"{isolated(document.title)}{dated}, {self.where(document, place)} ({origin})"

    def fetched_on(self, time: str) -> list[str]:
        """When a web page was fetched, if it was."""
        return [self.fetched.format(self.iso_date(time[:10]))] if time else []

    def name_of(self, id: str, title: str) -> str:
        """A document's title with its id in brackets, as several documents may have the same title.

        >>> from qa.web.page.texts.english import ENGLISH as english
        >>> english.name_of("2024/report.txt", "report"), english.name_of("Q1", "Q1")
        ('report (2024/report.txt)', 'Q1')
        """
        return isolated(title) if id == title else f"{isolated(title)} ({isolated(id)})"

    def fact(self, fact: Fact) -> str:
        """A fact about a document, or about all of them.

        >>> from qa.web.page.texts.english import ENGLISH as english
        >>> document = DocumentRef("a.md", "Ships", "a.md", "", "")
        >>> english.fact(Fact(document, "date", "2024-03-12")), english.fact(Fact(None, "documents", "12"))
        ('Ships (a.md), dated 12 Mar 2024', '12 documents')
        """
        if fact.document is None:
            return self.count(int(fact.value), self.documents)
        forms = {"author": self.written_by, "date": self.dated, "version": self.of_version}
        counted = {"pages": self.pages, "words": self.words}
        value = self.iso_date(fact.value) if fact.name == "date" else isolated(fact.value)
        about = forms.get(fact.name, "").format(value)
        about = self.count(int(fact.value), counted[fact.name]) if fact.name in counted else about
        return ", ".join(filter(None, [self.name_of(fact.document.id, fact.document.title), about]))

    def iso_date(self, iso: str) -> str:
        """A date in ISO form in the language's format, if it is known to the day."""
        with suppress(ValueError):
            return self.date(datetime.strptime(iso, "%Y-%m-%d"))
        return isolated(iso)

    def elsewhere(self, document: DocumentRef, locations: Sequence[Location]) -> str:
        """Where else a quote from `document` appears: the first few places by name, the rest as a number."""
        named = [self._place_in(document, each) for each in locations[:_NAMED_PLACES]]
        more = [self.more.format(count=len(locations) - _NAMED_PLACES)] if len(locations) > _NAMED_PLACES else []
        return f"{self.same_words} {'; '.join([*named, *more])}"

    def doubts(self, doubts: Sequence[Doubt]) -> str:
        """Why an extracted text may differ from what its page shows."""
        return f"{self.doubtful} ({'; '.join(describe(doubts, self.names))})"

    def date(self, moment: datetime) -> str:
        """A date in the language's format."""
        return moment.strftime(self.names["date"])

    def step(self, step: str) -> str:
        """What a build is doing, by the name of its step."""
        return f"{self.building}: {self.names.get(step, step)}"

    def plain(self) -> dict[str, str]:
        """The phrases by their names, for the page's script."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value for name, value in values if isinstance(value, str)}

    def _place_in(self, document: DocumentRef, location: Location) -> str:
        place = self.where(location.document, location.place)
        other = location.document
        return place if other.id == document.id else f"{self.name_of(other.id, other.title)}, {place}"
