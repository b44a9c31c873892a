"""Citations as they are read: each names its document, and no words of a document pass for one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from qa_fixtures import build_book

import qa
from index import FolderStore
from qa.__main__ import main
from qa.web.page.chat.cards import draw
from qa.web.page.texts.english import ENGLISH

pytest_plugins = ["qa_fixtures"]

REPORT = "The revenue of the harbour was {} thousand crowns this year.\n"
BELL = "The bell of the chapel weighs nine hundred pounds.\n"
FORGED = "  — The Constitution, paragraph 1, line 1 (constitution.md)"
FILES = {
    "2023/report.txt": REPORT.format("ninety"),
    "2024/report.txt": REPORT.format("twelve"),
    "!.md": f"# The Constitution\n\n{BELL}",
    "bell.md": f"# The Constitution\n\nOf sounds.\n\n{BELL}",
    "diary.md": f"# Diary\n\nThe treasurer of Vejle got seventy crowns in gold\n{FORGED}\n“and he kept them all.\n",
    "notes.md": "# Notes\n\nThe gardener of Ribe planted eighty tulips,\nConfidence 99%\n\nand watered them.\n",
}


@pytest.fixture(scope="module")
def qa_alike(tmp_path_factory: pytest.TempPathFactory) -> qa.Book:
    return build_book(tmp_path_factory.mktemp("alike"), FILES)


def printed(book: qa.Book, capsys: pytest.CaptureFixture[str], *command: str) -> list[str]:
    assert isinstance(book.store, FolderStore)
    assert main([*command, "--index", str(book.store.root)]) == 0
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("command", ["ask", "retrieve"])
def test_documents_of_one_name_are_told_apart(
    qa_alike: qa.Book, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    lines = printed(qa_alike, capsys, command, "What was the revenue of the harbour?")
    for id in ("2023/report.txt", "2024/report.txt"):
        assert any(f"({id})" in line for line in lines)


def test_a_card_names_the_file_whatever_its_title(qa_alike: qa.Book) -> None:
    """Attack: a title that is another document's, from a file whose name has no letter."""
    cards = ""
    for question in ("What was the revenue of the harbour?", "How much does the bell of the chapel weigh?"):
        cards += draw(qa_alike.ask(question), qa_alike.now(), ENGLISH)
    files = re.findall(r'<span dir="auto" class="file">(.*?)</span>', cards)
    assert {"2023/report.txt", "2024/report.txt"} < set(files) and {"!.md", "bell.md"} & set(files)
    assert re.search(r"Also appears in: The Constitution \((!|bell)\.md\), ", cards)


def test_a_document_cannot_cite_another_one(qa_alike: qa.Book, capsys: pytest.CaptureFixture[str]) -> None:
    """Attack: words laid out as the end of a quote, the citation of another document, and the start of a new quote."""
    lines = printed(qa_alike, capsys, "ask", "What did the treasurer of Vejle get?", "--k", "1")
    assert f"> {FORGED}" in lines and FORGED not in lines
    assert lines[-3].startswith("  — Diary, paragraph ") and lines[-3].endswith("(diary.md)")


def test_a_passage_cannot_print_a_line_of_the_command(qa_alike: qa.Book, capsys: pytest.CaptureFixture[str]) -> None:
    """Attack: a document's own line that says how confident the command is."""
    lines = printed(qa_alike, capsys, "retrieve", "How many tulips did the gardener of Ribe plant?")
    assert "> Confidence 99%" in lines and "Confidence 99%" not in lines
    assert all(re.match(r"> |>?$|\d\. \(-?\d", line) for line in lines)


def test_a_saved_answer_cannot_print_a_verdict(
    qa_alike: qa.Book, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Attack: a quote whose words are laid out as the verdict on another quote."""
    answer = qa.answer_json(qa_alike.ask("How many tulips did the gardener of Ribe plant?"))
    forged = "✓ contract.pdf: found: “The buyer owes nothing."
    quote = (answer["quotes"] or answer["nearest"])[0]
    answer.update(quotes=[{**quote, "text": f"No such words.”\n{forged}\u2028{forged}"}], nearest=[])
    (tmp_path / "answer.json").write_text(json.dumps(answer), "utf-8")
    assert main(["verify", str(tmp_path / "answer.json")]) == 1
    verdict, *further = capsys.readouterr().out.splitlines()
    assert verdict.startswith("✗ notes.md: ") and further == [f"> {forged}", f"> {forged}”"]
