from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from epub_fixtures import CONTAINER, archive, book, chapter, item, opf

from source.document import Document, Doubt, DoubtKind, RegionKind
from source.errors import Damaged, Encrypted, SourceEmpty, SourceError, TooLarge
from source.formats.epub import read_epub
from source.places import Heading

ENCRYPTION = """<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"
xmlns:e="http://www.w3.org/2001/04/xmlenc#"><e:EncryptedData>{}<e:CipherData><e:CipherReference URI="OEBPS/x"/>
</e:CipherData></e:EncryptedData></encryption>"""


def one(body: str | bytes, **more: str) -> bytes:
    content = body if isinstance(body, bytes) else chapter(body)
    return book(opf(item("a", "a.xhtml"), '<itemref idref="a"/>', **more), {"a.xhtml": content})


def quotable(document: Document) -> list[str]:
    return [document.text[span.start : span.end] for span in document.quotable()]


def test_a_book_in_the_order_of_its_spine() -> None:
    nav = chapter('<nav epub:type="toc"><h1>Contents</h1><ol><li><a href="c1.xhtml">Masts</a></li></ol></nav>')
    data = book(
        opf(
            item("toc", "nav.xhtml", 'properties="nav"')
            + item("c2", "text/c%202.xhtml")
            + item("note", "./text/../notes.xhtml")
            + item("c1", "c1.xhtml#start")
            + item("pic", "pic.svg", media="image/svg+xml")
            + item("css", "s.css", media="text/css"),
            '<itemref idref="toc"/><itemref idref="note" linear="no"/><itemref idref="c1"/><itemref idref="pic"/>'
            '<itemref idref="c2"/>',
        ),
        {
            "nav.xhtml": nav,
            "c1.xhtml": chapter(
                '<h1>Masts<a id="x"/></h1><p>Two&nbsp;or <i>three</i>.</p><aside><p>A note.</p></aside>'
            ),
            "text/c 2.xhtml": chapter(
                "<section><h1>Sails</h1><h2>Made of</h2><table><tr><th>Name</th><th>Cloth</th></tr><tr><td>jib</td>"
                "<td>flax</td></tr></table><nav><p>Where?</p></nav></section>"
            ),
            "notes.xhtml": chapter("<p>Last of all.</p>"),
            "pic.svg": "<svg><text>no</text></svg>",
        },
    )
    document = read_epub(data, id="ships.epub", title="stem", path="a/ships.epub", sha256="5ea")
    assert document.text == (
        "Contents\n\nMasts\n\nMasts\n\nTwo\u00a0or three.\n\nA note.\n\nSails\n\nMade of\n\nName\tCloth\njib\tflax\n\n"
        "Where?\n\nLast of all."
    )
    assert quotable(document) == [
        "Two\u00a0or three.", "A note.", "jib\tflax", "Where?", "Last of all.",
    ]  # fmt: skip
    navigation = [each.span for each in document.regions if each.kind is RegionKind.NAVIGATION]
    assert [document.text[span.start : span.end] for span in navigation] == ["Contents", "Masts"]
    assert document.places.headings[:3] == (Heading(17, 1, "Masts"), Heading(48, 1, "Sails"), Heading(55, 2, "Made of"))
    place = document.place(document.text.index("jib"))
    assert (place.page, place.heading) == (None, ("Sails", "Made of", "Name | Cloth"))
    assert (document.id, document.path, document.sha256) == ("ships.epub", "a/ships.epub", "5ea")
    assert (document.title, document.extractor, document.doubts) == ("The Ships", "epub/4", ())
    assert [span for span in document.places.paragraphs if not document.text[span.start : span.end].strip()] == []
    assert list(document.places.paragraphs) == sorted(document.places.paragraphs)


def test_a_short_part_is_content_like_any_other() -> None:
    body = "<header><p>By Ann</p></header><ul><li><a href='b'>A list of links</a></li></ul><footer>End.</footer>"
    assert quotable(read_epub(one(body), id="x")) == ["By Ann", "A list of links", "End."]


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        ("<dc:title>A</dc:title><dc:title>B</dc:title>", "<h1>H</h1><p>x</p>", "A"),
        ("<dc:title> </dc:title>", "<h1>H</h1><p>x</p>", "H"),
        ("", "<p>x</p>", "stem"),
    ],
)
def test_the_title(title: str, body: str, expected: str) -> None:
    assert read_epub(one(body, title=title), id="x", title="stem").title == expected


def test_parts_that_are_missing_are_skipped_and_doubted() -> None:
    package = opf(
        item("a", "a.xhtml") + item("gone", "gone.xhtml") + item("out", "../../../etc/passwd"),
        '<itemref idref="gone"/><itemref idref="a"/><itemref idref="unlisted"/><itemref idref="out"/>',
    )
    document = read_epub(book(package, {"a.xhtml": chapter("<p>Here.</p>")}), id="x")
    assert document.text == "Here."
    assert document.doubts == (Doubt(DoubtKind.TRUNCATED, count=3),)


