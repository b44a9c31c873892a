"""What the page says of itself, in one language; what it says about the content, it quotes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from qa import DocumentRef, Location
from qa.web.texts.phrases import Phrases
from source import Doubt, Place, told

_NAMED = 3  # other places of a quote


@dataclass(frozen=True, slots=True)
class Texts(Phrases):
    """The phrases, and what is put together of them."""

    def count(self, number: int, noun: str) -> str:
        """A number of things; `noun` is one of the texts with forms.

        >>> from qa.web.texts.english import ENGLISH as english
        >>> english.count(1, english.passages), english.count(1200, english.passages)
        ('1 passage', '1,200 passages')
        """
        return f"{self.number(number)} {noun.split('|')[self.plural(number)]}"

    def number(self, number: int) -> str:
        """Thousands apart, as the language has it."""
        return f"{number:,}".replace(",", self.names["thousands"])

    def sureness(self, confidence: float) -> tuple[int, str]:
        """How sure, from 3 down to 1, and in words and as a number.

        >>> from qa.web.texts.english import ENGLISH as english
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
        return f"{self.doubtful}: {'; '.join(told(found, self.names))}"

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
