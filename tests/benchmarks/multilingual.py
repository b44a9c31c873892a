"""The multilingual models beside the default ones, within a language and across two; prints a Markdown table.

    python tests/benchmarks/multilingual.py SETS_DIR SET[:DOCUMENTS] ... [--most N]

Each SET in SETS_DIR holds `passages.jsonl` and `questions.jsonl`; at most N of its questions are asked (default: 300).
After a colon: the set whose documents they are asked of instead. Its questions with the same ids have the answers, as
in XQuAD, whose sets are translations of each other. Needs the extra `multilingual`. The difference has its standard
error, over the questions. Milliseconds are the processor's, of one thread: of a question, and of a text that is built.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import qa
from index import Settings, build, load_encoder
from index.settings import DEFAULT_MODEL, MULTILINGUAL_MODEL
from qa.evaluation.evaluate import Outcome, outcome
from qa.evaluation.questions import Question, read_questions


@dataclass(frozen=True)
class Run:
    """What all questions came to with one encoder."""

    outcomes: list[Outcome]
    question_ms: float
    text_ms: float
    passages: int
    megabytes: float

    def row(self, name: str, encoder: str) -> str:
        figures = " | ".join(f"{np.mean(each):.3f}" for each in self.figures())
        return (
            f"| {name} | {encoder} | {len(self.outcomes)} | {figures} | {self.question_ms:.0f} | "
            f"{self.text_ms:.1f} | {self.passages} | {self.megabytes:.1f} |"
        )

    def figures(self) -> list[list[float]]:
        """Of each question: hit@1, answer in the first quote, F1 of the highlighted words, shown as answered."""
        rows = [(each.hit1, each.in_quote1, each.highlight_f1, float(each.answered)) for each in self.outcomes]
        return [list(figures) for figures in zip(*rows, strict=True)]


def questions(asked: Path, documents: Path, most: int) -> list[Question]:
    """Questions of one set, with the answers of the other one."""
    found = [each for each in read_questions(asked / "questions.jsonl") if each.answerable]
    random.Random(3).shuffle(found)
    gold = {each.id: each for each in read_questions(documents / "questions.jsonl")}
    return [
        replace(each, answers=gold[each.id].answers, gold_passage_ids=gold[each.id].gold_passage_ids)
        for each in found[:most]
    ]


def run(documents: Path, asked: Sequence[Question], language: str) -> Run:
    os.environ["CHAPTER_VERSE_LANGUAGE"] = language
    with tempfile.TemporaryDirectory() as scratch:
        start = time.process_time()
        report = build(scratch, [documents / "passages.jsonl"], settings=Settings.from_environment())
        built = time.process_time()
        book = qa.load(scratch)
        opened = time.process_time()
        outcomes = [outcome(book.now(), question) for question in asked]
        ended = time.process_time()
        size = sum(file.stat().st_size for file in Path(scratch).rglob("*") if file.is_file())
    milliseconds = 1000 * (ended - opened) / len(asked), 1000 * (built - start) / report.encoded
    return Run(outcomes, *milliseconds, report.passages, size / 1e6)


def difference(ours: Sequence[float], theirs: Sequence[float]) -> str:
    each = np.array(ours) - np.array(theirs)
    return f"{each.mean():+.3f} ± {each.std() / len(each) ** 0.5:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("sets", nargs="+", metavar="SET[:DOCUMENTS]")
    parser.add_argument("--most", type=int, default=300, metavar="N")
    arguments = parser.parse_args()
    for model in (DEFAULT_MODEL, MULTILINGUAL_MODEL):
        load_encoder(model)  # which exports it, if it isn't yet
    print("| questions | models | n | hit@1 | in quote@1 | F1 | answered | ms a question | ms a text | passages | MB |")
    print("|" + " --- |" * 11)
    for name in arguments.sets:
        asked, _, documents = name.partition(":")
        folder = arguments.folder / (documents or asked)
        chosen = questions(arguments.folder / asked, folder, arguments.most)
        default, multilingual = (run(folder, chosen, language) for language in ("english", "multilingual"))
        print(default.row(name, "default"))
        print(multilingual.row(name, "multilingual"))
        differences = map(difference, multilingual.figures(), default.figures())
        print(f"| {name} | difference | | {' | '.join(differences)} |", flush=True)


if __name__ == "__main__":
    main()
