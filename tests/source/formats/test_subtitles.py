"""Subtitles: sentences with the time at which they start."""

from __future__ import annotations

import time

import pytest

from source.document import Document
from source.document_json import dump_document, load_document
from source.errors import Damaged, SourceEmpty
from source.formats.subtitles import read_subtitles

# As Subtitle Edit and ffmpeg write them.
SRT = """1
00:00:01,000 --> 00:00:03,200
<i>The harbour of Bergen</i>

2
00:00:03,300 --> 00:00:05,000
was built in 1070.

3
01:02:03,400 --> 01:02:05,000
{\\an8}- How many ships?
- Two.

"""
VTT = """WEBVTT - Harbours
Kind: captions

NOTE
00:00:00 is no cue

STYLE
::cue { color: lime }

intro
00:01.000 --> 00:04.000 position:10% align:start
<v Anna Berg>Two &amp; a half<00:02.000> ships sail.

00:04.000 --> 00:06.000
<v Anna Berg>Two &amp; a half ships sail.
One is <b>red</b>.
"""


def found(document: Document) -> list[tuple[str, str]]:
    return [(document.text[s.start : s.end], document.place(s.start).numbers) for s in document.places.paragraphs]


def test_sentences_are_found_at_their_time() -> None:
    document = read_subtitles(SRT, id="a.srt", title="Bergen")
    assert found(document) == [
        ("The harbour of Bergen\nwas built in 1070.", "time 0:00:01"), ("- How many ships?\n- Two.", "time 1:02:03"),
    ]  # fmt: skip
    assert document.title == "Bergen"
    assert load_document(dump_document(document)) == document


def test_web_subtitles_have_notes_styles_and_voices() -> None:
    assert found(read_subtitles(VTT, id="a.vtt")) == [
        ("Anna Berg: Two & a half ships sail.", "time 0:00:01"), ("One is red.", "time 0:00:04"),
    ]  # fmt: skip


def test_hostile_subtitles_end_quickly() -> None:
    start = time.process_time()
    for text in (
        "<v " * 100_000,
        "00:" * 100_000,
        "{\\" * 100_000,
        "<" * 200_000,
        "0:00:01.0 --> 0:00:02.0\n" * 30_000,
    ):
        with pytest.raises((Damaged, SourceEmpty)):
            read_subtitles(text, id="a.srt")
    long = "00:00:01,000 --> 00:00:02,000\n" + "<v x" * 50_000 + "\n\n"
    assert len(read_subtitles(long + SRT, id="a.srt").places.labels) == 3
    assert time.process_time() - start < 3
