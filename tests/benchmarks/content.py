"""docs' table of HTML: how much of what is quoted from a page is its content, and how much of its content that is.

    python tests/benchmarks/content.py PAGES_DIR GOLD_DIR

For each `NAME.txt` in GOLD_DIR, the content of `NAME.html` in PAGES_DIR marked by hand, prints
precision / recall / F1 of the words (of the characters, in scripts without spaces) as bags, as
the benchmarks of SQuAD and of article extraction do. Beside the reader stand the extractors that
are installed; they get the page as the reader decodes it.
"""

from __future__ import annotations

import argparse
import importlib
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from source.document import RegionKind
from source.formats.html.extractor import decode_html, read_html

# Han, kana, Thai, Lao and Burmese are written without spaces: a character is a token there.
_TOKEN = re.compile(r"[぀-ヿ㐀-鿿฀-໿က-႟]|[^\W぀-ヿ㐀-鿿฀-໿က-႟]+")
Extractor = Callable[[bytes], str]


class Score(NamedTuple):
    precision: float
    recall: float
    f1: float

    def __str__(self) -> str:
        return " / ".join(f"{value:.3f}" for value in self)


def tokens(text: str) -> Counter[str]:
    return Counter(_TOKEN.findall(text.casefold()))


def score(gold: str, answer: str) -> Score:
    """Precision, recall and F1 of the bag of tokens; all 1 if both are empty."""
    expected, given = tokens(gold), tokens(answer)
    common = (expected & given).total()
    precision = common / given.total() if given else float(not expected)
    recall = common / expected.total() if expected else float(not given)
    return Score(precision, recall, 2 * precision * recall / (precision + recall) if common else float(not expected))


def ours(data: bytes) -> str:
    """What is quoted, and the headings above it."""
    document = read_html(data, id="page.html")
    headings = [region.span for region in document.regions if region.kind is RegionKind.HEADING]
    return "\n".join(document.text[span.start : span.end] for span in sorted([*document.quotable(), *headings]))


def _decoded(data: bytes) -> str:
    return decode_html(data, "page.html")[0]


def trafilatura(data: bytes) -> str:
    return importlib.import_module("trafilatura").extract(_decoded(data), include_comments=False) or ""


def trafilatura_precision(data: bytes) -> str:
    extract = importlib.import_module("trafilatura").extract
    return extract(_decoded(data), include_comments=False, favor_precision=True) or ""


def resiliparse(data: bytes) -> str:
    extract = importlib.import_module("resiliparse.extract.html2text").extract_plain_text
    return str(extract(_decoded(data), main_content=True, alt_texts=False, comments=False, list_bullets=False))


def readability(data: bytes) -> str:
    page = importlib.import_module("readability").Document(_decoded(data))
    text = importlib.import_module("lxml.html").fromstring(page.summary(html_partial=True)).text_content()
    return f"{page.short_title()}\n{text}"


def justext(data: bytes) -> str:
    module = importlib.import_module("justext")
    words = frozenset().union(*(module.get_stoplist(language) for language in ("English", "German", "Spanish")))
    return "\n".join(part.text for part in module.justext(_decoded(data), words) if not part.is_boilerplate)


def installed() -> dict[str, Extractor]:
    """The reader, and the extractors that can be imported."""
    extractors: dict[str, Extractor] = {"source.formats.html": ours}
    for extractor in (trafilatura, trafilatura_precision, resiliparse, readability, justext):
        try:
            extractor(b"<p>One sentence, that one may extract.</p>")
        except ImportError:
            continue
        extractors[extractor.__name__] = extractor
    return extractors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("gold", type=Path)
    arguments = parser.parse_args()
    extractors = installed()
    scores: dict[str, list[Score]] = {name: [] for name in extractors}
    print("| page | " + " | ".join(extractors) + " |")
    print("| --- |" + " --- |" * len(extractors))
    for file in sorted(arguments.gold.glob("*.txt")):
        data = (arguments.pages / f"{file.stem}.html").read_bytes()
        gold = file.read_text("utf-8")
        for name, extractor in extractors.items():
            scores[name].append(score(gold, extractor(data)))
        print(f"| {file.stem} | " + " | ".join(str(each[-1]) for each in scores.values()) + " |")
    means = (Score(*(sum(column) / len(column) for column in zip(*each, strict=True))) for each in scores.values())
    print("| **mean** | " + " | ".join(str(mean) for mean in means) + " |")


if __name__ == "__main__":
    main()
