"""HTML: the whole visible text of a page; what isn't its content (menus, banners, footers) is marked.

>>> page = b"<title>Ships | The Site</title><nav>Home</nav><h1>Ships</h1><p>Two\\n sail.</p>"
>>> document = read_html(page, id="ships.html")
>>> document.text, document.title
('Home\\n\\nShips\\n\\nTwo sail.', 'Ships')
>>> [document.text[span.start:span.end] for span in document.quotable()]
['Two sail.']
"""

from __future__ import annotations

import codecs
import re
from typing import Any

from source.builder import TextBuilder
from source.document import Document, Doubt, DoubtKind, Stated
from source.encoding import codec_of, decode
from source.errors import Damaged, SourceEmpty, TooLarge
from source.formats.html.blocks import HtmlBlock, HtmlKind, blocks_of
from source.formats.html.content import content_of, titles_of
from source.formats.imprint import properties
from source.untrusted_text import isolated

EXTRACTOR = "html/3"

_HEAD = 4096  # bytes in which an encoding may be declared
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_DECLARED = re.compile(
    rb"<meta\s[^>]*?charset\s*=\s*[\"']?\s*([\w.:-]+)|\A\s*<\?xml\s[^>]*?encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE
)
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SUBSET = re.compile(  # only of the first declaration, because others have no meaning
    r"\A((?>.*?<!doctype)[^>\[]*+)\[(?:\s|<[!?][^>]*>|%[\w.]+;)*+\]\s*+>", re.IGNORECASE | re.DOTALL
)

_ENDS = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)


def read_html(
    data: bytes, *, id: str, title: str = "", path: str = "", sha256: str = "", charset: str = ""
) -> Document:
    """Extracts a Document from an HTML page. `charset`: the encoding that its server named.

    Its title is its only h1, or `og:title`, or `<title>`, or its first heading, or `title`.
    Raises SourceEmpty, NotText, Damaged or TooLarge.
    """
    shown_as = path or id
    text, undecodable = decode_html(data, shown_as, charset)
    root = parse_html(text, shown_as)
    blocks = blocks_of(root)
    if not any(char.isalnum() for block in blocks for char in block.text):
        raise SourceEmpty(
            f"{isolated(shown_as)} contains no visible text. Save the page again after it has fully loaded."
        )
    own_title = next(titles_of(root), "")
    content = content_of(root, blocks)
    builder = TextBuilder(len(data), shown_as)
    for number, block in enumerate(blocks):
        block.put_into(builder, content=number in content)
    if undecodable:
        builder.doubt(Doubt(DoubtKind.UNDECODABLE, count=undecodable))
    headline = _headline([blocks[number] for number in sorted(content)])
    return builder.build(
        id=id,
        extractor=EXTRACTOR,
        title=headline or own_title or builder.first_heading or title,
        path=path,
        sha256=sha256,
        stated=_stated(root),
    )


_AUTHOR_NAMES = ("author", "article:author", "dc.creator", "dcterms.creator", "citation_author")
_DATE_NAMES = (
    "article:published_time", "dcterms.date", "dcterms.created", "dcterms.issued", "dc.date", "dc.date.issued", "date",
    "citation_publication_date", "article:modified_time",
)  # fmt: skip


def _stated(root: Any) -> tuple[Stated, ...]:
    """What the page's `<meta>` elements state."""
    found: dict[str, list[str]] = {}
    for each in root.iterfind(".//meta"):
        name = str(each.get("name") or each.get("property") or "").lower()
        found.setdefault(name, []).append(str(each.get("content") or ""))
    authors = next((found[name] for name in _AUTHOR_NAMES if name in found), [])
    people = [value for value in authors if "://" not in value]  # of a profile
    return properties(people, next((found[name][0] for name in _DATE_NAMES if name in found), ""))


def decode_html(data: bytes, shown_as: str, charset: str = "") -> tuple[str, int]:
    """The text of a page and the number of bytes that could not be decoded. Raises NotText.

    Follows browsers: a byte-order mark first, then the encoding that the server named
    (`charset`), then the declared one. But valid UTF-8 is decoded as such whatever the page
    declares, since the server may have declared it (no other encoding looks like it), and a
    declaration that most bytes don't fit is ignored.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = data.decode(encoding, "replace")
            return text, text.count("\ufffd")
    declared = codec_of(charset) or _declared(data)
    if declared != "iso2022_jp":  # its bytes are ASCII, and so valid UTF-8 too
        try:
            text = data.decode("utf-8")
            if "\0" not in text:
                return text, 0
        except UnicodeDecodeError:
            pass
    if declared:
        text = data.decode(declared, "replace")
        undecodable = text.count("\ufffd")
        if undecodable <= sum(not char.isascii() for char in text) // 2:
            return text, undecodable
    return decode(data, shown_as)


def parse_html(text: str, shown_as: str) -> Any:
    """Parses a page to its root element (lxml's), with errors repaired as browsers do.

    XHTML is parsed in the same way: `<a id="x"/>` counts as closed, and no entity is expanded.
    Raises SourceEmpty, TooLarge or Damaged.
    """
    from lxml import etree
    from lxml import html as lxml_html

    # The parser drops what follows `</html>`, which browsers show, and shows the end of an internal DTD subset.
    text = _ENDS.sub("", _SUBSET.sub(r"\1>", text))
    parser = lxml_html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True)
    try:
        root = lxml_html.document_fromstring(text.encode(), parser=parser)
    except etree.ParserError as error:
        raise SourceEmpty(f"{isolated(shown_as)} is empty.") from error
    except Exception as error:
        raise Damaged(
            f"{isolated(shown_as)} is damaged: it is not valid HTML ({isolated(error)}). Try saving it again."
        ) from error
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise TooLarge(f"{isolated(shown_as)} nests its elements too deeply. Exclude it.")
    return root


def _declared(data: bytes) -> str:
    """The codec for the encoding that a page declares; empty if it declares none that is known."""
    match = _DECLARED.search(_COMMENT.sub(b"", data[:_HEAD]))
    if match is None:
        return ""
    return codec_of((match[1] or match[2]).decode("ascii", "replace"))


def _headline(content: list[HtmlBlock]) -> str:
    headlines = [block.text for block in content if block.kind is HtmlKind.HEADING and block.level == 1]
    return " ".join(headlines[0].split()) if len(headlines) == 1 else ""
