"""The page's own words: the phrases that each language must have, and what is put together from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from qa import DocumentRef, Location
from source import Doubt, Place, describe


@dataclass(frozen=True, slots=True)
class Phrases:
    """Every word of the page in one language.

    `{…}` in a text is filled in. `plural`: which of the forms of a counted noun
    goes with a number; the forms are separated by bars. `names`: words for
    what the library calls in English (parts of a place, doubts, steps of a build).
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
    try_one: str

    conversation: str
    searching: str
    stopped: str
    not_kept: str
    searched_for: str
    without_context: str
    also: str
    not_answered: str
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


_NAMED = 3  # other places of a quote


@dataclass(frozen=True, slots=True)
class Texts(Phrases):
    """The phrases, and what is put together of them."""

    def count(self, number: int, noun: str) -> str:
        """A number of things; `noun` is one of the texts with forms.

        >>> from qa.web.page.texts.english import ENGLISH as english
        >>> english.count(1, english.passages), english.count(1200, english.passages)
        ('1 passage', '1,200 passages')
        """
        return f"{self.number(number)} {noun.split('|')[self.plural(number)]}"

    def number(self, number: int) -> str:
        """Thousands apart, as the language has it."""
        return f"{number:,}".replace(",", self.names["thousands"])

    def sureness(self, confidence: float) -> tuple[int, str]:
        """How sure, from 3 down to 1, and in words and as a number.

        >>> from qa.web.page.texts.english import ENGLISH as english
        >>> english.sureness(0.98), english.sureness(0.72), english.sureness(0.999)
        ((3, 'Very likely the answer · 98%'), (2, 'Likely the answer · 72%'), (3, 'Very likely the answer · 99%'))
        """
        level = 3 if confidence >= 0.9 else 2 if confidence >= 0.7 else 1
        return level, f"{self.sure[3 - level]} · {min(99, round(100 * confidence))}%"

    def where(self, document: DocumentRef, place: Place) -> str:
        """The place as one would cite it; a heading that only repeats the title is left out."""
        counts = {place.page_name: place.page, "paragraph": place.paragraph, "line": place.line}
        numbers = [f"{self.names.get(name, name)} {count}" for name, count in counts.items() if count is not None]
        headings = [heading for heading in place.heading if heading != document.title]
        return " › ".join([*headings, ", ".join(numbers)])

    def citation(self, document: DocumentRef, place: Place) -> str:
        """Title and place, and the document's id in brackets: what goes with a copied quote."""
        return f"{document.title}, {self.where(document, place)} ({document.id})"

    def elsewhere(self, document: DocumentRef, locations: Sequence[Location]) -> str:
        """The other places of a quote from `document`, the first few by name."""
        named = [self._place_in(document, each) for each in locations[:_NAMED]]
        more = [self.more.format(count=len(locations) - _NAMED)] if len(locations) > _NAMED else []
        return f"{self.same_words} {'; '.join([*named, *more])}"

    def doubts(self, found: Sequence[Doubt]) -> str:
        """Why a text may not be what its page shows."""
        return f"{self.doubtful}: {'; '.join(describe(found, self.names))}"

    def date(self, moment: datetime) -> str:
        """A day, as the language has it."""
        return moment.strftime(self.names["date"])

    def step(self, step: str) -> str:
        """What a build is doing."""
        return f"{self.building}: {self.names.get(step, step)}"

    def plain(self) -> dict[str, str]:
        """Every text that is one string, for the page's own script."""
        own = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: text for name, text in own if isinstance(text, str)}

    def _place_in(self, document: DocumentRef, location: Location) -> str:
        place = self.where(location.document, location.place)
        return place if location.document.id == document.id else f"{location.document.title}, {place}"
