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

from source import OnWait, Span, do_nothing, trim

# sentencex 1.0.32 panics on a capital letter, a space of several UTF-8 bytes and a full
# stop. Each such space is replaced by one plain space, so that offsets stay the same.
_PLAIN_SPACE = {code: " " for code in range(0x80, 0x3001) if chr(code).isspace()}
_WINDOW = 4000  # characters at a time: sentencex takes more than linear time on runs of open quotes
_MARKER = re.compile(r"[(\[]?(?:\d{1,3}|[^\W\d_]|[ivxIVX]{1,5})[.)]")
_NO_START = re.compile(r"[^\w\s(\[“\"«„'‘¿¡#@$€£*]*\s*")
_DASHES = ("— ", "– ")


def sentences(text: str, span: Span, language: str, on_wait: OnWait = do_nothing) -> Iterator[Span]:
    """Splits a paragraph into sentences, in order, without the white space between them.

    A paragraph may be a whole book, so it is split as its sentences are needed. `on_wait`
    is called again and again, even within a long sentence.
    """
    raw = (trim(text, found) for found in _boundaries(text, span, language, on_wait))
    return _corrected(text, (sentence for sentence in raw if sentence))


def _boundaries(text: str, span: Span, language: str, on_wait: OnWait) -> Iterator[Span]:
    at = span.start
    while at < span.end:
        on_wait()
        window = text[at : min(at + _WINDOW, span.end)].translate(_PLAIN_SPACE)
        found = [Span(at + each["start_index"], at + each["end_index"]) for each in _split(language, window)]
        last = at + len(window) == span.end
        if not last and len(found) > 1 and found[-1].start >= at + _WINDOW // 2:
            found.pop()  # it may continue beyond the window, so the next window begins with it
        yield from found
        at = span.end if last else found[-1].end


def _split(language: str, window: str) -> list[dict[str, int]]:
    try:
        found: list[dict[str, int]] = get_sentence_boundaries(language, window)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # a Rust panic isn't an Exception; one long sentence loses nothing
        return [{"start_index": 0, "end_index": len(window)}]
    whole = bool(found) and found[0]["start_index"] == 0 and found[-1]["end_index"] == len(window)
    return found if whole else [{"start_index": 0, "end_index": len(window)}]


def _corrected(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Joins a list marker to the sentence after it, and text that can't start a sentence to the one before."""
    before: Span | None = None
    is_first = True  # whether `before` starts the paragraph
    for span in spans:
        lead = _NO_START.match(text, span.start, span.end)
        first = lead.end() if lead else span.start
        stuck = first >= span.end or text[first].islower() or text.startswith(_DASHES, span.start)
        if before and (stuck or (is_first and _MARKER.fullmatch(text, before.start, before.end))):
            before = Span(before.start, span.end)
            continue
        if before:
            yield before
            is_first = False
        before = span
    if before:
        yield before
