"""The page's own texts, in each of its languages."""

from __future__ import annotations

from qa.web.page.texts.english import ENGLISH
from qa.web.page.texts.russian import RUSSIAN
from qa.web.page.texts.texts import Texts

NAME = "Chapter & Verse"
LANGUAGES = {texts.language: texts for texts in (ENGLISH, RUSSIAN)}

__all__ = ["LANGUAGES", "NAME", "Texts", "in_language"]


def in_language(code: object) -> Texts:
    """The texts in the language of a tag such as "ru-RU"; in English if the page does not have it."""
    return LANGUAGES.get(code[:2].lower() if isinstance(code, str) else "", ENGLISH)
