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
from enum import IntEnum

from index import Encoder, Store
from qa.ask.exact import PHRASE

_LEAST, _LONGEST = 4, 24  # letters of a word that is corrected
_LEAST_NAME = 7  # letters of a name that is corrected in any case, if it was a slip
_LEAST_PLAIN = 5  # of one with a plain slip, or that is the encoder's word
_ENDING, _LONGEST_ENDING = 2, 3  # letters of an ending, at least and at most
_PASSAGES = 20  # in which corrections are looked for
_MOST = 3  # words that are corrected: a question with more is in another language, or about something else
_WORD = re.compile(r"(?<![\w@./:'’*-])[^\W\d_]+(?![\w@/:*-]|['’.]\w)")
_BEGINS = re.compile(r"(?:[.!?:]\s|^)\W*\Z")
_LOOKED_BACK = 8  # characters in which a sentence's beginning is looked for
_DOUBLED = re.compile(r"(.)\1")
# Keys side by side, left to right.
_KEYS = "qwertyuiop asdfghjkl zxcvbnm йцукенгшщзхъ фывапролджэ ячсмитьбю"
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
        if right := _correction(store, encoder, match):
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


def _correction(store: Store, encoder: Encoder, match: re.Match[str]) -> str | None:
    """The likeliest word that is one edit away: of the documents, or a small word such as "where".

    It begins with the same letter, it is in the best of the passages that the rest of the question finds, the encoder
    knows it whole, the slip is a usual one, or it is frequent, in this order. Forms of one word are equally frequent;
    among them a letter too few is likelier than one too many.
    """
    word, is_name = match.group(), _is_name(match)
    (folded,) = store.lexical.content_words(word)
    edits = dict.fromkeys(_edits(folded))
    rarity = zip(edits, store.lexical.rarity(list(edits)).tolist(), strict=True)
    rare = {edit: each for edit, each in rarity if each < 1 or edit in store.lexical.stopwords}
    known = _existing(store, encoder, folded, [edit for edit in rare if not is_name or _is_slip(encoder, folded, edit)])
    found = _found(store, match.string, known) if len(known) > 1 else dict.fromkeys(known, 0.0)

    def unlikeness(edit: str) -> tuple[object, ...]:
        differs = edit[0] != folded[0]
        return differs, -found[edit], _is_new(encoder, edit), _slip(folded, edit), rare[edit], -len(edit), edit

    best = min(known, key=unlikeness, default=None)
    return best.capitalize() if best and word[0].isupper() else best


def _found(store: Store, question: str, words: list[str]) -> dict[str, float]:
    """The BM25 score, for the question, of the best passage that has each of these words."""
    rows = store.lexical.search(question, _PASSAGES)
    scores = store.lexical.found_in(words, rows) * store.lexical.scores(question, rows)
    return dict(zip(words, scores.max(axis=1, initial=0.0).tolist(), strict=True))


def _existing(store: Store, encoder: Encoder, word: str, edits: list[str]) -> list[str]:
    """Those that are words ("Ferranti"), not just letters with the stem of one ("Ferrantie").

    A word is one if the encoder knows it whole, or if the index has it unchanged or without an ending that it shares
    with the mistyped word. Of a script that the encoder doesn't know, any form will do.
    """
    forms = {edit: list(_forms(word, edit)) for edit in edits}
    terms = [each for own in forms.values() for each in own]
    there = {term for term, frequency in zip(terms, store.lexical.frequencies(terms), strict=True) if frequency}
    return [
        edit for edit in edits if not there.isdisjoint(forms[edit]) or not edit.isascii() or not _is_new(encoder, edit)
    ]


def _forms(word: str, edit: str) -> Iterator[str]:
    """The edit and, if it ends as the mistyped word does, what may be its stem."""
    yield edit
    if edit[-_ENDING:] == word[-_ENDING:]:
        yield from (edit[:-letters] for letters in range(1, _LONGEST_ENDING + 1))


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


class _Slip(IntEnum):
    """How a word was mistyped, the likeliest first."""

    EXCHANGED = 0
    DOUBLED = 1
    """A letter once for twice, or twice for once."""
    LETTER = 2
    """A letter too many, or too few."""
    BESIDE = 3
    """The key beside the right one."""
    OTHER = 4


def _slip(word: str, edit: str) -> _Slip:
    """The slip that makes a word of another, one edit away."""
    if len(word) != len(edit):
        return _Slip.DOUBLED if _DOUBLED.sub(r"\1", word) == _DOUBLED.sub(r"\1", edit) else _Slip.LETTER
    if sorted(word) == sorted(edit):
        return _Slip.EXCHANGED
    changed = next((one + other for one, other in zip(word, edit, strict=True) if one != other), "")
    return _Slip.BESIDE if changed in _KEYS or changed[::-1] in _KEYS else _Slip.OTHER


def _is_slip(encoder: Encoder, name: str, edit: str) -> bool:
    """Whether a name was meant as another: by a slip of the fingers that hardly makes another name.

    Names that differ in one letter, or begin differently, are mostly two ("Hansen", "Hanson", "Jansen").
    """
    slip = _slip(name, edit)
    if name[0] != edit[0] or slip is _Slip.OTHER:
        return False
    if len(name) >= _LEAST_NAME or slip in (_Slip.EXCHANGED, _Slip.DOUBLED):
        return len(name) >= _LEAST_PLAIN
    return slip is _Slip.LETTER and len(name) >= _LEAST_PLAIN and not _is_new(encoder, edit)
