"""reStructuredText: the text is the file itself; a line-based reader of our own says which lines are what.

>>> text = "Ships\\n=====\\n\\n.. note:: Two sail::\\n\\n      Erik\\n\\n.. a comment\\n\\n- A third\\n  lies here.\\n"
>>> document = read_rst(text, id="ships.rst")
>>> [document.text[span.start : span.end] for span in document.quotable()]
['Two sail::', 'Erik', '- A third\\n  lies here.']
>>> document.place(document.text.index("third")).heading
('Ships',)
"""

from __future__ import annotations

from source.builder import HEADER_LEVEL
from source.document import Document
from source.places import Places
from source.rst.blocks import Blocks

EXTRACTOR = "rst/1"


def read_rst(text: str, *, id: str, title: str = "", path: str = "", sha256: str = "") -> Document:
    """A Document of a reStructuredText file; `text` is kept as it is, marks and all. Nothing is included or run."""
    blocks = Blocks(text)
    titles = (heading.title for heading in blocks.headings if heading.level < HEADER_LEVEL)
    return Document(
        id=id,
        title=next(titles, "") or title or id,
        path=path,
        sha256=sha256,
        extractor=EXTRACTOR,
        text=text,
        regions=tuple(sorted(blocks.regions, key=lambda region: region.span)),
        places=Places(paragraphs=tuple(blocks.paragraphs), headings=tuple(blocks.headings)),
    )
