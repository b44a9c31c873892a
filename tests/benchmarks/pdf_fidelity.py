"""How faithfully PDFs are read: their words beside other extractors', and whether a quote's boxes hold its words.

    python tests/benchmarks/pdf_fidelity.py FILE.pdf... [--quotes N]

`order`: the share of the other's words that our text has in the same order (longest
common subsequence); `words`: the same in any order. The others are Poppler's pdftotext
(if it is installed) and pypdf (if it is). A divided word counts as one word.
`boxes`: of N random stretches of paragraphs, how many are exactly what PDFium finds
inside their boxes, white space and hyphens aside.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import subprocess
import unicodedata
from collections import Counter
from collections.abc import Callable
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pypdfium2

from source import Document, Span, boxes_of
from source.errors import SourceError
from source.formats.pdf import read_pdf

_MOST_WORDS = 8000  # of a file: the comparison takes the square of it
_SLACK = 0.3  # points


def words(text: str) -> list[str]:
    """Words, whole where a line's end divides them."""
    whole = re.sub(r"[-\u00ad\u2010]\s*\n\s*", "", unicodedata.normalize("NFKC", text))
    return re.findall(r"\w+", whole)[:_MOST_WORDS]


def pdftotext(path: Path) -> str:
    return subprocess.run(
        ["pdftotext", "-enc", "UTF-8", str(path), "-"], capture_output=True, check=True
    ).stdout.decode()


def pypdf_text(path: Path) -> str:
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(path).pages)


def others() -> dict[str, Callable[[Path], str]]:
    """The extractors that are installed."""
    found: dict[str, Callable[[Path], str]] = {}
    if shutil.which("pdftotext"):
        found["pdftotext"] = pdftotext
    try:
        import pypdf  # noqa: F401
    except ImportError:
        return found
    return {**found, "pypdf": pypdf_text}


def agreement(theirs: list[str], ours: list[str]) -> tuple[float, float]:
    """The share of their words that we have: in the same order, and in any."""
    if not theirs:
        return 1.0, 1.0
    matcher = SequenceMatcher(None, theirs, ours, autojunk=False)
    in_order = sum(block.size for block in matcher.get_matching_blocks())
    return in_order / len(theirs), (Counter(theirs) & Counter(ours)).total() / len(theirs)


def stretch(document: Document, drawn: random.Random) -> Span:
    """Some words in a row of a paragraph that may be quoted."""
    quotable = [span for span in document.quotable() if len(span) >= 20]
    paragraph = drawn.choice(quotable or document.quotable())
    ends = [match.span() for match in re.finditer(r"\S+", document.text[paragraph.start : paragraph.end])]
    first = drawn.randrange(len(ends))
    last = min(len(ends) - 1, first + drawn.randrange(3, 60))
    return Span(paragraph.start + ends[first][0], paragraph.start + ends[last][1])


def inside(file: Any, document: Document, span: Span) -> str:
    """What PDFium finds in the boxes of a span."""
    assert document.corners is not None
    boxes = boxes_of(
        document.places, span, document.corners[span.start : span.end], document.text[span.start : span.end]
    )
    found = []
    for box in boxes:
        page = file[box.page - 1]
        width, height = page.get_size()
        found.append(
            page.get_textpage().get_text_bounded(
                left=box.left * width - _SLACK,
                right=box.right * width + _SLACK,
                top=height - box.top * height + _SLACK,
                bottom=height - box.bottom * height - _SLACK,
            )
        )
    return "\n".join(found)


def bare(text: str) -> str:
    """Letters and digits only; sorted where some read from the right: PDFium's order within a box is another."""
    found = [char for char in unicodedata.normalize("NFKC", text) if char.isalnum()]
    return "".join(sorted(found) if any(unicodedata.bidirectional(char) in {"R", "AL"} for char in found) else found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.pdf")
    parser.add_argument("--quotes", type=int, default=200)
    arguments = parser.parse_args()
    compared = others()
    print(f"{'file':44} {'words':>6} " + " ".join(f"{name + ' order/words':>22}" for name in compared) + "  boxes")
    for path in arguments.files:
        data = path.read_bytes()
        try:
            document = read_pdf(data, id=path.name)
        except SourceError as error:
            print(f"{path.name[:44]:44} {type(error).__name__}")
            continue
        ours = words(document.text)
        shares = [agreement(words(read(path)), ours) for read in compared.values()]
        drawn = random.Random(0)
        spans = [stretch(document, drawn) for _ in range(arguments.quotes)] if document.quotable() else []
        with pypdfium2.PdfDocument(data) as file:
            same = sum(
                bare(inside(file, document, span)) == bare(document.text[span.start : span.end]) for span in spans
            )
        table = " ".join(f"{order:14.3f} / {any_order:.3f}" for order, any_order in shares)
        print(f"{path.name[:44]:44} {len(ours):6} {table}  {same}/{len(spans)}", flush=True)


if __name__ == "__main__":
    main()
