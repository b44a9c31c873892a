from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from source.document import Document, Doubt, DoubtKind, RegionKind
from source.errors import NotText, SourceEmpty, SourceError, TooLarge
from source.formats.html import read_html
from source.places import Heading

PROSE = (
    "The harbour froze in the second week of January, and the ships that lay in it could not leave before March.",
    "Nobody in the town remembered a winter like it, though the oldest had seen the river closed three times.",
    "When the ice went out at last, it took the wooden pier with it and half of the boats that were tied to it.",
    "The council met on the first of April and voted to build the pier again, this time of stone from the quarry.",
)
ARTICLE = "".join(f"<p>{sentence}</p>" for sentence in PROSE)


def page(body: str, head: str = "") -> bytes:
    return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>".encode()


def read(body: str, head: str = "") -> Document:
    return read_html(page(body, head), id="page.html")


def quotable(document: Document) -> list[str]:
    return [document.text[span.start : span.end] for span in document.quotable()]


def marked(document: Document, kind: RegionKind = RegionKind.NAVIGATION) -> list[str]:
    return [document.text[each.span.start : each.span.end] for each in document.regions if each.kind is kind]


def headings(document: Document) -> list[tuple[int, str]]:
    return [(each.level, each.title) for each in document.places.headings]


def test_a_page_is_read_as_it_is_laid_out() -> None:
    document = read_html(
        page(
            "<h1>Ships</h1>\n<p>Two <b>ma</b>sts,\n\t<i>one</i>  sail.<p>Next<br>line<h2>Of\n wood</h2>"
            "<ul><li>oak<li><p>ash</p><p>and elm</p></ul><dl><dt>keel<dd>the spine</dl>"
            "<figure><img src=x alt='not text'><figcaption>A sloop.</figcaption></figure>"
            "<blockquote>She sailed.</blockquote><details><summary>More</summary>There is.</details>"
            "<pre>\nfirst = 1\n\n  second\n</pre>last"
        ),
        id="ships.html",
        title="stem",
        path="a/ships.html",
        sha256="5ea",
    )
    assert document.text == (
        "Ships\n\nTwo masts, one sail.\n\nNext\nline\n\nOf wood\noak\nash\n\nand elm\n\nkeel\nthe spine\n\nA sloop.\n\n"
        "She sailed.\n\nMore\n\nThere is.\n\nfirst = 1\n  second\n\nlast"
    )
    assert quotable(document) == [
        "Two masts, one sail.", "Next\nline", "oak", "ash", "and elm", "keel", "the spine", "A sloop.", "She sailed.",
        "More", "There is.", "first = 1", "second", "last",
    ]  # fmt: skip
    assert document.places.headings == (Heading(0, 1, "Ships"), Heading(document.text.index("Of"), 2, "Of wood"))
    place = document.place(document.text.index("elm"))
    assert (place.page, place.heading, place.paragraph, place.line) == (None, ("Ships", "Of wood"), 5, None)
    assert (document.id, document.path, document.sha256) == ("ships.html", "a/ships.html", "5ea")
    assert (document.title, document.extractor, document.doubts) == ("Ships", "html/3", ())


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("a<div>b</div>c", "a\n\nb\n\nc"),
        ("<span>a</span><span>b</span>", "ab"),
        ("a<!-- not this -->b<?nor this?>c", "abc"),
        ("a <b> b </b> c", "a b c"),
        ("<p>a<br>b <br> c<br><br>d<br>&nbsp;<br>e", "a\nb\nc\n\nd\n\ne"),
        ("a&nbsp; b\u00ad\u200bc", "a\u00a0 b\u00ad\u200bc"),
        ("a<wbr>b<hr>c", "ab\n\nc"),
        ("<p>1 &lt; 2 &amp; 3 &#x80; &eacute;", "1 < 2 & 3 € é"),
        ("<span style='color: red; display: block'>a</span>b", "a\n\nb"),
        ("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp></ruby>", "漢(かん)"),
        ("x <math><mi>a</mi><annotation>\\alpha</annotation></math> y", "x a y"),
        ("<ul><li>a<ul><li>b</ul>c<li>d</ul>", "a\nb\n\nc\nd"),
        ("<pre>a\tb <b>c</b>\r\nd<br>e</pre>", "a\tb c\nd\ne"),
        ("<h2><a href=x>One</a></h2>two", "One\n\ntwo"),
        ("<b><p>a</b>b", "ab"),
        ("<title>x</title><nav>a</nav>b<main>c</main>", "a\n\nb\n\nc"),
        ("a<custom-tag>b</custom-tag>", "ab"),
        ("<label>Name <input value=v></label>", "Name"),
        ("a<button>b</button>c", "a c"),
        ("<p aria-hidden=true>seen</p>", "seen"),
        ("<p hidden=until-found>found</p>", "found"),
        ("<dialog open>asked</dialog>", "asked"),
    ],
)
def test_text_is_what_a_browser_shows(body: str, text: str) -> None:
    assert read(body).text == text


