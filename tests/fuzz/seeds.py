"""Ordinary files to begin with: those of a folder, and small ones that lie in `ordinary` or are made here."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

from fuzz.slim import slim
from source.formats.registry import FORMATS

_LARGEST = 300_000  # bytes of a file that cannot be taken in part
_ORDINARY = Path(__file__).parent / "ordinary"
_REAL = Path(__file__).parents[1] / "source" / "formats" / "files"


def seeds(kind: str, folder: Path | None) -> list[bytes]:
    """The bytes of files of a kind: those with its endings below `folder`, then those cut down, and the small ones."""
    endings = next((each.suffixes for each in FORMATS if each.module.rpartition(".")[2] == kind), (f".{kind}",))
    roots = [*filter(None, [folder]), _ORDINARY]
    found = [path for root in roots for path in sorted(root.rglob("*")) if path.suffix.lower() in endings]
    files = [path.read_bytes() for path in found if kind in TEXTUAL or path.stat().st_size <= _LARGEST]
    slimmed = [slim(data) for data in files] if kind in ZIPPED else []
    return files + slimmed + (_MADE[kind]() if kind in _MADE else [])


def _docx() -> list[bytes]:
    from docx_fixtures import NAMES, docx, p, table

    body = p("Ships", "berschrift1") + p("Two sail.") + p("item", "Bullet") + table([["Name", "Sails"], ["Erik", "3"]])
    level = '<w:lvl w:ilvl="0"><w:numFmt w:val="lowerRoman"/><w:lvlText w:val="%1.%1"/></w:lvl>'
    lists = f'<w:numbering {NAMES}><w:abstractNum w:abstractNumId="0">{level}</w:abstractNum><w:num w:numId="1">'
    lists += '<w:abstractNumId w:val="0"/></w:num></w:numbering>'
    cells = "<w:tc><w:tcPr>{}</w:tcPr>" + p("2031") + "</w:tc><w:tc>" + p("310") + "</w:tc>"
    merges = ('<w:gridSpan w:val="2"/><w:vMerge w:val="restart"/>', "<w:vMerge/>")
    rows = "".join(f"<w:tr>{cells.format(merge)}</w:tr>" for merge in merges)
    clause = p("Pay.", properties='<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>')
    more = {"word/numbering.xml": lists, "word/c.htm": "<p>It costs 18.</p>"}
    inner = f'{clause}<w:tbl>{rows}</w:tbl>{p("End.")}<w:altChunk r:id="aFChunk"/>'
    return [
        docx(body, title="Ships", notes='<w:footnote w:id="2">' + p("A note.") + "</w:footnote>"),
        docx(inner, more=more, numbering="numbering.xml", aFChunk="c.htm"),
    ]


def _odt() -> list[bytes]:
    from odt_fixtures import odt, p

    cells = "".join(f'<table:table-cell table:number-rows-spanned="2">{p(cell)}</table:table-cell>' for cell in "ab")
    below = "<table:covered-table-cell/>" + f"<table:table-cell>{p('c')}</table:table-cell>"
    rows = "".join(f"<table:table-row>{each}</table:table-row>" for each in (cells, below))
    table = f"<table:table>{rows}</table:table>"
    note = '<text:note text:note-class="footnote"><text:note-body>' + p("A note.") + "</text:note-body></text:note>"
    return [odt('<text:h text:outline-level="1">Ships</text:h>' + p(f"Two sail.{note}") + table)]


def _pptx() -> list[bytes]:
    from pptx_fixtures import frame, pptx, shape

    title = shape("Ships", place='<p:ph type="title"/>')
    return [pptx(title + shape("Two sail.", "One sinks.", at=frame(1, 20)), shape("Last."))]


def _epub() -> list[bytes]:
    from epub_fixtures import book, chapter, item, opf

    contents = (
        '<nav epub:type="toc"><ol><li><a href="a.xhtml">Ships</a></li><li><a href="b.xhtml#x">Ice</a></li></ol></nav>'
    )
    chapters = {
        "a.xhtml": chapter("<h1>Ships</h1><p>Two sail.</p>"),
        "b.xhtml": chapter('<p id="x">A third lies here.</p>'),
        "nav.xhtml": chapter(contents),
    }
    items = item("a", "a.xhtml") + item("b", "b.xhtml") + item("nav", "nav.xhtml", 'properties="nav"')
    return [book(opf(items, '<itemref idref="a"/><itemref idref="b"/>'), chapters)]


def _rtf() -> list[bytes]:
    from rtf_fixtures import FONTS, STYLES

    body = (
        r"\pard\plain\s1 Ships\par \pard Two {\b sail}.\u8217 ?\'e9{\footnote\pard A note.}\par\f1 \'cc\'ee\par"
        r"{\listtext\pard\'b7\tab}\ls1 item\par\trowd\clvmgf\cellx9\cellx99\intbl a\cell b\cell\row"
        r"\trowd\clvmrg\cellx9\cellx99\intbl\cell c\cell\row \f3\'93\'fa{\shp{\shptxt Box\par}}\par"
    )
    return [("{\\rtf1\\ansi\\ansicpg1252\\deff0" + FONTS + STYLES + body + "}").encode("latin-1")]


def _pdf() -> list[bytes]:
    from pdf_fixtures import Text, paragraph, pdf

    first = [Text(72, 60, "Ships", 18, True), *paragraph(["Two sail in the har-", "bour. Erik is one."])]
    clipped = "q 60 700 80 20 re W n BT /F1 9 Tf 0 1 -1 0 70 705 Tm /Span <</ActualText (Up)>> BDC (Turned) Tj EMC ET Q"
    form = pdf(
        [[Text(72, 100, "Name:"), clipped]],
        catalog="/AcroForm << /Fields [7 0 R] >>",
        page_entries="/Annots [7 0 R]",
        further=[
            "<< /Type /Annot /Subtype /Widget /F 4 /FT /Btn /T (f) /V /On /AS /On /Rect [200 730 220 750] "
            "/AP << /N << /On 8 0 R >> >> >>",
            "<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length 13 >>\nstream\n0 0 m 9 9 l S\nendstream",
        ],
    )
    pages = [first, [*paragraph(["Name", "Erik"]), *paragraph(["Sails", "3"], x=250)], []]
    return [form, pdf(pages, title="Ships")]


def _msg() -> list[bytes]:
    from mail_fixtures import msg

    return [msg({"0037": "Ships", "0C1A": "Anna", "1000": "Two sail.\n\n> One?"}, {"a.txt": b"Three."}, 1 << 57)]


def _mbox() -> list[bytes]:
    from mail_fixtures import mail, mailbox

    return [mailbox(mail(attached={"a.txt": b"Three sail."}), mail("More", "Ja.\n\nAm 1. Mai schrieb Jo:\n> Zwei?"))]


def _zip() -> list[bytes]:
    from mail_fixtures import mail
    from sheet_fixtures import zipped

    return [zipped({"a/b.txt": "Two sail.", "c.md": "# Ships\n\nThree.", "m.eml": mail(attached={"d.txt": b"x"})})]


def _subtitles() -> list[bytes]:
    cue = "1\n00:00:01,000 --> 00:00:02,000\n<i>Two ships</i>\n\n2\n00:01:02,000 --> 00:01:03,500\nsail.\n\n"
    return [cue.encode(), b"WEBVTT\n\nNOTE x\n\n00:01.000 --> 00:02.000 line:0\n<v Anna>One &amp; two.\n"]


def _notebook() -> list[bytes]:
    text = {"cell_type": "markdown", "source": ["# Ships\n", "\n", "Two sail."]}
    code = {"cell_type": "code", "source": "1 + 1", "outputs": [{"data": {"text/plain": ["2"]}}, {"text": "out"}]}
    return [json.dumps({"cells": [text, code], "nbformat": 4}).encode()]


_MARKED = {
    "tex": b"\\title{Ships}\n\\begin{document}\n\\section{One}\nTwo sail.\n\\begin{a}\n\\item red\n\\end{a}\n",
    "org": b"#+TITLE: Ships\n* TODO One :a:\nTwo sail.\n| a | b |\n|---+---|\n| 1 | 2 |\n#+BEGIN_SRC\nx\n#+END_SRC\n",
    "asciidoc": b"= Ships\nAnna Berg\n\n== One\n\n|===\n| a | b\n\n| 1 | 2\n|===\n\n* red\n\n----\nx\n----\n",
}


def _image() -> list[bytes]:
    from PIL import Image

    files = []
    for kind in ("PNG", "JPEG", "TIFF", "WEBP"):
        out = io.BytesIO()
        Image.new("RGB", (40, 20), "white").save(out, kind)
        files.append(out.getvalue())
    return files


def _markup(kind: str) -> Callable[[], list[bytes]]:
    return lambda: [_MARKED[kind]]


def _files(ending: str) -> Callable[[], list[bytes]]:
    """The files that programs made for the tests of the readers."""
    return lambda: [path.read_bytes() for path in sorted(_REAL.glob(f"*.{ending}"))]


_MADE: dict[str, Callable[[], list[bytes]]] = {
    "docx": _docx,
    "odt": _odt,
    "pptx": _pptx,
    "epub": _epub,
    "rtf": _rtf,
    "pdf": _pdf,
    "msg": _msg,
    "image": _image,
    "subtitles": _subtitles,
    **{kind: _markup(kind) for kind in ("tex", "org", "asciidoc")},
    "notebook": _notebook,
    "mbox": _mbox,
    "zip": _zip,
    **{kind: _files(kind) for kind in ("xlsx", "ods", "eml", "odp")},
}
CONTAINERS = ("mbox", "zip")
ZIPPED = ("docx", "odt", "pptx", "epub", "xlsx", "ods", "odp", "zip")
TEXTUAL = (
    "plain",
    "markdown",
    "rst",
    "csv",
    "jsonl",
    "html",
    "eml",
    "mbox",
    "subtitles",
    "notebook",
    "tex",
    "org",
    "asciidoc",
)
KINDS = tuple(dict.fromkeys(each for each in (*TEXTUAL, *_MADE) if each not in CONTAINERS))
