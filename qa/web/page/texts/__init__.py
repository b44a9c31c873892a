"""Every word the page says of itself, in each of its languages."""

from __future__ import annotations

from qa.web.page.texts.english import ENGLISH
from qa.web.page.texts.russian import RUSSIAN
from qa.web.page.texts.texts import Texts

NAME = "Chapter & Verse"
LANGUAGES = {texts.language: texts for texts in (ENGLISH, RUSSIAN)}

__all__ = ["LANGUAGES", "NAME", "Texts", "in_language"]


def in_language(code: object) -> Texts:
    """The page's texts in the language that a browser asks for ("ru-RU"); English for any other."""
    return LANGUAGES.get(code[:2].lower() if isinstance(code, str) else "", ENGLISH)
