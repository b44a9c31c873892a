"""Every word the page says of itself, in each of its languages, and what its endpoints say in English."""

from __future__ import annotations

from qa.web.texts.english import ENGLISH
from qa.web.texts.russian import RUSSIAN
from qa.web.texts.texts import Texts

NAME = "Chapter & Verse"
LANGUAGES = {texts.language: texts for texts in (ENGLISH, RUSSIAN)}

BAD_TEXT = "The {name} must be a text; send a string."
BAD_HISTORY = "The history must be a list of earlier questions; send a list of strings."
BAD_DOCUMENTS = "The documents must be a list of ids; send a list of strings."
BAD_COUNT = "k must be a whole number; send one from 1 up."

__all__ = ["BAD_COUNT", "BAD_DOCUMENTS", "BAD_HISTORY", "BAD_TEXT", "LANGUAGES", "NAME", "Texts", "in_language"]


def in_language(code: object) -> Texts:
    """The page's texts in the language that a browser asks for ("ru-RU"); English for any other."""
    return LANGUAGES.get(code[:2].lower() if isinstance(code, str) else "", ENGLISH)
