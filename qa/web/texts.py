"""Every word the page says of itself. What it says about the content, it quotes."""

from __future__ import annotations

from collections.abc import Sequence

from qa import DocumentRef, Location
from source import Doubt, Place, told

NAME = "Chapter & Verse"
TAGLINE = "Answers in the documents’ own words, with the exact place."

QUESTION = "Your question"
PLACEHOLDER = "Ask the documents…"
ASK = "Ask"
AMONG = "Ask only these documents"
CLEAR = "Clear chat"
REBUILD = "Rebuild index"

WELCOME = "What would you like to know?"
WELCOME_NOTE = "Every answer is a quotation you can check. Where the documents are silent, you are told so."
TRY = "Try a question"
ABOUT = "Ask about"

CONVERSATION = "Conversation"
SEARCHING = "Looking through the documents…"
SEARCHED_FOR = "Searched for"
ALSO = "Further passages"
NOT_ANSWERED = "The documents do not answer this."
NEAREST = "Nearest passages, not answers"
SHOW = "Show in document"
WITHHELD = "A passage is withheld: its words are not the document’s. Rebuild the index and ask again."

READING = "Document"
CLOSE = "Close the document"
EARLIER = "Show earlier"
LATER = "Show later"
EARLIER_PAGE = "Show the page before"
LATER_PAGE = "Show the next page"
PAGE = "Page {number}"
UNMARKED = "Where exactly the quote stands on the page is not certain, so that nothing is marked."
CHANGED = "The document has changed since this answer was given; ask the question again."

REBUILDING = "Rebuilding the index"
BROKEN = "Something went wrong that should not; the server’s log says what. Try again."
UNEXPECTED = "That request cannot be understood; reload the page and try again."

BAD_TEXT = "The {name} must be a text; send a string."
BAD_HISTORY = "The history must be a list of earlier questions; send a list of strings."
BAD_DOCUMENTS = "The documents must be a list of ids; send a list of strings."
BAD_COUNT = "k must be a whole number; send one from 1 up."

_NAMED = 3  # other places of a quote

# Questions for the article that the project ships with, by the SHA-256 of its file.
EXAMPLES = {
    "0bbe1377c21dd5f58135aaf922420679dd98e72a2ededf32e8ad0eed3df3078f": (
        "Which platform was proposed for discussing economic relations?",
        "Who is Wang Wen?",
        "How many people from the region study at Russian universities?",
        "Which threats to the region were discussed?",
    ),
}

# From what probability on an answer is called what.
_SURENESS = ((0.9, "Very likely the answer"), (0.7, "Likely the answer"), (0.0, "Possibly the answer"))


def sureness(confidence: float) -> str:
    """How sure, in words and as a number.

    >>> sureness(0.98), sureness(0.62), sureness(0.999)
    ('Very likely the answer · 98%', 'Possibly the answer · 62%', 'Very likely the answer · 99%')
    """
    words = next(words for least, words in _SURENESS if confidence >= least)
    return f"{words} · {min(99, round(100 * confidence))}%"


def where(document: DocumentRef, place: Place) -> str:
    """The place as one would cite it; a heading that only repeats the title is left out."""
    headings = [heading for heading in place.heading if heading != document.title]
    return " › ".join([*headings, place.numbers])


def elsewhere(document: DocumentRef, locations: Sequence[Location]) -> str:
    """The other places of a quote from `document`, the first few by name."""
    named = [_place_in(document, each) for each in locations[:_NAMED]]
    more = [f"{len(locations) - _NAMED} more"] if len(locations) > _NAMED else []
    return f"The same words stand at {'; '.join([*named, *more])}"


def doubts(found: Sequence[Doubt]) -> str:
    """Why a quote may not be what its page shows."""
    return f"May not be as the page shows: {'; '.join(told(found))}"


def _place_in(document: DocumentRef, location: Location) -> str:
    place = where(location.document, location.place)
    return place if location.document.id == document.id else f"{location.document.title}, {place}"
