"""How faithfully PDFs are read: their words beside other extractors', and whether a quote's boxes hold its words.

    python tests/benchmarks/pdf_fidelity.py FILE.pdf-or-FOLDER... [--quotes N] [--pages]

`order`: the share of the other's words that our text has in the same order (longest
common subsequence); `words`: the same in any order. The others are Poppler's pdftotext,
pypdf and pdfminer.six, as far as they are installed. A divided word counts as one word.
`boxes`: of N random stretches of paragraphs, how many are exactly what PDFium finds
inside their boxes, white space and hyphens aside.

`--pages`: instead, the pages of which less than .98 is the same as in any other's text. Of
the one that comes nearest: `missing`, its words that we don't have; `extra`, ours that it
doesn't have; `order`, as above; and the doubts that a build has about the page. Then how
many of these pages are doubted, and how many of the pages that agree.
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
from contextlib import suppress
from difflib import SequenceMatcher
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pypdfium2

from source import Document, Span, boxes_of
from source.errors import SourceError
from source.formats.pdf import read_pdf
from source.formats.pdf.forms import draw_annotations, show_fields
from source.formats.pdf.lines import read_page
from source.formats.registry import format_of

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


def pdfminer_text(path: Path) -> list[str]:
    from pdfminer.high_level import extract_pages
    from pdfminer.layout import LTTextContainer

    return [
        "".join(each.get_text() for each in page if isinstance(each, LTTextContainer)) for page in extract_pages(path)
    ]


def others() -> dict[str, Callable[[Path], list[str]]]:
    """The extractors that are installed: each gives the texts of a file's pages."""
    installed = {
        "pdftotext": (shutil.which("pdftotext"), pdftotext),
        "pypdf": (find_spec("pypdf"), pypdf_text),
        "pdfminer": (find_spec("pdfminer"), pdfminer_text),
    }
    return {name: read for name, (there, read) in installed.items() if there}


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


class Difference(NamedTuple):
    """How a page's words differ from what another extractor reads."""

    missing: int
    extra: int
    order: float
    words: int
    name: str

    @property
    def same(self) -> bool:
        """Whether they hardly do."""
        return self.order >= _SAME and self.missing + self.extra <= (1 - _SAME) * max(1, self.words)

    def __str__(self) -> str:
        return f"{self.name:10} {self.missing:7} {self.extra:5} {self.order:6.3f}"


def difference(name: str, theirs: list[str], ours: list[str]) -> Difference:
    missing, extra = Counter(theirs) - Counter(ours), Counter(ours) - Counter(theirs)
    return Difference(missing.total(), extra.total(), agreement(theirs, ours)[0], len(theirs), name)


def nearest_of_pages(path: Path, compared: dict[str, Callable[[Path], list[str]]]) -> list[Difference]:
    """For each page, how it differs from the extractor that comes nearest."""
    read = {}
    for name, pages_of in compared.items():
        with suppress(Exception):  # on a broken file, the others may raise anything
            read[name] = pages_of(path)
    found = []
    for number, text in enumerate(our_pages(path)):
        ours = words(text)
        all_of = [difference(name, words(pages[number]), ours) for name, pages in read.items() if number < len(pages)]
        found.append(min(all_of, key=lambda each: (each.missing + each.extra, -each.order)))
    return found


def print_pages(paths: Sequence[Path], compared: dict[str, Callable[[Path], list[str]]]) -> None:
    """Prints the pages that differ from every other extractor's."""
    counts: Counter[tuple[bool, bool]] = Counter()
    pdf = format_of(".pdf")
    assert pdf
    print(f"{'file':44} {'page':>4} {'nearest':10} {'missing':>7} {'extra':>5} {'order':>6}  doubts")
    for path in paths:
        try:
            document = pdf.read(path.read_bytes(), id=path.name, title="", path=path.name, sha256="")
        except SourceError as error:
            print(f"{path.name[:44]:44} {type(error).__name__}")
            continue
        for number, nearest in enumerate(nearest_of_pages(path, compared), start=1):
            doubts = ", ".join(sorted({doubt.kind for doubt in document.doubts if doubt.page in (None, number)}))
            counts[nearest.same, bool(doubts)] += 1
            if not nearest.same:
                print(f"{path.name[:44]:44} {number:4} {nearest}  {doubts}", flush=True)
    differ, agree = ([counts[same, doubted] for doubted in (True, False)] for same in (False, True))
    print(f"{sum(differ)} pages differ, {differ[0]} of them are doubted; {sum(agree)} agree, {agree[0]} are doubted.")


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
