"""EPUB books, made of the parts that a test names."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

CONTAINER = """<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""


def chapter(body: str, title: str = "not the text") -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml" '
        f'xmlns:epub="http://www.idpf.org/2007/ops"><head><title>{title}</title></head><body>{body}</body></html>'
    )


def opf(items: str, spine: str, title: str = "<dc:title>The\n Ships</dc:title>") -> str:
    return (
        '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
        f'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{title}</metadata>'
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
    )


def item(id: str, href: str, more: str = "", media: str = "application/xhtml+xml") -> str:
    return f'<item id="{id}" href="{href}" media-type="{media}" {more}/>'


def archive(members: Mapping[str, str | bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        for name, content in members.items():
            file.writestr(name, content)
    return target.getvalue()


def book(package: str, chapters: Mapping[str, str | bytes], more: Mapping[str, str | bytes] | None = None) -> bytes:
    inside = {f"OEBPS/{name}": content for name, content in chapters.items()}
    return archive({"META-INF/container.xml": CONTAINER, "OEBPS/book.opf": package, **inside, **(more or {})})
