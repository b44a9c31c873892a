"""What a sentence is about: the words before its verb, and the names in it.

Rules of thumb, for the languages whose commonest verbs are listed here. They
may be wrong: who uses them asks the documents whether they know an answer.

>>> subject("The harbour master of Lund is called Astrid Lindqvist.", lambda word: word.lower() not in {"the", "of"})
'The harbour master of Lund'
>>> list(names("The harbour master of Lund is called Astrid Lindqvist."))
['Astrid Lindqvist']
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_LONGEST = 10  # words
_MOST_CHARACTERS = 80

# Where a subject ends; Chinese and Japanese have no space there.
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
# What leans on the words before it is no name for anything by itself.
_LEANS = re.compile(
    r"(?:(?:the )?(?:other|following|above|same|latter|former|next|previous)|this|these|that|those|such|another|part"
    r"|dies\w*|jene\w*|solche\w*|est[aeo]s?|ces?|cette|эт\w+|так\w+|друг\w+|одн\w+)\b"
    r"|[这那其但尽虽我你您他她它该此因所如当而并也要约在从次]",
    re.IGNORECASE,
)
# A clause of its own: it says who said it, or has another verb.
_CLAUSE = re.compile(
    r"\b(?:this|that|who|which|what|when|where|while|there|it|said|says|stated|noted|agreed|added|argued|believed?s?|thinks?|sagte|dijo|сказал\w*|заявил\w*|отметил\w*"
    r"|أن|إن|الذي|التي|لا|لم|هذا|هذه)\b|[若您你我们哪]|如果|时候"
)
_NOT_PLAIN = re.compile(r"[^\w\s'’.&/+\-–]|_|-\s|\.(?=\s)")
_WORD = re.compile(r"[^\s\-–/&+]+")
_CAPITALISED = r"[A-ZÀ-ÖØ-ÞĞİŁŚŞŠŻŽČА-ЯЁΑ-Ω]\w*[^\W\d_](?:['’-]\w+)*"
_NAME = re.compile(rf"\b{_CAPITALISED}(?:\s(?:(?:of|the|de|la|del|von|van|der|for|and)\s){{0,2}}{_CAPITALISED})+\b")
_LONGEST_NAME = 5  # words; more are a list or a title


def subject(sentence: str, carries: Callable[[str], bool]) -> str | None:
    """The subject of a sentence, if it makes sense alone.

    `carries`: whether a word has content of its own, which "of" has not.
    """
    verb = _VERB.search(sentence, 0, _MOST_CHARACTERS)
    if verb is None or sentence[:1].islower() or _LEANS.match(sentence):
        return None
    words = sentence[: verb.start()].rstrip()
    return words if _is_phrase(words, carries) else None


def names(sentence: str) -> Iterator[str]:
    """Words in a row that have a capital letter, but for the first of the sentence."""
    found = (match.group() for match in _NAME.finditer(sentence, 1))
    return (name for name in found if len(name.split()) <= _LONGEST_NAME)


def _is_phrase(text: str, carries: Callable[[str], bool]) -> bool:
    """Whether a text is a few plain words that belong together."""
    words = _WORD.findall(text)
    if not 1 <= len(words) <= _LONGEST or _NOT_PLAIN.search(text) or _CLAUSE.search(text):
        return False
    first, *rest = words
    starts = carries(first) or _ARTICLE.fullmatch(first)
    goes_on = all(carries(word) or _JOIN.fullmatch(word) or _ARTICLE.fullmatch(word) for word in rest)
    return bool(starts and goes_on and carries(words[-1]))