def test_a_part_that_the_spine_repeats_is_read_once() -> None:
    package = opf(item("a", "a.xhtml") + item("again", "./a.xhtml"), '<itemref idref="a"/><itemref idref="again"/>' * 9)
    assert read_epub(book(package, {"a.xhtml": chapter("<p>Here.</p>")}), id="x").text == "Here."


def test_links_do_not_lead_out_of_the_archive() -> None:
    """Attack: links that lead to files outside the archive."""
    package = opf(item("a", "../../../top.xhtml"), '<itemref idref="a"/>')
    assert read_epub(book(package, {}, {"top.xhtml": chapter("<p>Inside.</p>")}), id="x").text == "Inside."


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (b"<html><body><p>One<br>two <b>three</p><p>four &eacute;", "One\ntwo three\n\nfour é"),
        ('<?xml version="1.0" encoding="iso-8859-1"?><html><body><p>für €'.encode("cp1252"), "für €"),
        (chapter("<p>ÄÖ</p>").replace("utf-8", "utf-16").encode("utf-16"), "ÄÖ"),
        (chapter('<script src="x"/><p>a<i/>b</p><div/><p>c</p>').encode(), "ab\n\nc"),
        (
            b'<!DOCTYPE html [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><html><body><p>x &b; y</p></body></html>',
            "x &b; y",
        ),
    ],
)
def test_parts_that_are_not_well_formed_are_read_as_browsers_do(part: bytes, text: str) -> None:
    assert read_epub(one(part), id="x").text == text


def test_bytes_that_cannot_be_read_are_doubted() -> None:
    part = "<html><head><meta charset='utf-8'/></head><body><p>ÄÖÜäöü".encode() + b"\xff</p>"
    assert read_epub(one(part), id="x").doubts == (Doubt(DoubtKind.UNDECODABLE, count=1),)


def test_a_part_without_text_is_allowed() -> None:
    package = opf(item("a", "a.xhtml") + item("b", "b.xhtml"), '<itemref idref="a"/><itemref idref="b"/>')
    document = read_epub(book(package, {"a.xhtml": "", "b.xhtml": chapter("<p>Text.</p>")}), id="x")
    assert (document.text, document.doubts) == ("Text.", ())


@pytest.mark.parametrize(
    ("body", "spine"), [("<p>* * *</p>", '<itemref idref="a"/>'), ("<img alt='x'/>", '<itemref idref="a"/>'), ("x", "")]
)
def test_a_book_without_a_word_is_empty(body: str, spine: str) -> None:
    package = opf(item("a", "a.xhtml"), spine)
    with pytest.raises(SourceEmpty, match=r"^b/c\.epub "):
        read_epub(book(package, {"a.xhtml": chapter(body)}), id="x", path="b/c.epub")


def test_a_protected_book_is_refused_and_disguised_fonts_are_not() -> None:
    members = {"a.xhtml": chapter("<p>Text.</p>")}
    package = opf(item("a", "a.xhtml"), '<itemref idref="a"/>')
    for algorithm in ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"):
        method = f'<e:EncryptionMethod Algorithm="{algorithm}"/>'
        data = book(package, members, {"META-INF/encryption.xml": ENCRYPTION.format(method)})
        assert read_epub(data, id="x").text == "Text."
    for method in ('<e:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes256-cbc"/>', ""):
        data = book(package, members, {"META-INF/encryption.xml": ENCRYPTION.format(method)})
        with pytest.raises(Encrypted, match=r"^x\.epub is copy-protected"):
            read_epub(data, id="x.epub")


BOMB = "<!DOCTYPE p [<!ENTITY a 'haha'>{}]>".format("".join(f"<!ENTITY a{n} '&a;&a;'>" for n in range(9)))
PART = {"OEBPS/a.xhtml": chapter("<p>Text.</p>")}
PACKAGE = opf(item("a", "a.xhtml"), '<itemref idref="a"/>')


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no archive at all",
        b"PK\x03\x04" + b"\0" * 40,
        archive({}),
        archive({"META-INF/container.xml": "<container/>", "OEBPS/book.opf": PACKAGE, **PART}),
        archive({"META-INF/container.xml": "no XML", "OEBPS/book.opf": PACKAGE, **PART}),
        archive({"META-INF/container.xml": CONTAINER, **PART}),
        archive({"META-INF/container.xml": CONTAINER, "OEBPS/book.opf": PACKAGE[:-20], **PART}),
        one("<p>Text.</p>")[:-30],
        one("<p>Text.</p>")[:400],
        book(PACKAGE, {"a.xhtml": "x"}, {"META-INF/encryption.xml": "<broken"}),
    ],
)
def test_an_incomplete_book_is_damaged(data: bytes) -> None:
    with pytest.raises(Damaged, match=r"^a/b\.epub "):
        read_epub(data, id="x", path="a/b.epub")


