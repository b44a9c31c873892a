"""How long questions about the documents themselves take, in a large collection.

    python tests/benchmarks/collection_questions.py [DOCUMENTS]

Builds an index of invented documents (default: 10,000) and prints the milliseconds of the first question after it
is opened, which reads the documents' names, and the median of further ones.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import qa

_KINDS = ("Report", "Policy", "Manual", "Contract", "Minutes")
_QUESTIONS = (
    "How many documents are there?",
    "What documents do you have?",
    "What is this about?",
    "Which is the newest policy?",
    "Who wrote the report on department 17?",
    "Summarise the manual of department 42.",
    "According to the policy of department 21, what does a ferry cost?",
    "What does a ferry cost in spring?",
)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        collection = Path(folder) / "documents.jsonl"
        with collection.open("w", encoding="utf-8") as file:
            for number in range(count):
                title = f"{_KINDS[number % 5]} of department {number // 5} {1990 + number % 35}"
                text = f"{title}\n\nBy Anna Berg\n\nThe ferry of department {number} costs {number} euros in spring."
                file.write(json.dumps({"id": f"d{number}", "title": title, "text": text}) + "\n")
        qa.rebuild(Path(folder) / "index", [collection])
        qa.load(Path(folder) / "index").ask("What does a ferry cost?")  # opens the models
        print(f"{count:,} documents; milliseconds of the first question, and of each further one")
        for question in _QUESTIONS:
            book = qa.load(Path(folder) / "index")
            times = [_milliseconds(book, question) for _ in range(10)]
            print(f"{times[0]:7.0f} {statistics.median(times[1:]):7.1f}  {question}")


def _milliseconds(book: qa.Book, question: str) -> float:
    started = perf_counter()
    book.ask(question)
    return 1000 * (perf_counter() - started)


if __name__ == "__main__":
    main()