@pytest.mark.parametrize(
    "unseen",
    [
        "<script>x</script>", "<style>x</style>", "<template>x</template>", "<noscript>x</noscript>",
        "<svg><title>x</title><text>x</text></svg>", "<p hidden>x</p>", "<p style='top:0;display : NONE'>x</p>",
        "<p style='visibility:hidden'>x</p>", "<select><option>x</select>", "<textarea>x</textarea>",
        "<button><b>x</b></button>", "<iframe>x</iframe>", "<object>x</object>", "<dialog>x</dialog>",
        "<img alt=x title=x>", "<canvas>x</canvas>", "<video>x</video>", "<input value=x placeholder=x>",
        "<span class=katex-html aria-hidden=true>x</span>", "<title>x</title>", "<!-- x -->",
    ],
)  # fmt: skip
def test_invisible_elements_are_not_text(unseen: str) -> None:
    assert read(f"<p>before</p>{unseen}<p>after</p>").text == "before\n\nafter"
    assert read(f"one {unseen} two").text.split() == ["one", "two"]


def test_a_page_without_html_head_and_body_is_read_in_full() -> None:
    data = b"<meta charset=utf-8><title>T</title><style>x</style><header>a</header><section>b</section><p>c"
    assert read_html(data, id="x").text == "a\n\nb\n\nc"
    assert read_html(b"<head><title>T</title><main>a<p>b</main>c</body></html><p>d", id="x").text == "a\n\nb\n\nc\n\nd"


def test_buttons_and_links_in_headings() -> None:
    document = read(
        "<h2><button>Why?</button></h2><p>So.</p><h2 id=x>Who<a href=#x>¶</a></h2><p>We.</p>"
        "<h2>Edits<span class=mw-editsection>[<a href=e>edit</a>]</span></h2><p>Yes.</p>"
        "<h2><a href=o>&amp;&amp;</a></h2><p>And.</p>"
    )
    assert [title for _, title in headings(document)] == ["Why?", "Who", "Edits", "&&"]
    assert document.text == "Why?\n\nSo.\n\nWho\n\nWe.\n\nEdits\n\nYes.\n\n&&\n\nAnd."


def test_a_table_of_data_is_rows_with_a_header() -> None:
    document = read(
        "<h1>Fleet</h1><table><caption>In <i>1402</i></caption><tfoot><tr><td>all<td>5</tfoot><thead><tr><th>Name"
        "<th>Sails</thead><tr><td>Erik<td>3<tr><td><p>Olaf</p> <p>the old</p><td>2</table>"
    )
    assert document.text == "Fleet\n\nIn 1402\n\nName\tSails\nErik\t3\nOlaf the old\t2\nall\t5"
    assert document.place(document.text.index("Erik")).heading == ("Fleet", "Name | Sails")
    assert document.place(document.text.index("In")).heading == ("Fleet",)
    assert quotable(document) == ["In 1402", "Erik\t3", "Olaf the old\t2", "all\t5"]


def test_a_header_row_is_one_of_th_only() -> None:
    rows = "<tr><th>Capital<td>Paris<tr><th>River<td>Seine"
    document = read(f"<table>{rows}</table>")
    assert (document.text, headings(document)) == ("Capital\tParis\nRiver\tSeine", [])
    document = read(f"<table><tr><th>Of<th>France{rows}</table>")
    assert headings(document) == [(99, "Of | France")]
    assert read("<table><tr><td>a<td>b<tr><td>c<td>d</table>").text == "a\tb\nc\td"


