"""Spreadsheets made for tests."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from xml.sax.saxutils import escape

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text", "style")
)


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def cell(reference: str, value: object, more: str = "") -> str:
    """A cell with a number, or a text of its own."""
    if isinstance(value, str):
        return f'<c r="{reference}" t="inlineStr" {more}><is><t>{escape(value)}</t></is></c>'
    return f'<c r="{reference}" {more}><v>{value}</v></c>'


def rows(*lines: Sequence[object]) -> str:
    """Rows from the first on; None for an empty cell."""
    found = []
    for number, line in enumerate(lines, 1):
        cells = (cell(f"{chr(65 + at)}{number}", value) for at, value in enumerate(line) if value is not None)
        found.append(f'<row r="{number}">{"".join(cells)}</row>')
    return "".join(found)


def xlsx(
    *sheets: str, after: str = "", before: str = "", styles: str = "", state: str = "", prologue: str = "",
    properties: str = "",
) -> bytes:  # fmt: skip
    """A workbook. `sheets`: rows of each; `before`, `after`: of the rows of each sheet. `state`: of the first sheet."""
    listed = "".join(
        f'<sheet name="Sheet{at}" sheetId="{at}" r:id="s{at}" {state if at == 1 else ""}/>'
        for at in range(1, len(sheets) + 1)
    )
    related = "".join(
        f'<Relationship Id="s{at}" Type="{_OFFICE}/worksheet" Target="s{at}.xml"/>' for at in range(1, len(sheets) + 1)
    )
    members = {
        "_rels/.rels": f'<Relationships {_PACKAGE}><Relationship Id="a" Type="{_OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_OFFICE}">{properties}<sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships {_PACKAGE}>{related}<Relationship Id="y" '
        f'Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f"<styleSheet {_MAIN}>{styles}</styleSheet>",
    }
    for at, content in enumerate(sheets, 1):
        body = f"{before}<sheetData>{content}</sheetData>{after}"
        members[f"xl/s{at}.xml"] = f"{prologue}<worksheet {_MAIN}>{body}</worksheet>"
    return zipped(members)


def ods(tables: str, styles: str = "") -> bytes:
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": f"<office:document-content {_NAMES}><office:automatic-styles>{styles}"
            "</office:automatic-styles><office:body><office:spreadsheet>"
            f"{tables}</office:spreadsheet></office:body></office:document-content>",
        }
    )
