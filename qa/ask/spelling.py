"""Forgives typing errors: a word that no passage has, and that is one edit away from a word that passages have.

The only vocabulary of the documents is the index: the stems of their words. So all words one
edit away from the question's are made, and their stems are looked up at once.

A correction must be likelier than a word that the documents don't have. So words that the
encoder knows whole stay: they are right, only not in the documents. And the name of somebody
who isn't in the documents must not become somebody else's: see `_is_slip`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from index import Encoder, Store
from qa.ask.exact import PHRASE

_LEAST, _LEAST_NAME, _LONGEST = 4, 7, 24  # letters of a word that is corrected; of a name, at least
_MOST = 3  # words that are corrected: a question with more is in another language, or about something else
_WORD = re.compile(r"(?<![\w@./:'’*-])[^\W\d_]+(?![\w@/:*-]|['’.]\w)")
_BEGINS = re.compile(r"(?:[.!?:]\s|^)\W*\Z")
_LOOKED_BACK = 8  # characters in which a sentence's beginning is looked for
_ALPHABETS = ("abcdefghijklmnopqrstuvwxyz", "абвгдежзийклмнопрстуфхцчшщъыьэюя")


def corrected(store: Store, encoder: Encoder, question: str) -> str:
    """The question with its typing errors corrected; as it is if there are none that are sure enough."""
    phrases = [match.span() for match in PHRASE.finditer(question)]
    words = [match for match in _WORD.finditer(question) if not any(a <= match.start() < b for a, b in phrases)]
    unknown = list(_unknown(store, encoder, words))
    if len(unknown) > _MOST:
        return question
    parts, at = [], 0
    for match in unknown:
        if right := _correction(store, encoder, match.group(), _is_name(match)):
            parts += [question[at : match.start()], right]
            at = match.end()
    return "".join([*parts, question[at:]])


def _unknown(store: Store, encoder: Encoder, words: list[re.Match[str]]) -> Iterator[re.Match[str]]:
    """The words that neither the documents nor the encoder know."""
    content = [store.lexical.content_words(match.group()) for match in words]
    # All are looked up, so that an engine isn't asked again when they are searched for.
    folded = [(own or [match.group().casefold()])[0] for match, own in zip(words, content, strict=True)]
    rarity = store.lexical.rarity(folded)
    for match, own, word, rare in zip(words, content, folded, rarity.tolist(), strict=True):
        if rare >= 1 and len(own) == 1 and _LEAST <= len(match.group()) <= _LONGEST and _is_new(encoder, word):
            yield match


def _is_new(encoder: Encoder, word: str) -> bool:
    """Whether a word isn't one that the encoder knows whole."""
    return len(encoder.pieces([word])[0]) > 1


def _is_name(word: re.Match[str]) -> bool:
    """Whether a word is capitalised though it doesn't begin a sentence."""
    return word.group()[0].isupper() and not _BEGINS.search(
        word.string, max(0, word.start() - _LOOKED_BACK), word.start()
    )


def _correction(store: Store, encoder: Encoder, word: str, is_name: bool) -> str | None:
    """The likeliest word of the documents that is one edit away.

    It begins with the same letter, the encoder knows it whole, or it is frequent, in this order. Forms of one word are
    equally frequent; among them a letter too few is likelier than one too many.
    """
    (folded,) = store.lexical.content_words(word)
    edits = [edit for edit in dict.fromkeys(_edits(folded)) if not is_name or _is_slip(folded, edit)]
    small = [edit for edit in edits if edit in store.lexical.stopwords]
    if len(small) > 1:
        return None  # it may be "where" or "when"
    rarity = store.lexical.rarity(edits).tolist()
    rare = {edit: each for edit, each in zip(edits, rarity, strict=True) if each < 1}
    known = small or _existing(store, encoder, list(rare), is_name)
    order = {
        edit: (edit[0] != folded[0], _is_new(encoder, edit), rare.get(edit, 1), -len(edit), edit) for edit in known
    }
    best = min(known, key=order.__getitem__, default=None)
    return best.capitalize() if best and word[0].isupper() else best


def _existing(store: Store, encoder: Encoder, edits: list[str], is_name: bool) -> list[str]:
    """Those that are words ("Ferranti"), not just letters with the stem of one ("Ferrantie").

    A word is one if the encoder knows it whole, or if the index has it unchanged. Of a script that the encoder doesn't
    know, any form will do that isn't a name's.
    """
    frequencies = store.lexical.frequencies(edits)
    return [
        edit
        for edit, frequency in zip(edits, frequencies, strict=True)
        if frequency or not (is_name or edit.isascii()) or not _is_new(encoder, edit)
    ]


def _edits(word: str) -> Iterator[str]:
    """The words one edit away: a letter more, less or another, or two exchanged (Damerau 1964)."""
    alphabet = next((letters for letters in _ALPHABETS if set(word) <= set(letters)), "")
    for at in range(len(word) + 1):
        before, after = word[:at], word[at:]
        yield before + after[1:]
        yield before + after[1:2] + after[:1] + after[2:]
        for letter in alphabet:
            yield before + letter + after
            yield before + letter + after[1:]


def _is_slip(name: str, edit: str) -> bool:
    """Whether a name was meant as another: a slip of the fingers that makes no other name.

    Names that differ in one letter, or begin differently, are mostly two ("Hansen", "Hanson", "Jansen").
    """
    return len(name) >= _LEAST_NAME and name[0] == edit[0] and (len(name) != len(edit) or sorted(name) == sorted(edit))
