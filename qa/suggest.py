"""Suggests first questions for a set of documents, in the documents' own words.

Headings, subjects of sentences and names are tried as searches. A heading or a
subject is suggested if the answer quotes the text below that heading, or the rest
of that sentence. Subjects and names are found by heuristics, for the languages
whose most common verbs are listed here.

>>> subject("The harbour master of Lund is called Astrid Lindqvist.", lambda word: word.lower() not in {"the", "of"})
'The harbour master of Lund'
>>> list(names("The harbour master of Lund is called Astrid Lindqvist."))
['Astrid Lindqvist']
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import TypeVar

import numpy as np

from index import Store
from qa.answer import Answer
from qa.edition import Edition
from source import Document, Span

_MAX_WORDS = 10  # of a subject
_MAX_CHARACTERS = 80  # before the verb

# The verb, where a subject ends; Chinese and Japanese have no space there.
_VERB = re.compile(
    r"(?<=\w\s)(?:is|are|was|were|has|have|had|will|can|could|must|should|may"
    r"|ist|sind|war|waren|wird|werden|wurde|wurden|hat|haben|kann|können|muss"
    r"|es|son|fue|era|fueron|eran|tiene|tienen|ha|han|puede|est|sont|était|étaient|sera|peut|è|sono|può|é|são|foi"
    r"|является|являются|был|была|было|были|стал|стала|стали|составляет|составляют|может|могут|[—–](?=\sэто\b)"
    r"|هو|هي|كان|كانت|يعتبر|تعتبر|يعد|تعد)(?=\s)"
    r"|(?<=[\u3400-\u9fff])(?<![不还都也就能便正并而又只才则仍即这那总])(?:是|位于|包括|成立于)"
    r"|(?<=[\u3040-\u30ff\u3400-\u9fff])は(?=[\u3040-\u30ff\u3400-\u9fff])"
)
_ARTICLE = re.compile(r"(?:the|an?|der|die|das|eine?|el|las?|los|una?|les?|une|il|lo|gli|[io]s?)", re.IGNORECASE)
_JOIN = re.compile(
    r"(?:of|in|for|and|to|on|at|by|from|with|between|among|de|del|du|des|da|do|di|della|en|y|e|et|à|au|aux|pour|sur|dans"
    r"|con|per|para|por|von|vom|zu|zur|im|am|und|für|mit|den|dem|в|на|по|для|с|о|об|и|к|из|от|за|между|من|في|على)"
)
# A phrase that refers to the words before it doesn't make sense alone.
_REFERS_BACK = re.compile(
    r"(?:(?:the )?(?:other|following|above|same|latter|former|next|previous)|this|these|that|those|such|another|part"
    r"|dies\w*|jene\w*|solche\w*|est[aeo]s?|ces?|cette|эт\w+|так\w+|друг\w+|одн\w+)\b"
    r"|[这那其但尽虽我你您他她它该此因所如当而并也要约在从次]",
    re.IGNORECASE,
)
# Words that show a clause: a conjunction, a pronoun, or a verb of saying.
_CLAUSE = re.compile(
    r"\b(?:this|that|who|which|what|when|where|while|there|it|said|says|stated|noted|agreed|added|argued|believed?s?|thinks?|sagte|dijo|сказал\w*|заявил\w*|отметил\w*"
    r"|أن|إن|الذي|التي|لا|لم|هذا|هذه)\b|[若您你我们哪]|如果|时候"
)
_NOT_PLAIN = re.compile(r"[^\w\s'’.&/+\-–]|_|-\s|\.(?=\s)")
_WORD = re.compile(r"[^\s\-–/&+]+")
_CAPITALISED = r"[A-ZÀ-ÖØ-ÞĞİŁŚŞŠŻŽČА-ЯЁΑ-Ω]\w*[^\W\d_](?:['’-]\w+)*"
_NAME = re.compile(rf"\b{_CAPITALISED}(?:\s(?:(?:of|the|de|la|del|von|van|der|for|and)\s){{0,2}}{_CAPITALISED})+\b")
_LONGEST_NAME = 5  # words; more are a list or a title


def subject(sentence: str, is_content: Callable[[str], bool]) -> str | None:
    """The subject of a sentence; None if there isn't one that makes sense alone.

    `is_content`: whether a word is a content word, unlike "of".
    """
    verb = _VERB.search(sentence, 0, _MAX_CHARACTERS)
    if verb is None or sentence[:1].islower() or _REFERS_BACK.match(sentence):
        return None
    words = sentence[: verb.start()].rstrip()
    return words if _is_phrase(words, is_content) else None


def names(sentence: str) -> Iterator[str]:
    """The names in a sentence: runs of capitalised words, except at its start."""
    runs = (match.group() for match in _NAME.finditer(sentence, 1))
    return (name for name in runs if len(name.split()) <= _LONGEST_NAME)


def _is_phrase(text: str, is_content: Callable[[str], bool]) -> bool:
    """Whether a text is a phrase of a few plain words."""
    words = _WORD.findall(text)
    if not 1 <= len(words) <= _MAX_WORDS or _NOT_PLAIN.search(text) or _CLAUSE.search(text):
        return False
    first, *rest = words
    starts = is_content(first) or _ARTICLE.fullmatch(first)
    continues = all(is_content(word) or _JOIN.fullmatch(word) or _ARTICLE.fullmatch(word) for word in rest)
    return bool(starts and continues and is_content(words[-1]))


_TRIED = 18  # searches at most; each takes about 30 ms
_SPARE = 2  # answered searches beyond those returned, to choose from
_OPENED = 12  # documents
_PASSAGES = 240  # examined, over all documents
_ALIKE = 0.5  # the largest share of its content words that a suggestion may have in common with another
_LONGEST_HEADING = 80  # characters
_ENOUGH = 4  # content words; more don't make a suggestion better

_NUMBER = re.compile(r"(?:\d+(?:\.\d+)*\.?|[IVXLC]+\.|第\s*\d+\s*章)\s+")
_MARKS = re.compile(r"[*_`#|<>{}\[\]=\\~\x00-\x1f\ue000-\uf8ff]|://|\.{3}|\w[/.]\w+[/.]\w|(?:\w-\w+){3}")
"""Marks of code, URLs, and characters of a private font."""
_QUOTATION = re.compile(r"[\"“”„«»‹›]")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A possible suggestion. `document`, `answer`: the id of the document and the span where it should be answered."""

    text: str
    document: str
    answer: Span
    is_name: bool = False


