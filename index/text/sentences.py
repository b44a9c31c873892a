"""Sentence boundaries, as offsets into the unchanged text.

sentencex (Wikimedia) finds them; a few rules of our own correct its errors on scraped
and machine-translated text. `tests/benchmarks/compare_splitters.py` compares it with
pysbd, nupunkt, syntok, blingfire, spaCy's sentencizer and uniseg: only sentencex is
maintained, returns code point offsets, splits Chinese, and withstands hostile input.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sentencex import get_sentence_boundaries

from source import Span, trim

# sentencex 1.0.32 panics on a capital letter, a space of several UTF-8 bytes and a full
# stop. Each such space is replaced by one plain space, so that offsets stay the same.
_PLAIN_SPACE = {code: " " for code in range(0x80, 0x3001) if chr(code).isspace()}
_WINDOW = 4000  # characters at a time: sentencex takes more than linear time on runs of open quotes
_MARKER = re.compile(r"[(\[]?(?:\d{1,3}|[^\W\d_]|[ivxIVX]{1,5})[.)]")
_NO_START = re.compile(r"[^\w\s(\[“\"«„'‘¿¡#@$€£*]*\s*")
_DASHES = ("— ", "– ")


def sentences(text: str, span: Span, language: str) -> list[Span]:
    """Splits a paragraph into sentences, in order, without the white space between them."""
    raw = (
        trim(text, Span(span.start + start, span.start + end))
        for start, end in _boundaries(text[span.start : span.end], language)
    )
    return _corrected(text, (sentence for sentence in raw if sentence))


def _boundaries(paragraph: str, language: str) -> Iterator[tuple[int, int]]:
    plain = paragraph.translate(_PLAIN_SPACE)
    at = 0
    while at < len(plain):
        window = plain[at : at + _WINDOW]
        found = [(at + each["start_index"], at + each["end_index"]) for each in _split(language, window)]
        last = at + len(window) == len(plain)
        if not last and len(found) > 1 and found[-1][0] >= at + _WINDOW // 2:
            found.pop()  # it may continue beyond the window, so the next window begins with it
        yield from found
        at = len(plain) if last else found[-1][1]


def _split(language: str, window: str) -> list[dict[str, int]]:
    try:
        found: list[dict[str, int]] = get_sentence_boundaries(language, window)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # a Rust panic isn't an Exception; one long sentence loses nothing
        return [{"start_index": 0, "end_index": len(window)}]
    whole = bool(found) and found[0]["start_index"] == 0 and found[-1]["end_index"] == len(window)
    return found if whole else [{"start_index": 0, "end_index": len(window)}]


def _corrected(text: str, spans: Iterable[Span]) -> list[Span]:
    """Joins a list marker to the sentence after it, and text that can't start a sentence to the one before."""
    out: list[Span] = []
    for span in spans:
        lead = _NO_START.match(text, span.start, span.end)
        first = lead.end() if lead else span.start
        stuck = first >= span.end or text[first].islower() or text.startswith(_DASHES, span.start)
        marker = len(out) == 1 and _MARKER.fullmatch(text, out[0].start, out[0].end)
        start = out.pop().start if out and (stuck or marker) else span.start
        out.append(Span(start, span.end))
    return out
