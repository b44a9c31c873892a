"""Jupyter notebooks (.ipynb): text, code and results, cell by cell; a paragraph is labelled with its cell.

Cells are numbered from 1 as they stand, not as they were run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from source.builder import TextBuilder
from source.document import Document
from source.encoding import is_unicode
from source.errors import Damaged, SourceEmpty
from source.places import Labels
from source.untrusted_text import isolated

EXTRACTOR = "notebook/1"

_HEADING = re.compile(r"(#{1,6})[ \t]+(\S.*)")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_ANSI = re.compile(r"\x1b\[[0-9;]{0,20}m")


def read_notebook(text: str, *, id: str, title: str = "", path: str = "", sha256: str = "") -> Document:
    """Extracts a Document from a notebook. Raises Damaged or SourceEmpty."""
    shown_as = path or id
    builder = TextBuilder(len(text), shown_as)
    labels: list[str] = []
    for number, cell in enumerate(_cells(text, shown_as), 1):
        for level, block in _blocks(cell):
            if level:
                builder.heading(block, level)
            elif builder.paragraph(block):
                labels.append(str(number))
    if not labels:
        raise SourceEmpty(f"{isolated(shown_as)} contains no text.")
    document = builder.build(id=id, extractor=EXTRACTOR, title=builder.first_heading or title, path=path, sha256=sha256)
    return replace(document, places=replace(document.places, labels=Labels.of(labels), label_name="cell"))


def _cells(text: str, shown_as: str) -> list[Any]:
    try:
        notebook = json.loads(text)
        sheets = notebook.get("worksheets", [])  # of the third version of the format
        cells = notebook["cells"] if "cells" in notebook else [cell for each in sheets for cell in each["cells"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged(f"{isolated(shown_as)} is damaged or not a notebook. Try saving it again.") from error
    return cells if isinstance(cells, list) else []


def _blocks(cell: Any) -> Iterator[tuple[int, str]]:
    """The blocks of a cell: the level of each if it is a heading, or else 0, and its text."""
    if not isinstance(cell, dict):
        return
    source = _joined(cell.get("source", cell.get("input")))
    if cell.get("cell_type") == "markdown":
        yield from _markdown(source)
    elif source.strip():
        yield 0, source.strip("\n")
    outputs = cell.get("outputs")
    for output in outputs if isinstance(outputs, list) else ():
        if result := _result(output):
            yield 0, result


def _markdown(source: str) -> Iterator[tuple[int, str]]:
    lines: list[str] = []
    fenced = False
    for line in source.split("\n"):
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else _HEADING.match(line)
        if heading or (not line.strip() and not fenced):
            yield 0, "\n".join(lines)
            lines = []
        if heading:
            yield len(heading[1]), heading[2].rstrip("# ")
        else:
            lines.append(line)
    yield 0, "\n".join(lines)


def _result(output: Any) -> str:
    """The text of a result; empty if it is a picture."""
    if not isinstance(output, dict):
        return ""
    data = output.get("data")
    texts = [output.get("text"), data.get("text/plain") if isinstance(data, dict) else None]
    return _ANSI.sub("", next(filter(None, map(_joined, texts)), "")).strip("\n")


def _joined(value: Any) -> str:
    """A text, which may be a list of its lines."""
    lines = value if isinstance(value, list) else [value]
    text = "".join(line for line in lines if isinstance(line, str))
    return text if is_unicode(text) else text.encode("utf-8", "replace").decode()
