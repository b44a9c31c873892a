"""How the page's script is answered: an object in, an object out, an error as one sentence."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from qa import ChapterVerseError
from qa.requote import QuoteGone
from qa.web.builds import BuildRunning
from qa.web.given import Given, Misunderstood
from qa.web.texts import Texts, in_language

_log = logging.getLogger("chapter-verse")

Action = Callable[[Given, Texts], dict[str, Any]]
"""What the server does for the page: from the fields that were sent, in the language of who sent them."""


def act_with(actions: Iterable[Action]) -> Callable[[Any], dict[str, Any]]:
    """The one function that the page calls, with the name of one of these actions among its fields."""
    named = {each.__name__: each for each in actions}

    def act(data: Any) -> dict[str, Any]:
        given = Given(data)
        texts = in_language(given.value("language"))
        try:
            return named.get(given.text("action"), _nothing)(given, texts)
        except Exception as error:  # whatever it is, the reader can go on
            return {"error": _told(error, texts)}

    return act


def _nothing(given: Given, texts: Texts) -> dict[str, Any]:
    raise Misunderstood("action")


def _told(error: Exception, texts: Texts) -> str:
    """What the reader is told."""
    match error:
        case Misunderstood():
            return texts.unexpected
        case QuoteGone():
            return texts.gone
        case BuildRunning():
            return texts.busy
        case ChapterVerseError():
            return str(error)
    _log.error("The page asked for something that went wrong.", exc_info=error)
    return texts.broken
