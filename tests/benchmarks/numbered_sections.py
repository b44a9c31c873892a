"""How often a section is found that a question names by its number.

    python tests/benchmarks/numbered_sections.py FOLDER [--documents 12] [--sections 12]

FOLDER holds `passages.jsonl` with the paragraphs of contracts, as `{"doc", "text"}`. Those paragraphs that begin with a
number such as 4.2 are asked for, each within its contract: "What does section 4.2 say?". The first quote is right
if the paragraph begins with it. `found` counts the questions for which a sentence of a section with this number was
among those ranked, which gives the answer at least `qa.ask.extent.FOUND` as its confidence.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections import defaultdict
from pathlib import Path
from unittest.mock import patch

import index
import qa
from qa import edition
from qa.ask.extent import in_section

_NUMBERED = re.compile(r"(\d{1,2}\.\d{1,2})\.?\s+\S")
_ENOUGH = 20  # numbered paragraphs of a contract


def contracts(folder: Path, most: int) -> dict[str, list[str]]:
    """The paragraphs of contracts that number them."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in (folder / "passages.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        found[row["doc"]].append(" ".join(row["text"].split()))
    counts = {name: sum(1 for text in texts if _NUMBERED.match(text)) for name, texts in found.items()}
    return dict([(name, texts) for name, texts in found.items() if counts[name] >= _ENOUGH][:most])


def main() -> None:
    """Prints the shares."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--documents", type=int, default=12)
    parser.add_argument("--sections", type=int, default=12)
    arguments = parser.parse_args()
    found = contracts(arguments.folder, arguments.documents)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        for at, texts in enumerate(found.values()):
            (folder / "in" / f"{at}.txt").write_text("\n\n".join(texts), "utf-8")
        index.build(folder / "index", [folder / "in"])
        measure(qa.load(folder / "index"), list(found.values()), arguments.sections)


def measure(book: qa.Book, contracts: list[list[str]], most: int) -> None:
    """Asks for the sections."""
    asked = right = answered = 0
    counts: list[int] = []
    sure = sure_right = 0

    def counted(*arguments: object) -> object:
        result = in_section(*arguments)  # type: ignore[arg-type]
        counts.append(result[1])
        return result

    with patch.object(edition, "in_section", counted):
        for at, texts in enumerate(contracts):
            numbered = [(match[1], text) for text in texts if (match := _NUMBERED.match(text))]
            for number, text in numbered[:: max(1, len(numbered) // most)][:most]:
                answer = book.ask(f"What does section {number} say?", documents=[f"{at}.txt"])
                quote = (answer.quotes or answer.nearest)[0].text if answer.quotes or answer.nearest else ""
                good = bool(quote) and text.startswith(" ".join(quote.split())[:60])
                asked, right, answered = asked + 1, right + good, answered + answer.answered
                if counts[-1] == 1:
                    sure, sure_right = sure + 1, sure_right + good
    print(f"asked {asked}, right {right / asked:.3f}, answered {answered / asked:.3f}")
    print(f"found in one section {sure}, of these right {sure_right / max(1, sure):.3f}")
    print(f"found in several {sum(count > 1 for count in counts)}")


if __name__ == "__main__":
    main()