@pytest.mark.parametrize(
    "table",
    [
        "<table role=presentation><tr><th>a<th>b<tr><td>c<td>d</table>",
        "<table><tr><td>a<br><br>b<td>c</td><td>d</table>",
        "<table><tr><td>a<tr><td>b<tr><td>c<tr><td>d</table>",
        "<table><tr><td>a<td>b<tr><td><table><tr><td>c</table><td>d</table>",
        "<table><tr><td><h2>a</h2><td>b<tr><td>c<td>d</table>",
        "<table><tr><td>a<td>b<tr><td>c</tr>d</table>",
        "<table><tr><td>a<td>b<form><tr><td>c<td>d</form></table>",
    ],
)
def test_a_table_that_lays_out_the_page_is_blocks(table: str) -> None:
    assert read(table).text == "a\n\nb\n\nc\n\nd"


def test_a_table_of_long_cells_lays_out_the_page() -> None:
    long = " ".join(["word"] * 130)
    document = read(f"<table><tr><th>Author<th>Message<tr><td>Ann<td><p>{long}</p><p>Bye.</p></table>")
    assert quotable(document) == ["Author", "Message", "Ann", long, "Bye."]


NEWS = f"""
<header><a href=/>The Daily Ship</a><nav><ul><li><a href=/w>World</a><li><a href=/s>Sport</a></ul></nav></header>
<div class="cookie-consent"><p>We use cookies to make this site better. <a href=/c>Read our policy</a></p></div>
<main><article><header><h1>Pier to be built of stone</h1>
<p class=byline>By <a href=/ann>Ann Smith</a>, 2 April 1911</p></header>
<ul class=share><li><a href=//f>Facebook</a><li><a href=//t>Twitter</a></ul>
<p>{PROSE[0]}</p><p>{PROSE[1]}</p><figure><img src=p.jpg><figcaption>The old pier in 1908.</figcaption></figure>
<h2>The vote</h2><p>{PROSE[2]}</p><p>{PROSE[3]}</p></article></main>
<aside><h2>Most read</h2><ul><li><a href=/1>Ice on the river</a><li><a href=/2>A new mayor</a></ul></aside>
<section class=related><h3>Related stories</h3><p><a href=/3>Quarry opens again after the long winter</a></p></section>
<footer><p>© 1911 The Daily Ship. <a href=/t>Terms</a></p></footer>
"""


def test_the_article_of_a_news_page_is_content() -> None:
    document = read(NEWS, "<title>Pier to be built of stone | The Daily Ship</title>")
    assert quotable(document) == [
        "By Ann Smith, 2 April 1911", PROSE[0], PROSE[1], "The old pier in 1908.", PROSE[2], PROSE[3],
    ]  # fmt: skip
    assert headings(document) == [(1, "Pier to be built of stone"), (2, "The vote")]
    assert marked(document) == [
        "The Daily Ship", "World", "Sport", "We use cookies to make this site better. Read our policy", "Facebook",
        "Twitter", "Most read", "Ice on the river", "A new mayor", "Related stories",
        "Quarry opens again after the long winter", "© 1911 The Daily Ship. Terms",
    ]  # fmt: skip
    assert document.place(document.text.index("Quarry")).heading == ("Pier to be built of stone", "The vote")
    assert document.title == "Pier to be built of stone"


def test_the_sections_of_a_wiki_page_are_content() -> None:
    body = f"""<div id=mw-head><ul><li><a href=/r>Read</a><li><a href=/e>Edit</a></ul></div>
    <div id=content class=mw-body role=main><h1 id=firstHeading>Pier</h1><div id=mw-content-text>
    <div id=toc class=toc role=navigation><h2>Contents</h2><ul><li><a href=#H>1 History</a></ul></div>
    <p>{PROSE[0]}<sup><a href=#n>[1]</a></sup></p>
    <table class=infobox><tr><th>Length<td>120 m<tr><th>Built<td>1911</table>
    <h2><span id=H>History</span><span class=mw-editsection>[<a href=/e>edit</a>]</span></h2><p>{PROSE[1]}</p>
    <p>{PROSE[2]}</p><h2>References</h2><ol class=references><li>Smith, Ann. <i>Harbours</i>. 1921.</ol></div>
    <div id=catlinks class=catlinks>Categories: <a href=/c>Piers</a></div></div>
    <div id=footer role=contentinfo><ul><li>This page was last edited in 2019.</ul></div>"""
    document = read(body, "<title>Pier - Wikipedia</title>")
    assert quotable(document)[0] == f"{PROSE[0]}[1]"
    assert {"Length\t120 m", "Built\t1911", PROSE[1], PROSE[2], "Smith, Ann. Harbours. 1921."} <= set(
        quotable(document)
    )
    assert headings(document) == [(1, "Pier"), (2, "History"), (2, "References")]
    assert {"Read", "Edit", "Contents", "1 History", "This page was last edited in 2019."} <= set(marked(document))
    assert "Categories: Piers" in marked(document)


