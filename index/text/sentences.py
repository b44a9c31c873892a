"""Sentence boundaries, as offsets into the untouched text.

sentencex (Wikimedia) finds them; a few rules over it mend what scraped and
machine-translated text shows. Compared with pysbd, nupunkt, syntok, blingfire,
spaCy's sentencizer and uniseg by `tests/benchmarks/compare_splitters.py`: it alone is
maintained, gives code point offsets, splits Chinese, and bears hostile input.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sentencex import get_sentence_boundaries

from source.spans import Span, trim

# sentencex 1.0.32 panics on a capital, a space of several UTF-8 bytes and a full
# stop. One character for one, so offsets into the shadow are offsets into the text.
_PLAIN_SPACE = {code: " " for code in range(0x80, 0x3001) if chr(code).isspace()}
_WINDOW = 4000  # characters at a time: on runs of open quotes it is slower than linear
_MARKER = re.compile(r"[(\[]?(?:\d{1,3}|[^\W\d_]|[ivxIVX]{1,5})[.)]")
_NO_START = re.compile(r"[^\w\s(\[“\"«„'‘¿¡#@$€£*]*\s*")
_DASHES = ("— ", "– ")


def sentences(text: str, span: Span, language: str) -> list[Span]:
    """The sentences of a paragraph, in order, without the white space between them."""
    raw = (
        trim(text, Span(span.start + start, span.start + end))
        for start, end in _boundaries(text[span.start : span.end], language)
    )
    return _mended(text, (sentence for sentence in raw if sentence))


def _boundaries(paragraph: str, language: str) -> Iterator[tuple[int, int]]:
    shadow = paragraph.translate(_PLAIN_SPACE)
    at = 0
    while at < len(shadow):
        window = shadow[at : at + _WINDOW]
        found = [(at + each["start_index"], at + each["end_index"]) for each in _split(language, window)]
        last = at + len(window) == len(shadow)
        if not last and len(found) > 1 and found[-1][0] >= at + _WINDOW // 2:
            found.pop()  # it may go on past the window: the next one begins with it
        yield from found
        at = len(shadow) if last else found[-1][1]


def _split(language: str, window: str) -> list[dict[str, int]]:
    try:
        found: list[dict[str, int]] = get_sentence_boundaries(language, window)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # a Rust panic is no Exception; one long sentence loses nothing
        return [{"start_index": 0, "end_index": len(window)}]
    whole = bool(found) and found[0]["start_index"] == 0 and found[-1]["end_index"] == len(window)
    return found if whole else [{"start_index": 0, "end_index": len(window)}]


def _mended(text: str, spans: Iterable[Span]) -> list[Span]:
    """Joins a list marker to what follows, and to what precedes what cannot start a sentence."""
    out: list[Span] = []
    for span in spans:
        lead = _NO_START.match(text, span.start, span.end)
        first = lead.end() if lead else span.start
        stuck = first >= span.end or text[first].islower() or text.startswith(_DASHES, span.start)
        marker = len(out) == 1 and _MARKER.fullmatch(text, out[0].start, out[0].end)
        start = out.pop().start if out and (stuck or marker) else span.start
        out.append(Span(start, span.end))
    return out
