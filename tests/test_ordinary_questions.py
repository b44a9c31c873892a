"""The ordinary questions: every answer stands in its documents, so that the figures over them mean something."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

QUESTIONS = Path(__file__).parent / "questions"
_TAG = re.compile(r"<[^>]*>")


def squashed(text: str) -> str:
    return " ".join(text.split())


def text_of(file: Path) -> str:
    text = file.read_text("utf-8")
    return squashed(unescape(_TAG.sub(" ", text)) if file.suffix == ".html" else text)


def rows(folder: Path) -> list[dict[str, Any]]:
    files = sorted((folder / "kinds").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("name", ["a", "b"])
def test_every_answer_stands_in_a_gold_document(name: str) -> None:
    texts = {file: text_of(file) for file in (QUESTIONS / name / "collections").rglob("*") if file.is_file()}
    asked = rows(QUESTIONS / name)
    assert len({row["id"] for row in asked}) == len(asked) > 100
    for row in asked:
        home = QUESTIONS / name / "collections" / row["collection"]
        gold = [texts[home / file] for file in row["gold_passage_ids"]]
        assert bool(gold) == bool(row["answers"]) == row["answerable"], row["id"]
        for words in (*row["answers"], *row.get("all_of", []), *filter(None, [row.get("near")])):
            assert any(squashed(words) in text for text in gold), (row["id"], words)
