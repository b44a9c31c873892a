"""One document in two formats: do they answer alike, and does each name the right place?

    python tests/benchmarks/two_forms.py MANUAL.pdf MANUAL.txt QUESTIONS.jsonl

A quote's place is right if the words of the quote stand on the page (by PDFium alone), or
begin on the line of the file, that it names.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path

import pypdfium2

import qa
from index import build


def bare(text: str) -> str:
    """Letters and digits, so that lines and hyphens do not matter."""
    return re.sub(r"[\W_]+", "", text).casefold()


def place_is_right(path: Path, quote: qa.Quote) -> bool:
    """Whether the quote stands where it says, in the file itself."""
    if path.suffix == ".pdf":
        with pypdfium2.PdfDocument(path) as file:
            pages = [file[i].get_textpage().get_text_range() for i in range((quote.place.page or 1) - 1, len(file))][:2]
        return bare(quote.text) in bare("".join(pages)) and bare(quote.text)[:12] in bare(pages[0])
    line = path.read_text("utf-8").split("\n")[(quote.place.line or 1) - 1]
    return bare(quote.text)[:12].startswith(bare(line)[:12]) or bare(quote.text.split("\n")[0]) in bare(line)


def main(paths: list[Path], questions: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        books = []
        for i, path in enumerate(paths):
            build(Path(scratch, str(i)), [path])
            books.append(qa.load(Path(scratch, str(i))))
        counts = {"right": 0, "same": 0, "placed": 0}
        lines = questions.read_text("utf-8").splitlines()
        for record in map(json.loads, lines):
            quotes = [(answer.quotes or answer.nearest)[0] for answer in (b.ask(record["question"]) for b in books)]
            right = [any(each in " ".join(q.text.split()) for each in record["answers"]) for q in quotes]
            same = bare(quotes[0].text) in bare(quotes[1].text) or bare(quotes[1].text) in bare(quotes[0].text)
            placed = [place_is_right(path, quote) for path, quote in zip(paths, quotes, strict=True)]
            counts = {
                "right": counts["right"] + all(right),
                "same": counts["same"] + same,
                "placed": counts["placed"] + all(placed),
            }
            places = "; ".join(quote.place.numbers for quote in quotes)
            print(f"{'same' if same else 'DIFFER':6} right {right} placed {placed} {record['question']} ({places})")
        print(f"of {len(lines)}: {counts}")


if __name__ == "__main__":
    main([Path(sys.argv[1]), Path(sys.argv[2])], Path(sys.argv[3]))