def test_code_and_short_sections_of_a_documentation_page_are_content() -> None:
    body = f"""<div class=sphinxsidebar role=navigation><ul><li><a href=a>Install</a><li><a href=b>Usage</a></ul></div>
    <div class=document><div class=body role=main><section><h1>Sharing<a class=headerlink href=#s>¶</a></h1>
    <p>{PROSE[0]}</p><pre>share(<b>"x"</b>)\nprint(1)</pre>
    <section id=share-it><h2>Share it</h2><p>Do this.</p></section>
    <aside class=note><p>Note</p><p>It may fail.</p></aside><dl><dt>timeout<dd>in seconds</dl><p>{PROSE[1]}</p>
    <section id=share-end><h2>The end</h2><p>{PROSE[2]} {PROSE[3]}</p></section></section></div></div>
    <footer>© 2020, Someone. Built with <a href=s>Sphinx</a>.</footer>"""
    document = read(body)
    assert quotable(document) == [
        PROSE[0], 'share("x")', "print(1)", "Do this.", "Note", "It may fail.", "timeout", "in seconds", PROSE[1],
        f"{PROSE[2]} {PROSE[3]}",
    ]  # fmt: skip
    assert headings(document) == [(1, "Sharing"), (2, "Share it"), (2, "The end")]
    assert marked(document) == ["Install", "Usage", "© 2020, Someone. Built with Sphinx."]


def test_every_post_of_a_forum_page_is_content() -> None:
    posts = "".join(
        f"<div class=post><div class=postbody><p class=author>by <b>user{number}</b></p><p>{sentence}</p></div></div>"
        for number, sentence in enumerate(PROSE)
    )
    document = read(f"<nav><a href=/>Board index</a></nav><div id=page-body><h2>Frozen harbour</h2>{posts}</div>")
    assert set(PROSE) <= set(quotable(document))
    assert marked(document) == ["Board index"]


def test_the_text_of_a_page_laid_out_by_tables_is_content() -> None:
    menu = "".join(f"<tr><td><a href=/{name}>{name}</a></td></tr>" for name in ("Home", "Books", "Links", "Mail"))
    text = "<br><br>".join(PROSE)
    document = read(
        f"<table><tr><td><table>{menu}</table><td><font size=2>January 1911<br><br>{text}</font></table>",
        "<title>How the pier went</title>",
    )
    assert quotable(document) == ["January 1911", *PROSE]
    assert marked(document) == ["Home", "Books", "Links", "Mail"]
    assert document.title == "How the pier went"


def test_a_page_of_links_or_of_little_text_is_content_outside_its_frame() -> None:
    links = read("<nav><a href=/>Home</a></nav><h1>Bookmarks</h1><ul><li><a href=a>Ships</a><li><a href=b>Ice</a></ul>")
    assert (quotable(links), marked(links)) == (["Ships", "Ice"], ["Home"])
    short = read("<header>Site</header><main><p>Yes.</p></main><aside>x</aside><footer>y</footer>")
    assert (quotable(short), marked(short)) == (["Yes."], ["Site", "x", "y"])


def test_an_exported_document_is_content_throughout() -> None:
    body = "<div class=WordSection1>" + "".join(
        f"<p class=MsoNormal><span lang=EN-US style='font-size:12.0pt'>{text}<o:p></o:p></span></p>"
        for text in ("To the council", *PROSE, "Yours,", "Ann Smith")
    )
    document = read(body + "</div>")
    assert quotable(document) == ["To the council", *PROSE, "Yours,", "Ann Smith"]
    assert marked(document) == []


