"""OpenDocument texts, made of the parts that a test names."""

from __future__ import annotations

from office_fixtures import package

OPEN = "urn:oasis:names:tc:opendocument:xmlns"


NAMES = (
    f'xmlns:office="{OPEN}:office:1.0" xmlns:text="{OPEN}:text:1.0" xmlns:table="{OPEN}:table:1.0"'
    f' xmlns:style="{OPEN}:style:1.0" xmlns:draw="{OPEN}:drawing:1.0" xmlns:meta="{OPEN}:meta:1.0"'
    f' xmlns:fo="{OPEN}:xsl-fo-compatible:1.0" xmlns:svg="{OPEN}:svg-compatible:1.0"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


AUTOMATIC = """
<style:style style:family="paragraph" style:name="P1" style:parent-style-name="Title"/>
<style:style style:family="paragraph" style:name="P2" style:parent-style-name="Table_20_Heading"/>
<style:style style:family="text" style:name="T1"><style:text-properties text:display="none"/></style:style>
<style:style style:family="text" style:name="T2"><style:text-properties fo:font-weight="bold"/></style:style>
<style:style style:family="text" style:name="T3" style:parent-style-name="T3"/>
"""


SHARED = """
<style:style style:family="paragraph" style:name="Title"/>
<style:style style:family="paragraph" style:name="Table_20_Heading"/>
<style:style style:family="paragraph" style:name="Ghost"><style:text-properties text:display="none"/></style:style>
"""


def content(body: str) -> str:
    return (
        f"<office:document-content {NAMES}><office:automatic-styles>{AUTOMATIC}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )


def odt(body: str, title: str = "") -> bytes:
    styles = f"<office:styles>{SHARED}</office:styles>"
    meta = f"<office:meta><dc:title>{title}</dc:title></office:meta>"
    return package(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": content(body),
            "styles.xml": f"<office:document-styles {NAMES}>{styles}</office:document-styles>",
            "meta.xml": f"<office:document-meta {NAMES}>{meta}</office:document-meta>",
            "META-INF/manifest.xml": "<manifest/>",
        }
    )


def p(text: str, style: str = "") -> str:
    return f'<text:p text:style-name="{style}">{text}</text:p>'
