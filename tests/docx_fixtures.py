"""Word files, made of the parts that a test names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from office_fixtures import OFFICE, package, relations

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


NAMES = (
    f'xmlns:w="{W}" xmlns:r="{OFFICE}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml"'
)


STYLES = """
<w:style w:type="paragraph" w:styleId="KonuBal"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/>
  <w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Own"><w:name w:val="My Chapter"/><w:basedOn w:val="H2"/></w:style>
<w:style w:type="paragraph" w:styleId="H2"><w:name w:val="Überschrift 2"/><w:basedOn w:val="H2"/></w:style>
<w:style w:type="paragraph" w:styleId="TOCHeading"><w:name w:val="TOC Heading"/><w:basedOn w:val="berschrift1"/>
  <w:pPr><w:outlineLvl w:val="9"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="TOC1"><w:name w:val="toc 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Bullet"><w:name w:val="List Bullet"/>
  <w:pPr><w:numPr><w:numId w:val="3"/></w:numPr></w:pPr></w:style>
<w:style w:type="character" w:styleId="Ghost"><w:name w:val="Ghost"/><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:type="table" w:styleId="Plain"><w:name w:val="Table Grid"/></w:style>
<w:style w:type="table" w:styleId="Report"><w:name w:val="Report"/><w:basedOn w:val="Plain"/>
  <w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr></w:tblStylePr></w:style>
"""


def docx(
    body: str, *, title: str = "", notes: str = "", more: Mapping[str, str | bytes] | None = None, **targets: str
) -> bytes:
    core = '<cp:coreProperties xmlns:cp="urn:cp" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{}</dc:title></cp:coreProperties>'
    return package(
        {
            "_rels/.rels": relations(officeDocument="word/document.xml").replace(
                "</Relationships>",
                '<Relationship Id="c" Type="x/core-properties" Target="docProps/core.xml"/></Relationships>',
            ),
            "docProps/core.xml": core.format(title),
            "word/document.xml": f"<w:document {NAMES}><w:body>{body}<w:sectPr/></w:body></w:document>",
            "word/styles.xml": f"<w:styles {NAMES}>{STYLES}</w:styles>",
            "word/footnotes.xml": f"<w:footnotes {NAMES}>{notes}</w:footnotes>",
            "word/_rels/document.xml.rels": relations(styles="styles.xml", footnotes="/word/footnotes.xml", **targets),
            **(more or {}),
        }
    )


def p(text: str = "", style: str = "", properties: str = "", run: str = "") -> str:
    """A paragraph; `text` may hold elements."""
    if style:
        properties = f'<w:pStyle w:val="{style}"/>{properties}'
    content = text if text.startswith("<") else f'<w:r><w:rPr>{run}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'
    return f"<w:p><w:pPr>{properties}</w:pPr>{content}</w:p>"


def table(rows: Iterable[Iterable[str]], properties: str = "", first: str = "") -> str:
    """A table of cells that are text, or paragraphs with their properties before them."""
    lines = []
    for number, row in enumerate(rows):
        cells = "".join(f"<w:tc>{cell if cell.startswith('<') else p(cell)}</w:tc>" for cell in row)
        lines.append(f"<w:tr>{first if number == 0 else ''}{cells}</w:tr>")
    return f"<w:tbl><w:tblPr>{properties}</w:tblPr>{''.join(lines)}</w:tbl>"
