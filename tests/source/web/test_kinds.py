"""Which kind of file a server sent: its type, the address and the bytes against each other."""

from __future__ import annotations

import pytest
from docx_fixtures import docx
from docx_fixtures import p as paragraph
from epub_fixtures import archive

from source.errors import NotFetched
from source.web.kinds import SAMPLE, ending_of

PAGE = b"<!-- saved -->\n<!DOCTYPE html><title>Log in</title>"
PDF = b"%PDF-1.7\n%\xe2\xe3"
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("media_type", "ending", "start", "kind"),
    [
        ("text/html", "", PAGE, ".html"),
        ("text/html", ".pdf", PAGE, ".html"),  # a page about the file
        ("text/html", "", b"<p>No head.", ".html"),
        ("application/xhtml+xml", "", PAGE, ".xhtml"),
        ("text/xml", "", b"<?xml version='1.0'?>\n<html>", ".html"),
        ("text/html", "", PDF, ".pdf"),
        ("application/octet-stream", "", PDF, ".pdf"),
        ("application/pdf", "", b"\n\n%PDF-1.4", ".pdf"),
        ("text/plain", "", b"A page begins with <html>, a PDF with %PDF-1.7.", ".txt"),
        ("text/plain", ".md", b"# Ships", ".md"),
        ("text/plain", "", PAGE, ".txt"),  # never made a page of
        ("text/csv", "", b"a,b", ".csv"),
        ("application/octet-stream", ".csv", b"a,b", ".csv"),
        ("", "", b"Ships sail.", ".txt"),
        ("", "", PAGE, ".html"),
        ("text/rtf", "", b"{\\rtf1", ".rtf"),
        ("application/msword", "", OLD, ".doc"),
        ("application/octet-stream", ".msg", OLD, ".msg"),
        ("application/json", "", b"{}", ".json"),
        ("text/plain", ".srt", b"1\n", ".srt"),
    ],
)
def test_the_kind_is_what_was_sent(media_type: str, ending: str, start: bytes, kind: str) -> None:
    assert ending_of(media_type, ending, start) == kind


def test_archives_are_told_apart() -> None:
    book, letter = archive({"a.xhtml": "<p>Ships."})[:SAMPLE], docx(paragraph("Ships."))[:SAMPLE]
    assert ending_of("application/zip", "", book) == ".epub"
    assert ending_of("application/octet-stream", ".docx", letter) == ".docx"
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert ending_of(word, "", letter) == ".docx"
    assert ending_of("application/zip", ".docx", letter) == ".docx"
    assert ending_of("application/vnd.ms-excel", "", letter) == ".xlsx"  # a new file under the type of an old one
    assert ending_of("application/zip", "", b"PK\x03\x04" + bytes(26) + b"ships.txt") == ".zip"


@pytest.mark.parametrize(
    ("media_type", "ending", "start", "problem"),
    [
        ("application/pdf", ".pdf", PAGE, "should be a .pdf file but is a web page, perhaps one that asks to log in"),
        ("application/pdf", "", b"Not found", "should be a .pdf file but is none"),
        ("application/octet-stream", ".docx", PAGE, "should be a .docx file but is a web page"),
        ("application/vnd.ms-excel", ".csv", b"a,b", "should be a .xls file but is none"),
        ("application/zip", "", PAGE, "should be a .zip file but is a web page"),
        ("video/mp4", "", b"\0\0\0 ftyp", "is video/mp4, which is not read. Supported: documents (PDF, "),
        ("application/octet-stream", "", b"\0\1\2", "is application/octet-stream, which is not read"),
        ("x/\x1b[2J", "", b"x", "is x/␛[2J, which is not read"),
        ("", "", b"\0", "is of an unknown kind, which is not read"),
    ],
)
def test_what_is_not_read_or_not_what_it_should_be_is_refused(
    media_type: str, ending: str, start: bytes, problem: str
) -> None:
    with pytest.raises(NotFetched) as raised:
        ending_of(media_type, ending, start)
    assert str(raised.value).startswith(problem)
