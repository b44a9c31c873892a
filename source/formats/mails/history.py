"""Divides a mail's text into what its sender wrote and the earlier mails that it quotes.

>>> [(part.quoted, part.title, part.text) for part in divided("Yes.\\n\\nOn 2 May Erik wrote:\\n> Two sails?")]
[(False, '', 'Yes.'), (True, 'On 2 May Erik wrote', 'Two sails?')]
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

_MARK = re.compile(r"[ \t]{0,3}(?:>[ \t]?)+")
_WROTE = re.compile(
    r"(?:wrote|writes|schrieb|a écrit|escribió|ha scritto|escreveu|schreef|skrev|kirjoitti|napsala?|napisał\(?a?\)?"
    r"|написала?|пишет|写道|書きました)(?: [^\n]{0,80})?\s*[:：]\s*\Z",
    re.IGNORECASE,
)
_DIVIDER = re.compile(
    r"\s*-{2,}\s*(?:original message|forwarded message|original-?nachricht|ursprüngliche nachricht"
    r"|weitergeleitete nachricht|message d'origine|message transféré|mensaje original|mensaje reenviado"
    r"|messaggio originale|messaggio inoltrato|mensagem original|oorspronkelijk bericht|исходное сообщение"
    r"|пересылаемое сообщение)\s*-{2,}\s*\Z|begin forwarded message:\s*\Z",
    re.IGNORECASE,
)
_FROM = re.compile(r"[\s*]*(?:from|von|de|da|van|от|od|från|fra)\s?:\*? ?\S", re.IGNORECASE)
_SENT = re.compile(
    r"[\s*]*(?:sent|date|to|gesendet|datum|an|envoyé|enviado|inviato|verzonden|отправлено|дата|кому|wysłano|do)\s?:",
    re.IGNORECASE,
)
_LONGEST_TITLE = 300  # characters of the line above a quote
_TITLE_LINES = 3
_QUOTING = frozenset({"blockquote"})
_HISTORY = frozenset({"gmail_quote", "yahoo_quoted", "moz-cite-prefix", "protonmail_quote"})
_FROM_HERE = frozenset({"divRplyFwdMsg", "appendonsend"})  # Outlook's marks, before the earlier mail


@dataclass(frozen=True, slots=True)
class MailPart:
    """A part of a mail's text. `quoted`: whether it is from an earlier mail; `title`: the line that introduces it."""

    text: str
    quoted: bool = False
    title: str = ""


def divided(text: str) -> list[MailPart]:
    """The parts of a text: the new one first, unless the answer stands between the lines that it quotes."""
    parts = [part for part in _parts(text.splitlines()) if part.text.strip()]
    quoted = [part for part in parts if part.quoted]
    return parts if len(quoted) > 1 else [*(part for part in parts if not part.quoted), *quoted]


def _parts(lines: Sequence[str]) -> Iterator[MailPart]:
    end = next((at for at in range(len(lines)) if _is_divider(lines, at)), len(lines))
    written: list[str] = []
    for quoted, run in groupby(lines[:end], lambda line: bool(_MARK.match(line))):
        own = list(run)
        if not quoted:
            written = own
            continue
        title = _introduction(written)
        yield MailPart("\n".join(written))
        yield MailPart("\n".join(_MARK.sub("", line) for line in own), True, title)
        written = []
    yield MailPart("\n".join(written))
    if end < len(lines):
        divider = _DIVIDER.match(lines[end])
        yield MailPart(
            "\n".join(lines[end + 1 if divider else end :]), True, lines[end].strip("- \t") if divider else ""
        )


def _is_divider(lines: Sequence[str], at: int) -> bool:
    """Whether an earlier mail follows to the end: with its headers, or below a line that says so."""
    if _DIVIDER.match(lines[at]):
        return True
    return bool(_FROM.match(lines[at])) and any(map(_SENT.match, lines[at + 1 : at + 3]))


def _introduction(written: list[str]) -> str:
    """Takes the line (or the few into which it was broken) that introduces a quote off the end of what was written."""
    last = next((at for at in range(len(written) - 1, -1, -1) if written[at].strip()), -1)
    for first in range(last, max(last - _TITLE_LINES, -1), -1):
        if not written[first].strip():
            break
        line = " ".join(" ".join(written[first : last + 1]).split())
        if len(line) > _LONGEST_TITLE or not _WROTE.search(line):
            continue
        if first == last and first > 0 and _continues(written[first - 1], line):
            continue
        del written[first:]
        return line.rstrip(":： ")
    return ""


def _continues(before: str, line: str) -> bool:
    """Whether a line of introduction began on the line before: it has no date of its own, and that one does."""
    return bool(before.strip()) and not re.search(r"\d", line) and bool(re.search(r"\d", before))


def without_history(root: Any) -> list[Any]:
    """Takes the earlier mails out of a mail's HTML (lxml's root element) and returns their elements, in order."""
    found: list[Any] = []
    pending = [root]
    while pending:  # without recursion, and not into what was found
        for element in pending.pop():
            if element.get("id") in _FROM_HERE:
                found += [element, *element.itersiblings()]
                break
            if element.tag in _QUOTING or not _HISTORY.isdisjoint(element.get("class", "").split()):
                found.append(element)
            else:
                pending.append(element)
    for element in found:
        _take_out(element)
    return found


def _take_out(element: Any) -> None:
    """Removes an element; the text after it stays."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    if element.tail and before is not None:
        before.tail = (before.tail or "") + element.tail
    elif element.tail:
        parent.text = (parent.text or "") + element.tail
    element.tail = None
    parent.remove(element)
