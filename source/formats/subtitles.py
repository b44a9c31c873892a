"""Subtitles (SubRip's .srt, and WebVTT): each sentence is a paragraph, labelled with the time at which it starts.

A sentence often runs over several cues, and a quote is whole sentences; so cues are joined
until a sentence ends, or the speaker pauses.

>>> cues = "1\\n00:00:01,000 --> 00:00:02,000\\nTwo ships\\n\\n2\\n00:00:02,000 --> 00:00:03,500\\nsail.\\n"
>>> document = read_subtitles(cues, id="a.srt")
>>> document.text, document.place(0).numbers
('Two ships\\nsail.', 'time 0:00:01')
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from source.builder import TextBuilder
from source.document import Document
from source.errors import Damaged, SourceEmpty
from source.places import Labels
from source.untrusted_text import isolated

EXTRACTOR = "subtitles/1"

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,]\d{1,3}"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}")
_TAG = re.compile(r"<(/?)([^<>]{0,200})>|\{\\[^{}]{0,200}\}")
_VOICE = re.compile(r"<v[. ][^<>]{0,200}?\s?([^<>.]{1,100})>")
_ENDS = re.compile(r"[.!?…。！？♪][\"'”’»)\]]*\Z")
_PAUSE = 4  # seconds after which a sentence is over
_LONGEST = 1000  # characters of a sentence


@dataclass(frozen=True, slots=True)
class _Cue:
    """What is shown from `start` to `end`, in seconds."""

    start: int
    end: int
    text: str


def read_subtitles(text: str, *, id: str, title: str = "", path: str = "", sha256: str = "") -> Document:
    """Extracts a Document from subtitles. Raises Damaged if there is no time in them, or SourceEmpty."""
    shown_as = path or id
    builder = TextBuilder(len(text), shown_as)
    labels: list[str] = []
    for start, sentence in _sentences(_cues(text, shown_as)):
        if builder.item(sentence):
            labels.append(start)
    if not labels:
        raise SourceEmpty(f"{isolated(shown_as)} contains no text.")
    document = builder.build(id=id, extractor=EXTRACTOR, title=title, path=path, sha256=sha256)
    places = replace(document.places, labels=Labels.of(labels), label_name="time")
    return replace(document, places=places)


def _cues(text: str, shown_as: str) -> Iterator[_Cue]:
    """The cues in the order of the file, without lines that the one before shows, too, as live captions do."""
    lines = text.splitlines()
    timed = [(at, match) for at, line in enumerate(lines) if (match := _TIMING.match(line))]
    if not timed:
        raise Damaged(f"{isolated(shown_as)} is damaged or no subtitles: it has no times. Try saving it again.")
    before: list[str] = []
    for number, (at, match) in enumerate(timed):
        end = timed[number + 1][0] if number + 1 < len(timed) else len(lines)
        shown = []
        for line in lines[at + 1 : end]:
            if not line.strip():
                break
            shown.append(" ".join(_plain(line).split()))
        new = [line for line in shown if line and line not in before]
        before = shown
        if new:
            yield _Cue(_seconds(*match.groups()[:3]), _seconds(*match.groups()[3:]), "\n".join(new))


def _seconds(hours: str | None, minutes: str, seconds: str) -> int:
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)


def _plain(line: str) -> str:
    """A line without its marks; whoever speaks, as WebVTT names them, is put before it."""
    spoken = _VOICE.match(line)
    plain = html.unescape(_TAG.sub("", line))
    return f"{spoken[1]}: {plain}" if spoken else plain


def _sentences(cues: Iterator[_Cue]) -> Iterator[tuple[str, str]]:
    """The cues, joined to sentences, each with the time at which it starts."""
    parts: list[str] = []
    start = end = length = 0
    for cue in cues:
        if parts and (cue.start - end > _PAUSE or _ENDS.search(parts[-1]) or length > _LONGEST):
            yield _clock(start), "\n".join(parts)
            parts, length = [], 0
        if not parts:
            start = cue.start
        parts.append(cue.text)
        length += len(cue.text)
        end = cue.end
    if parts:
        yield _clock(start), "\n".join(parts)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