def test_a_page_that_the_extractor_fails_on_is_judged_by_its_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> str:
        raise ValueError("no")

    monkeypatch.setattr("trafilatura.extract", fail)
    document = read(NEWS)
    assert set(PROSE) | {"Facebook"} <= set(quotable(document))
    assert {"World", "Ice on the river", "© 1911 The Daily Ship. Terms"} <= set(marked(document))


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>T</title><meta property='og:title' content='O'>", "<h1>One\n<i>h1</i></h1>", "One h1"),
        ("<title>T</title><meta property='og:title' content=' O  o '>", "<h1>a</h1><p>b</p><h1>c</h1>", "O o"),
        ("<title>T\n t</title>", "<h2>a</h2>", "T t"),
        ("<title> </title>", "<nav><h1>n</h1></nav><p>x</p><h2>a</h2>", "a"),
        ("", "<p>x</p>", "stem"),
    ],
)
def test_the_title(head: str, body: str, title: str) -> None:
    assert read_html(page(body, head), id="x", title="stem").title == title


def test_without_any_title_the_id_is_the_title() -> None:
    assert read("<p>x</p>").title == "page.html"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("<p>é€".encode("utf-8-sig"), "é€"),
        ("<p>é€".encode("utf-16"), "é€"),
        (b"\xfe\xff" + "<p>é€".encode("utf-16-be"), "é€"),
        ("<p>é€".encode("utf-16-le"), "é€"),
        ("<p>é€".encode(), "é€"),
        ("<meta charset=iso-8859-1><p>“é€”".encode("cp1252"), "“é€”"),
        ("<meta charset=iso-8859-1><p>“é€”".encode(), "“é€”"),  # the server said UTF-8
        ("<meta http-equiv=Content-Type content='text/html; charset=windows-1251'><p>Лёд".encode("cp1251"), "Лёд"),
        ("<!-- <meta charset=koi8-r> --><META CHARSET='Windows-1251'><p>Лёд".encode("cp1251"), "Лёд"),
        ("<?xml version='1.0' encoding='ISO-8859-2'?><html><p>żółw</p></html>".encode("iso8859-2"), "żółw"),
        ("<meta charset=x-sjis><p>漢字かな".encode("cp932"), "漢字かな"),
        ("<meta charset=gb2312><p>镕漢字".encode("gbk"), "镕漢字"),
        ("<meta charset=iso-2022-jp><p>漢字".encode("iso2022_jp"), "漢字"),
        (b"<meta charset=utf-7><p>a+AGI-b", "a+AGI-b"),
        ("<meta charset=nonsense><p>é".encode(), "é"),
        ("<meta charset=utf-8><p>Die schöne Frau hat Kaffee für 15,50 € getrunken.".encode("cp1252"),
         "Die schöne Frau hat Kaffee für 15,50 € getrunken."),
    ],
)  # fmt: skip
def test_the_encoding_is_found_as_browsers_find_it(data: bytes, text: str) -> None:
    document = read_html(data, id="x")
    assert (document.text, document.doubts) == (text, ())


def test_bytes_that_cannot_be_read_are_doubted() -> None:
    document = read_html("<meta charset=utf-8><p>ééééé".encode() + b"\xff", id="x")
    assert document.text == "ééééé\ufffd"
    assert document.doubts == (Doubt(DoubtKind.UNDECODABLE, count=1),)


@pytest.mark.parametrize(
    "data",
    [b"", b" \n", b"<!-- only -->", b"<nav>* * *</nav>", b"<script>x</script>", b"<frameset><frame src=x></frameset>",
     b"<!doctype html [<!ENTITY a 'b'>]>"],
)  # fmt: skip
def test_a_page_without_a_word_is_empty(data: bytes) -> None:
    with pytest.raises(SourceEmpty, match=r"^a/b\.html "):
        read_html(data, id="x", path="a/b.html")


def test_bytes_that_are_not_text_are_refused() -> None:
    with pytest.raises(NotText, match=r"^page\.html "):
        read_html(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, id="page.html")


