"""Mails: headers, the newest text before what it quotes, what is attached."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from mail_fixtures import mail, msg

from source.document import Document
from source.errors import Damaged, ExtraMissing, SourceEmpty, SourceError
from source.formats.mails.eml import parse_eml, read_eml, tidy_name
from source.formats.mails.history import divided
from source.formats.mails.msg import parse_msg, read_msg

FILES = Path(__file__).parent / "files"
ROOF = (FILES / "roof.eml").read_bytes()
SENT = 135_494_694_000_000_000  # in units of Windows: 100 nanoseconds since 1601


def paragraphs(document: Document) -> list[str]:
    return [document.text[span.start : span.end] for span in document.places.paragraphs]


def test_a_mail_has_its_headers_and_quotes_its_history_last() -> None:
    document = read_eml(ROOF, id="roof.eml")
    assert document.title == "Angebot für das Dach"
    assert (document.authors, document.date) == (("Anna Berg",), "2031-05-14")
    found = paragraphs(document)
    assert found[:4] == [
        "From: Anna Berg <anna@example.org>", "To: Erik Lund <erik@example.org>",
        "Date: Wed, 14 May 2031 09:30:00 +0200", "Subject: Angebot für das Dach",
    ]  # fmt: skip
    assert "the roof will cost 4,310 euros, and the work begins on 2 June." in found
    newest = document.place(document.text.index("the roof will cost"))
    assert (newest.heading, newest.line) == (("Anna Berg, 2031-05-14",), None)
    earlier = document.place(document.text.index("5,000"))
    assert earlier.heading[1] == "On Mon, 12 May 2031 at 18:02, Erik Lund <erik@example.org> wrote"
    assert ">" not in document.text.partition("The offer")[2]


def test_what_is_attached_is_named_and_a_logo_is_not() -> None:
    found = parse_eml(ROOF, "roof.eml")
    assert [(each.name, each.suffix) for each in found.attachments] == [
        ("paint notes.txt", ".txt"), ("thing.heic", ".heic"), ("Tiles.eml", ".eml"),
    ]  # fmt: skip
    assert found.named == "in mail “Angebot für das Dach”, Anna Berg, 2031-05-14"
    logo = ROOF.replace(b'Content-Disposition: attachment; filename="thing.heic"', b"Content-ID: <x>\nX: y")
    logo = logo.replace(b"application/x-unknown", b"image/png")
    assert [each.name for each in parse_eml(logo, "a").attachments] == ["paint notes.txt", "Tiles.eml"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("> Two?\n\nYes, two.\n", [(False, "Yes, two."), (True, "Two?")]),  # the answer below
        ("> Two?\nYes.\n> Red?\nNo.\n", [(True, "Two?"), (False, "Yes."), (True, "Red?"), (False, "No.")]),  # between
        ("Yes.\n\n-----Original Message-----\nFrom: Jo\n\nTwo?", [(False, "Yes."), (True, "From: Jo\n\nTwo?")]),
        ("Ja.\n\nVon: Jo\nGesendet: Montag\n\nZwei?", [(False, "Ja."), (True, "Von: Jo\nGesendet: Montag\n\nZwei?")]),
        ("Да.\n\n12 мая 2031 г., 18:02 Эрик написал:\n> Две?", [(False, "Да."), (True, "Две?")]),
        ("From: is a word here.\n\nNothing is quoted.", [(False, "From: is a word here.\n\nNothing is quoted.")]),
    ],
)
def test_the_newest_text_comes_before_what_it_quotes(text: str, expected: list[tuple[bool, str]]) -> None:
    assert [(part.quoted, part.text.strip()) for part in divided(text)] == expected


def test_a_mail_of_html_only_is_read_without_its_marks() -> None:
    page = '<p>Two <b>sail</b>.</p><div class="gmail_quote"><p>How many?</p></div><p>Anna</p><div id="divRplyFwdMsg">'
    data = (
        mail().replace(b"text/plain", b"text/html").replace(b"Two sail.", f"{page}From: Jo</div><p>Old.</p>".encode())
    )
    found = paragraphs(read_eml(data, id="a.eml"))
    assert found[3:] == ["Two sail.", "Anna", "How many?", "From: Jo", "Old."]


def test_a_declared_encoding_that_is_wrong_is_found_out() -> None:
    data = (
        mail(text="x").replace(b'charset="utf-8"', b'charset="no-such"').replace(b"\nx\n", "\nПривет, Эрик.\n".encode())
    )
    assert "Привет, Эрик." in read_eml(data, id="a.eml").text


def test_a_name_leads_out_of_no_folder() -> None:
    assert tidy_name("../../etc/pass\x00wd.txt") == "pass wd.txt"
    assert tidy_name("x" * 1000 + ".pdf").endswith("x.pdf") and len(tidy_name("x" * 1000 + ".pdf")) == 200


def test_hostile_mails_end_quickly() -> None:
    nested = b"Subject: x\n" + b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(400)
    )
    files = [
        nested,
        b"Subject: " + b"=?utf-8?q?" * 50_000 + b"\n\nx",
        b"Subject: x\nFrom: " + b"(" * 200_000 + b"\n\nx",
        b"Subject: x\nDate: " + b"1 " * 200_000 + b"\n\nx",
        b"Subject: x\n\n" + b"> a\nb\n" * 50_000,
        b"Subject: x\n\n" + b">" * 500_000,
        b"Subject: x\nContent-Type: text/html\n\n" + b"<blockquote>" * 20_000,
        b"Subject: x\n" + b"X: y\n" * 50_000,
    ]
    for data in files:
        start = time.process_time()
        with suppress(SourceError, RecursionError):  # of the latter a worker makes an error
            read_eml(data, id="a.eml")
        assert time.process_time() - start < 5
    with pytest.raises(Damaged):
        read_eml(b"\x89PNG\r\n\x1a\n", id="a.eml")
    with pytest.raises(SourceEmpty):
        read_eml(b"From: a@b.c\n\n", id="a.eml")


def test_a_mail_of_outlook_is_read_like_any_other() -> None:
    pytest.importorskip("olefile", reason="an extra")
    texts = {"0037": "Ships", "0C1A": "Anna Berg", "5D01": "anna@example.org", "0E04": "Erik", "1000": "Two sail."}
    data = msg(texts, {"a/b.txt": b"Three sail."}, SENT)
    document = read_msg(data, id="a.msg")
    assert paragraphs(document) == [
        'From: "Anna Berg" <anna@example.org>', "To: Erik", "Date: Tue, 14 May 2030 13:30:00 -0000", "Subject: Ships",
        "Attachments: b.txt", "Two sail.",
    ]  # fmt: skip
    assert (document.title, document.authors, document.date) == ("Ships", ("Anna Berg",), "2030-05-14")
    assert [(each.name, each.data) for each in parse_msg(data, "a.msg").attachments] == [("b.txt", b"Three sail.")]
    for broken in (data[:700], b"x" * 2000, b""):
        with pytest.raises(Damaged):
            read_msg(broken, id="a.msg")


def test_without_olefile_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "olefile", None)
    with pytest.raises(ExtraMissing, match=r"a\.msg is a mail of Outlook.*pip install '\.\[outlook\]'"):
        read_msg(b"", id="a.msg")
