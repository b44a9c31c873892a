"""How faithfully PDFs are read: their words beside other extractors', and whether a quote's boxes hold its words.

    python tests/benchmarks/pdf_fidelity.py FILE.pdf-or-FOLDER... [--quotes N] [--pages]

`order`: the share of the other's words that our text has in the same order (longest
common subsequence); `words`: the same in any order. The others are Poppler's pdftotext
(if it is installed) and pypdf (if it is). A divided word counts as one word.
`boxes`: of N random stretches of paragraphs, how many are exactly what PDFium finds
inside their boxes, white space and hyphens aside. `--pages`: instead, page by page,
the words that are lost, doubled and in another order than the other's, and the doubts
about the page, for pages of which less than .98 is the same; then how many of these
pages are doubted.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import subprocess
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pypdfium2

from source import Document, Span, boxes_of
from source.errors import SourceError
from source.formats.pdf import read_pdf
from source.formats.pdf.forms import draw_annotations, show_fields
from source.formats.pdf.lines import read_page

_MOST_WORDS = 8000  # of a file: the comparison takes the square of it
_SLACK = 0.3  # points
_SAME = 0.98  # of a page's words


def words(text: str) -> list[str]:
    """Words, whole where a line's end divides them."""
    whole = re.sub(r"[-\u00ad\u2010]\s*\n\s*", "", unicodedata.normalize("NFKC", text))
    return re.findall(r"\w+", whole)[:_MOST_WORDS]


def pdftotext(path: Path) -> list[str]:
    text = subprocess.run(
        ["pdftotext", "-enc", "UTF-8", str(path), "-"], capture_output=True, check=True
    ).stdout.decode()
    return text.split("\f")[:-1]


def pypdf_text(path: Path) -> list[str]:
    from pypdf import PdfReader

    return [page.extract_text() for page in PdfReader(path).pages]


def others() -> dict[str, Callable[[Path], list[str]]]:
    """The extractors that are installed: each gives the texts of a file's pages."""
    found: dict[str, Callable[[Path], list[str]]] = {}
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


def our_pages(path: Path) -> list[str]:
    """The texts of the pages, before headers are moved out of the way of sentences."""
    with pypdfium2.PdfDocument(path) as file:
        show_fields(file)
        pages = (read_page(*draw_annotations(file, number)) for number in range(len(file)))
        return ["\n".join(line.text for line in page.lines) for page in pages]


def print_pages(paths: Sequence[Path], compared: dict[str, Callable[[Path], list[str]]]) -> None:
    """Prints the pages that differ from another extractor's."""
    differing = doubted = total = 0
    print(f"{'file':44} {'page':>4} {'other':10} {'lost':>5} {'doubled':>7} {'in order':>8}  doubts")
    for path in paths:
        try:
            document = read_pdf(path.read_bytes(), id=path.name)
        except SourceError as error:
            print(f"{path.name[:44]:44} {type(error).__name__}")
            continue
        ours = our_pages(path)
        total += len(ours)
        theirs = {name: read(path) for name, read in compared.items()}
        for number, text in enumerate(ours, start=1):
            own = words(text)
            kinds = sorted({doubt.kind.value for doubt in document.doubts if doubt.page in (None, number)})
            rows = []
            for name, pages in theirs.items():
                other = words(pages[number - 1])
                lost, doubled = Counter(other) - Counter(own), Counter(own) - Counter(other)
                order = agreement(other, own)[0]
                if order < _SAME or lost.total() + doubled.total() > (1 - _SAME) * len(other):
                    rows.append(f"{name:10} {lost.total():5} {doubled.total():7} {order:8.3f}")
            for row in rows:
                print(f"{path.name[:44]:44} {number:4} {row}  {', '.join(kinds)}", flush=True)
            differing += bool(rows)
            doubted += bool(rows and kinds)
    print(f"{differing} of {total} pages differ; {doubted} of them are doubted.")


def files_of(paths: Sequence[Path]) -> list[Path]:
    return [file for path in paths for file in (sorted(path.rglob("*.pdf")) if path.is_dir() else [path])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.pdf-or-FOLDER")
    parser.add_argument("--pages", action="store_true")
    parser.add_argument("--quotes", type=int, default=200)
    arguments = parser.parse_args()
    compared = others()
    if arguments.pages:
        print_pages(files_of(arguments.files), compared)
        return
    print(f"{'file':44} {'words':>6} " + " ".join(f"{name + ' order/words':>22}" for name in compared) + "  boxes")
    for path in files_of(arguments.files):
        data = path.read_bytes()
        try:
            document = read_pdf(data, id=path.name)
        except SourceError as error:
            print(f"{path.name[:44]:44} {type(error).__name__}")
            continue
        ours = words(document.text)
        shares = [agreement(words("\n".join(read(path))), ours) for read in compared.values()]
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
