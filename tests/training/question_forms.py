"""A question as people would also write it: politely, with a story before it, in a mail, short, misspelt, as keywords.

Each form is a function of a question and a source of chance, which draws the words around the question or the letters
that are mistyped; with the same seed the same words are drawn. The words are English; `misspelt` takes any language.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from random import Random

_GREETINGS = """Hi,|Hello,|Hey,|Hi there,|Hello there,|Good morning,|Good afternoon,|Dear team,|Dear all,|Hi everyone,|
Hello {name},|Hi {name},|Dear {name},|Sorry to bother you,|Excuse me,"""
_REQUESTS = """could you please tell me:|could you tell me|can you tell me please,|would you mind telling me|
I would like to know|I'd like to know:|I was wondering,|please tell me,|please could you find out|do you happen to know|
would you be so kind as to tell me:|I'd be grateful if you could tell me|a quick question:|just wondering:|
maybe you can help me:|can someone tell me"""
_THANKS = """Thanks!|Thank you!|Thanks a lot!|Many thanks.|Thank you very much in advance.|Thanks in advance!|Cheers|
Much appreciated.|Thank you for your help!|That would be great, thanks.|thx"""
_OCCASIONS = """I am preparing a presentation for next week.|I went through all of this yesterday evening.|
My colleague asked me something this morning.|We had a long discussion about it at lunch.|I am new here.|
I have been reading about this for a while.|Somebody mentioned it in a meeting on Tuesday.|
I promised my boss an answer by tonight.|We are checking a few facts before we print the brochure.|
My daughter needs it for her homework.|I am filling in a form.|A customer called a few minutes ago."""
_TROUBLES = """I could not find it anywhere.|I have already looked twice, but I must have missed it.|
Nobody around me seems to be sure.|I only remember half of what was said.|The search on my phone didn't help.|
I would rather be certain before I pass it on.|It is probably somewhere in there.|I keep getting different answers.|
I don't have much time.|I lost my notes."""
_CLOSINGS = """It is not urgent.|A short answer is enough.|Any hint is welcome.|I hope that is the right place to ask.|
That is all I need.|If you know where it says so, even better.||||"""
_ENDINGS = "Best regards,|Kind regards,|Best wishes,|Yours sincerely,|Regards,|Best,"
_NAMES = "Anna|Tom|Maria|Mr Brooks|Ms Keller|Priya|Jonas|Dr Okafor|Lucy|Ahmed"
_SIGNATURES = """{name}|{name}\nCustomer Service|{name}\nTel. 555 0142|Sent from my phone|
{name}\nOffice 12, second floor|{name}\n--\nPlease consider the environment before printing this e-mail."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OPENING = _words("""what who whom whose which when where why how is are was were do does did has have had can could
will would should may might in on at to for from by of with about under""")
_SMALL = _words("""a an the is are was were be been being do does did has have had can could will would shall should may
might must what who whom whose which when where why how that this these those there it its he she they his her their we
our you your i my me us them him and or""")
_SPARED = _words("a an the is are was were do does did has have had can could will would should may might")
_LINKS = _words("of in on at to for from by with about as into during after before between")
_SOUGHT = {
    "how many": "number of",
    "how much": "amount",
    "how long": "duration",
    "how old": "age",
    "when": "date",
    "where": "place",
    "why": "reason",
}
_EDGES = re.compile(r"^[^\w$€£#@]+|[^\w%]+$")
_NEIGHBOURS = {
    letter: row[max(0, i - 1) : i + 2].replace(letter, "")
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for i, letter in enumerate(row)
}
_TYPED = 5  # letters; shorter words are rarely mistyped
_WORDS_A_TYPO = 10

Form = Callable[[str, Random], str]


def polite(question: str, rng: Random) -> str:
    """With a greeting, a request and thanks, or some of these."""
    greeting = _drawn(_GREETINGS, rng) if rng.random() < 0.7 else ""
    request = _drawn(_REQUESTS, rng)
    thanks = _drawn(_THANKS, rng) if rng.random() < 0.7 else ""
    request = request if greeting else request[0].upper() + request[1:]
    return _joined(greeting, request, _uncapitalised(_ended(question)), thanks)


def wordy(question: str, rng: Random) -> str:
    """With two sentences before it, and perhaps one after it."""
    return _joined(_drawn(_OCCASIONS, rng), _drawn(_TROUBLES, rng), _ended(question), _drawn(_CLOSINGS, rng))


def mail(question: str, rng: Random) -> str:
    """In a mail: greeting, a sentence or two, the question, thanks, ending and signature, on lines of their own."""
    greeting = _drawn(_GREETINGS, rng)
    story = _joined(_drawn(_OCCASIONS, rng), _drawn(_TROUBLES, rng) if rng.random() < 0.5 else "")
    body = rng.choice([" ", "\n\n"]).join([story, _ended(question)])
    signed = f"{_drawn(_ENDINGS, rng)}\n{_drawn(_SIGNATURES, rng)}"
    return "\n\n".join([greeting, body, _drawn(_THANKS, rng), signed])


def short(question: str, rng: Random) -> str:
    """In small letters, without articles, auxiliary verbs and the question mark."""
    words = [_bare(word) for word in question.split()]
    return " ".join(word for word in words if word and word.lower() not in _SPARED).lower() or question


def keywords(question: str, rng: Random) -> str:
    """Its words of content alone, perhaps in small letters or with a word for what is asked for."""
    words = [word for word in map(_bare, question.split()) if word]
    kept = [word for word in words if word.lower() not in _SMALL]
    while kept and kept[0].lower() in _LINKS | {"many", "much", "long", "old"}:
        kept = kept[1:]
    while kept and kept[-1].lower() in _LINKS:
        kept = kept[:-1]
    if rng.random() < 0.5:
        kept = [word for word in kept if word.lower() not in _LINKS]
    if kept and rng.random() < 0.3:
        kept = [*_sought(words), *kept]
    text = " ".join(kept)
    return (text.lower() if rng.random() < 0.5 else text) or question


def misspelt(question: str, rng: Random) -> str:
    """With a typing error in a longer word, or in one of every ten words; numbers and codes stay."""
    words = question.split()
    places = [i for i, word in enumerate(words) if len(_bare(word)) >= _TYPED and _bare(word).isalpha()]
    for i in rng.sample(places, min(len(places), 1 + len(words) // _WORDS_A_TYPO)):
        words[i] = _mistyped(words[i], rng)
    return " ".join(words)


FORMS: Mapping[str, Form] = {
    "polite": polite,
    "wordy": wordy,
    "mail": mail,
    "short": short,
    "misspelt": misspelt,
    "keywords": keywords,
}


def in_form(name: str, question: str, seed: int = 0) -> str:
    """The question in one of FORMS; what is drawn follows from its words and the seed."""
    return FORMS[name](question, Random(zlib.crc32(f"{seed} {name} {question}".encode())))


def _drawn(choices: str, rng: Random) -> str:
    """One of the choices, which are separated by bars, with a name in it if it has a place for one."""
    chosen = rng.choice([each.strip("\n") for each in choices.split("|")])
    return chosen.format(name=rng.choice(_NAMES.split("|")))


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _ended(question: str) -> str:
    """The question with a mark at its end, as others follow."""
    return question if question.endswith(("?", ".", "!", "？", "。")) else f"{question}?"


def _bare(word: str) -> str:
    """A word without the punctuation around it."""
    return _EDGES.sub("", word)


def _uncapitalised(question: str) -> str:
    """The question as part of a sentence: its first word in small letters, unless it may be a name."""
    first = question.split(maxsplit=1)[0] if question.strip() else ""
    return question[0].lower() + question[1:] if first.lower() in _OPENING and first.istitle() else question


def _sought(words: Sequence[str]) -> list[str]:
    """A word for what the question asks for, such as "date"; none if it names that itself."""
    text = " ".join(words).lower() + " "
    return next(([noun] for asked, noun in _SOUGHT.items() if text.startswith(f"{asked} ")), [])


def _mistyped(word: str, rng: Random) -> str:
    """A letter left out, doubled, exchanged with the next one, or that of the key beside it; never the first."""
    letters = [match.start() for match in re.finditer(r"\w", word)]
    at = rng.choice(letters[1:-1])
    before, letter, after = word[:at], word[at], word[at + 1 :]
    swapped = before + after[0] + letter + after[1:]
    beside = before + rng.choice(_NEIGHBOURS.get(letter, letter)) + after
    mistyped = [before + after, before + letter + letter + after, swapped, beside]
    return rng.choice([each for each in mistyped if each != word])