def suggested_questions(edition: Edition, most: int = 4) -> list[str]:
    """At most `most` searches that are answered, the most confident first, from as many documents as possible.

    Deterministic for an index. Empty if the documents have no suitable heading or sentence.
    """
    store = edition.store
    tried = ((each, edition.ask(each.text)) for each in islice(_candidates(store), _TRIED))
    answered = ((each, answer.confidence) for each, answer in tried if _is_answered(store, each, answer))
    confidence = dict(islice(answered, most + _SPARE))
    groups: dict[str, tuple[list[_Candidate], list[_Candidate]]] = {}
    for each in sorted(confidence, key=lambda each: -confidence[each]):
        groups.setdefault(each.document, ([], []))[each.is_name].append(each)
    of_each = [list(_in_turn(group)) for group in groups.values()]
    chosen = _unlike(store, _in_turn(of_each), most)
    return [each.text for each in sorted(chosen, key=lambda each: -confidence[each])]


def _in_turn(lists: Sequence[Sequence[_T]]) -> Iterator[_T]:
    """The first item of each list, then the second of each, and so on."""
    return (each for turn in zip_longest(*lists) for each in turn if each is not None)


def _unlike(store: Store, found: Iterator[_Candidate], most: int) -> list[_Candidate]:
    """The first `most` candidates that have few words in common with those chosen before."""
    chosen: list[_Candidate] = []
    for each in found:
        words = store.lexical.content_words(each.text)
        if len(chosen) < most and all(store.lexical.contains(one.text, words).mean() <= _ALIKE for one in chosen):
            chosen.append(each)
    return chosen