def test_a_page_nested_beyond_all_measure_is_refused_rather_than_cut_short() -> None:
    with pytest.raises(TooLarge, match=r"^page\.html "):
        read("<div>" * 3000 + "lost")


def test_deep_nesting_and_nested_tables_are_read_in_full() -> None:
    assert read("<div>" * 1500 + "deep" + "</div>" * 1500 + "<p>after").text == "deep\n\nafter"
    assert read("<table><tr><td>a<td>" * 500 + "end").text == "\n\n".join(["a"] * 500 + ["end"])


def test_no_entity_of_the_page_s_own_is_expanded() -> None:
    bomb = "<!ENTITY a 'haha'>" + "".join(f"<!ENTITY a{n} '&a;&a;&a;&a;&a;'>" for n in range(20))
    document = read_html(f"<!DOCTYPE html [{bomb}]><p>x &a19; y".encode(), id="x")
    assert document.text == "x &a19; y"


def test_braille_on_the_page_is_text_like_any_other() -> None:
    number = "\u28ff\u2800\u2800\u2805"  # what a block's number looks like on its way through the extractor
    document = read(f"<nav>{number} menu</nav><article>{ARTICLE}<p>⠓⠑⠇⠇⠕ {number}</p></article>")
    assert document.text == f"{number} menu\n\n" + "\n\n".join([*PROSE, f"⠓⠑⠇⠇⠕ {number}"])
    assert marked(document) == [f"{number} menu"]


TAGS = st.sampled_from(
    [
        "p", "div", "span", "a href=x", "b", "h1", "h2", "ul", "li", "table", "tr", "td", "th", "thead", "pre", "nav",
        "article", "header", "dl", "dt", "dd", "details", "summary", "section", "blockquote", "caption", "ruby", "rt",
    ]
)  # fmt: skip
PIECES = st.one_of(
    TAGS.map(lambda tag: f"<{tag}>"),
    TAGS.map(lambda tag: f"</{tag.split()[0]}>"),
    st.sampled_from(
        ["<br>", " ", "\n", "&nbsp;", "&amp;", "<hr>", "<!-- c -->", "word", "Two words.", "漢字", PROSE[0]]
    ),
)


@given(st.lists(PIECES, max_size=40).map("".join))
@settings(max_examples=150)
def test_every_word_is_kept_and_what_is_quotable_lies_in_order(body: str) -> None:
    document = read(f"start {body}")
    assert Counter(_letters(document.text)) == Counter(_letters("start" + _bare(body)))
    end = 0
    for span in document.places.paragraphs:
        assert end <= span.start < span.end <= len(document.text)
        assert document.text[span.start : span.end].strip() == document.text[span.start : span.end]
        end = span.end
    for region in document.regions:
        assert 0 <= region.span.start < region.span.end <= len(document.text)
    assert all(heading.start <= len(document.text) for heading in document.places.headings)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(max_examples=150)
def test_any_bytes_give_a_document_or_an_error_that_names_the_file(data: bytes) -> None:
    try:
        document = read_html(data, id="any.html")
    except SourceError as error:
        assert "any.html" in str(error)
    else:
        assert any(char.isalnum() for char in document.text)


def _bare(body: str) -> str:
    """The text of markup whose text holds no `<`."""
    parts = body.replace("&amp;", "&").replace("&nbsp;", " ").split("<")
    return parts[0] + "".join(part.split(">", 1)[1] for part in parts[1:])


def _letters(text: str) -> str:
    return "".join(text.split())


def test_a_table_of_data_is_content_whatever_its_cells_hold() -> None:
    row = "<tr><td><p>{}</p></td><td><ul><li>{}</li></ul></td></tr>"
    page = (
        '<nav><a href="/">Home</a> <a href="/x">Wool</a></nav><main><h1>Visit us</h1><div>The shop stands behind the '
        f"church.</div><table>{row.format('Monday', '10 to 8')}{row.format('Tuesday', 'Closed')}</table></main>"
        "<footer><table><tr><td>Terms</td><td>Privacy</td></tr><tr><td>a</td><td>b</td></tr></table></footer>"
    )
    document = read_html(page.encode(), id="x")
    quotes = [document.text[span.start : span.end] for span in document.quotable()]
    assert quotes == ["The shop stands behind the church.", "Monday\t10 to 8", "Tuesday\tClosed"]