def test_an_entity_bomb_in_the_package_is_not_expanded() -> None:
    package = PACKAGE.replace('<?xml version="1.0"?>', BOMB.replace("p [", "package [")).replace("The\n Ships", "&a8;")
    try:
        document = read_epub(book(package, {"a.xhtml": chapter("<p>Text.</p>")}), id="x.epub")
    except Damaged:
        return
    assert "haha" not in document.title + document.text


def test_an_archive_that_unpacks_beyond_measure_is_refused() -> None:
    data = book(PACKAGE, {"a.xhtml": chapter("<p>Text.</p>"), "b.bin": bytes(40 << 20)})
    with pytest.raises(TooLarge, match=r"^x\.epub "):
        read_epub(data, id="x.epub")


def test_an_archive_with_a_password_is_refused() -> None:
    data = bytearray(one("<p>Text.</p>"))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(mark, at + 1)
    with pytest.raises(Encrypted, match=r"^x\.epub "):
        read_epub(bytes(data), id="x.epub")


def test_a_byte_changed_anywhere_gives_a_document_or_an_error_that_names_the_file() -> None:
    whole = one("<h1>Masts</h1><p>Two or three.</p>")
    for at in range(0, len(whole), 3):
        data = whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :]
        try:
            read_epub(data, id="x.epub")
        except SourceError as error:
            assert str(error).startswith("x.epub ")


NAV = '<nav epub:type="landmarks"><a href="c1.xhtml">Start</a></nav><nav epub:type="toc"><ol>{}</ol></nav>'
NCX = (
    '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>{}</navMap><pageList><pageTarget><navLabel>'
    '<text>p. 7</text></navLabel><content src="../c3.xhtml"/></pageTarget></pageList></ncx>'
)
CHAPTERS = {
    "c1.xhtml": chapter('<p><img src="one.png"/></p><p>They sailed.</p>'),
    "c2.xhtml": chapter("<h1>II</h1><p>They rowed.</p>"),
    "c3.xhtml": chapter("<p>They rowed on.</p>"),
    "c4.xhtml": chapter("<h2>The Storm</h2><p>They drowned.</p><div id='after'/><p>They were found.</p>"),
}


def named(contents: str, kind: str, media: str = "application/xhtml+xml") -> dict[str, tuple[str, ...]]:
    """The place of the sentences of a book whose contents are a part of this kind."""
    parts = "".join(item(name[:2], name) for name in CHAPTERS)
    package = opf(
        parts + item("toc", "in/toc", kind, media), "".join(f'<itemref idref="{name[:2]}"/>' for name in CHAPTERS)
    )
    document = read_epub(book(package, {**CHAPTERS, "in/toc": contents}), id="x")
    return {document.text[span.start : span.end]: document.place(span.start).heading for span in document.quotable()}


def test_a_chapter_has_its_name_from_the_contents_if_it_stands_nowhere_else() -> None:
    entries = (
        '<li><a href="../c1.xhtml">The <i>fair</i> wind</a></li><li><a href="../c2.xhtml">The calm</a></li>'
        '<li><a href="../c4.xhtml">Chapter 4: The storm</a><ol>'
        '<li><a href="../c4.xhtml#after">The beach</a></li></ol></li>'
    )
    assert named(chapter(NAV.format(entries)), 'properties="nav"') == {
        "They sailed.": ("The fair wind",),
        "They rowed.": ("The calm", "II"),
        "They rowed on.": ("The calm", "II"),
        "They drowned.": ("The Storm",),
        "They were found.": ("The Storm", "The beach"),
    }


def test_the_contents_of_an_older_book_name_chapters_too() -> None:
    point = '<navPoint id="{0}"><navLabel><text>{0}</text></navLabel><content src="../{1}"/></navPoint>'
    places = named(
        NCX.format(point.format("Wind", "c1.xhtml") + point.format("Calm", "c2.xhtml")), "", "application/x-dtbncx+xml"
    )
    assert places["They sailed."] == ("Wind",)
    assert places["They rowed."] == places["They rowed on."] == ("Calm", "II")


@pytest.mark.parametrize("contents", ["", "<ncx", "no <b>markup", NCX.format("<navPoint/>" * 9), "\0"])
def test_contents_that_name_nothing_keep_no_book_out(contents: str) -> None:
    assert named(contents, "", "application/x-dtbncx+xml")["They sailed."] == ()


def test_contents_of_a_hostile_book_are_read_in_time(within: Callable[[float], AbstractContextManager[None]]) -> None:
    entries = "".join(f'<li><a href="a.xhtml#i{n}">Name {n}</a></li>' for n in range(20_000))
    entries = f'<li><a href="a.xhtml#j">{"long " * 100_000}</a></li>{entries}'
    part = "".join(f"<h1 id='i{n}'>Heading {n}</h1>" for n in range(3000))
    nav = chapter(NAV.format("<ol>" * 200 + entries))
    package = opf(item("a", "a.xhtml") + item("n", "n.xhtml", 'properties="nav"'), '<itemref idref="a"/>')
    with within(2):
        read_epub(book(package, {"a.xhtml": chapter(part + "<p>Text.</p>"), "n.xhtml": nav}), id="x")