def _is_answered(store: Store, search: _Candidate, answer: Answer) -> bool:
    """Whether the first quote adds something to the search, and is where the candidate expects it."""
    if not answer.answered or not answer.quotes or answer.quotes[0].document.id != search.document:
        return False
    quote, expected = answer.quotes[0], search.answer
    start, end = max(quote.span.start, expected.start), min(quote.span.end, expected.end)
    text = quote.text_of(Span(start, end)) if start < end else ""
    new = set(store.lexical.content_words(text)) - set(store.lexical.content_words(search.text))
    return not _MARKS.search(text) and (len(new) > 1 or any(word.isdecimal() for word in new))


def _candidates(store: Store) -> Iterator[_Candidate]:
    rows = _spread(range(store.documents), _OPENED)
    of_each = [_of_document(store, store.document(row), _PASSAGES // len(rows)) for row in rows]
    texts: set[str] = set()
    for each in _in_turn(of_each):
        if each.text not in texts:
            texts.add(each.text)
            yield each


def _of_document(store: Store, document: Document, passages: int) -> list[_Candidate]:
    """Headings, subjects and names in turn, the best of each kind first."""
    chosen = _spread(store.passages_of([document.id]).tolist(), passages)
    sentences = [span for passage in chosen for span in store.sentences(passage)]
    kinds = _headings(store, document), _subjects(store, document, sentences), _names(store, document, sentences)
    return list(_in_turn([_best(store, kind) for kind in kinds]))


def _best(store: Store, found: Iterable[_Candidate]) -> list[_Candidate]:
    """The candidates with the highest score, spread over the document, then the others; none of a single word."""
    ranked = sorted(((_score(store, each), each) for each in found), key=lambda pair: -pair[0])
    top = [each for score, each in ranked if 1 < score == ranked[0][0]]
    first = _spread(top, _TRIED // 3)
    return [*first, *(each for score, each in ranked if score > 1 and each not in first)][:_TRIED]


def _score(store: Store, search: _Candidate) -> int:
    """The number of content words up to `_ENOUGH`, one more for a name, and enough more to put questions first."""
    words = [word for word in store.lexical.content_words(search.text) if not word.isdecimal()]
    if len(words) < 2:
        return len(words)
    named = not search.text[1:].islower()
    return min(_ENOUGH, len(words)) + named + _ENOUGH * search.text.endswith(("?", "？"))


def _headings(store: Store, document: Document) -> Iterator[_Candidate]:
    headings = document.places.headings
    for heading, after in zip_longest(headings, headings[1:]):
        if len(heading.title) > 2 * _LONGEST_HEADING:
            continue
        text = _NUMBER.sub("", heading.title, 1)
        plain = len(text) <= _LONGEST_HEADING and not _MARKS.search(text) and not _QUOTATION.search(text)
        if heading.end is None and plain and _is_whole(store, text) and text != document.title:
            yield _Candidate(text, document.id, Span(heading.start, after.start if after else len(document.text)))


def _subjects(store: Store, document: Document, sentences: Sequence[Span]) -> Iterator[_Candidate]:
    for span in sentences:
        found = subject(document.text[span.start : span.end], lambda word: bool(store.lexical.content_words(word)))
        if found:
            yield _Candidate(" ".join(found.split()), document.id, Span(span.start + len(found), span.end))


def _names(store: Store, document: Document, sentences: Sequence[Span]) -> Iterator[_Candidate]:
    """The names in the sentences, the most frequent first."""
    texts = (document.text[span.start : span.end] for span in sentences)
    found = Counter(" ".join(name.split()) for text in texts for name in names(text))
    whole = Span(0, len(document.text))
    for name, _ in found.most_common():
        if _is_whole(store, name):
            yield _Candidate(name, document.id, whole, is_name=True)


def _is_whole(store: Store, text: str) -> bool:
    """Whether a text ends with a content word."""
    return any(store.lexical.content_words(word) for word in text.split()[-1:])


def _spread(items: Sequence[_T], most: int) -> list[_T]:
    """At most `most` items, evenly spaced, beginning with the first."""
    if len(items) <= most:
        return list(items)
    return [items[int(i)] for i in np.arange(most) * len(items) / most]
