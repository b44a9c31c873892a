"""Takes apart a question that was pasted as a mail: its own paragraphs and what it quotes.

Greetings and thanks are not the business of this module: they are also written where there is no mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qa.ask.understand.politeness import is_closing, is_greeting

_QUOTED = re.compile(r"\s?>[>\s]*(?![\d\s])")  # "> 5 ohm" is a comparison
_QUOTE_MARKS = re.compile(r"[>\s]+")
# The line before a mail that is answered or passed on: it and all after it are quoted.
_INTRODUCES_QUOTED = re.compile(
    r"-{2,}\s*(?:original message|forwarded message|ursprüngliche nachricht|weitergeleitete nachricht|mensaje original"
    r"|message d'origine|messaggio originale|mensagem original|исходное сообщение|пересылаемое сообщение)\s*-{2,}"
    r"|begin forwarded message:"
    r"|(?:on|am|le|el|il|em)\b.{5,120}\b(?:wrote|schrieb|écrit|escribió|scritto|escreveu)\b.{0,60}:"
    r"|.{5,120}\b(?:написала?|пишет)\b.{0,40}:",
    re.IGNORECASE,
)
_SUBJECT = r"subject|betreff|asunto|objet|oggetto|assunto|тема"
_HEADER = re.compile(
    rf"(?:from|sent|to|cc|bcc|date|reply-to|importance|von|gesendet|an|datum|de|para|enviado|fecha|envoyé|à|da|inviato|data"
    rf"|от|кому|дата|отправлено|{_SUBJECT}):(?:\s|$)",
    re.IGNORECASE,
)
_SUBJECT_LINE = re.compile(rf"(?:{_SUBJECT}):\s*(?:(?:re|aw|fwd?|wg|tr|rv):\s*){{0,3}}", re.IGNORECASE)
_DEVICE = re.compile(
    r"(?:sent from my|get outlook for|von meinem|envoyé de mon|enviado desde mi|отправлено с)\b", re.IGNORECASE
)
_SIGNED = re.compile(r"[-–—]{1,2}\s?[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){0,2}")
_ENDS = (".", "?", "!", ":", "…", "。", "？", "！", "؟")
_SIGNATURE_LINES, _SIGNATURE_WORDS = 8, 6


@dataclass(frozen=True, slots=True)
class Mail:
    """The paragraphs that its sender wrote, and those quoted from other mail, each as one line."""

    own: Sequence[str]
    quoted: Sequence[str]


def read_mail(text: str) -> Mail:
    """Divides a text into what its sender wrote and what is quoted, without headers and signatures."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    own, quoted = _divided(lines)
    return Mail(
        list(_paragraphs(_without_signature(_without_headers(own)))), list(_paragraphs(_without_headers(quoted)))
    )


def _divided(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    own: list[str] = []
    for number, line in enumerate(lines):
        if _INTRODUCES_QUOTED.fullmatch(line):
            return own, [_unquoted(each) for each in lines[number + 1 :]]
        if _QUOTED.match(line) and len(lines) > 1:
            rest = lines[number:]
            after = [each for each in rest if not _QUOTED.match(each)]
            return [*own, "", *after], [_unquoted(each) for each in rest if _QUOTED.match(each)]
        own.append(line)
    return own, []


def _unquoted(line: str) -> str:
    marks = _QUOTE_MARKS.match(line)
    return line[marks.end() :] if marks else line


def _without_headers(lines: Sequence[str]) -> list[str]:
    """The lines without a mail's headers, but with the words of its subject."""
    filled = [line for line in lines if line]
    headers = sum(1 for line in filled[:8] if _HEADER.match(line))
    if len(filled) < 2 or not (headers >= 2 or _SUBJECT_LINE.match(filled[0])):
        return list(lines)
    found = []
    for line in lines:
        if subject := _SUBJECT_LINE.match(line):
            found += [line[subject.end() :], ""]
        elif not _HEADER.match(line):
            found.append(line)
    return found


def _without_signature(lines: Sequence[str]) -> list[str]:
    """The lines up to the one that closes the mail: only names and addresses follow."""
    for number, line in enumerate(lines):
        if number and line == "--":
            return list(lines[:number])
        if number and (is_closing(line) or _SIGNED.fullmatch(line)) and _is_signature(lines[number + 1 :]):
            return [*lines[:number], "", line] if is_closing(line) else list(lines[:number])
    return [line for line in lines if not _DEVICE.match(line)]


def _is_signature(lines: Sequence[str]) -> bool:
    filled = [line for line in lines if line]
    short = all(len(line.split()) <= _SIGNATURE_WORDS and not line.endswith(("?", "？")) for line in filled)
    return short and len(filled) <= _SIGNATURE_LINES


def _paragraphs(lines: Sequence[str]) -> Iterator[str]:
    """The lines, joined where a line only wraps."""
    paragraph: list[str] = []
    for line in lines:
        if paragraph and (
            not line or paragraph[-1].endswith(_ENDS) or _stands_alone(paragraph[-1]) or _stands_alone(line)
        ):
            yield " ".join(paragraph)
            paragraph = []
        if line:
            paragraph.append(line)
    if paragraph:
        yield " ".join(paragraph)


def _stands_alone(line: str) -> bool:
    return is_greeting(line) or is_closing(line)
