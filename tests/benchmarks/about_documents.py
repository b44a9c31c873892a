"""How many ordinary questions are taken for questions about the documents themselves.

    python tests/benchmarks/about_documents.py QUESTIONS.jsonl… [--show]

Every question of the files, each line `{"question": …}`, asks about a content. Prints how many of them
`qa.ask.understand.about` recognises all the same, by their form alone: if no document of that name is in the index,
the question is an ordinary one after all.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from qa.ask.understand.about import about


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--show", action="store_true", help="print the questions that are recognised")
    arguments = parser.parse_args()
    total = wrong = 0
    for path in arguments.files:
        questions = [json.loads(line)["question"] for line in path.read_text("utf-8").splitlines()]
        found = [(question, asked) for question in questions if (asked := about(question))]
        total, wrong = total + len(questions), wrong + len(found)
        print(f"{path.parent.name:28} {len(questions):7,} questions, {len(found):3} taken for one about documents")
        if arguments.show:
            print("\n".join(f"    {asked.what.value}: {question}" for question, asked in found))
    print(f"{'all':28} {total:7,} questions, {wrong:3}: {wrong / max(total, 1):.3%}")


if __name__ == "__main__":
    main()
