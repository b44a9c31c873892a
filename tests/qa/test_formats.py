"""Questions to files of every kind of format, each answered at its exact place."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from mail_fixtures import mail, mailbox
from sheet_fixtures import rows, xlsx, zipped

import qa
from qa.answer import place_json

FILES = Path(__file__).parents[1] / "source" / "formats" / "files"
CAPTIONS = """1
00:00:01,000 --> 00:00:04,000
Welcome to the lighthouse of Lindesnes.

2
00:12:34,500 --> 00:12:39,000
The lamp was lit for the first time in 1656.
"""
NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "source": ["# Tides\n", "\n", "The tide is highest in October."]},
        {"cell_type": "code", "source": "mean(heights)", "outputs": [{"text": "The mean height is 181 centimetres."}]},
    ]
}
TEX = "\\begin{document}\n\n\\section{Ropes}\nA hemp rope carries 700 kilograms.\n\\end{document}\n"
ORG = "* Knots\n\nThe bowline is the king of knots.\n"
ADOC = "= Sails\n\n== Care\n\nA wet sail must dry for two days.\n"
STOCK = rows(["Article", "Stock", "Shelf"], ["Brass shackles", 412, "K7"], ["Steel thimbles", 96, "B2"])
ASKED = [
    ("Who had 2,310 visitors in March in the North region?", "museum-libreoffice.ods", "2,310", "cells B5:E5"),
    ("How many brass shackles are in stock?", "stock.xlsx", "412", "cells A2:C2"),
    ("What will the roof cost?", "roof.eml", "4,310 euros", "paragraph 7"),
    ("What colour does the paint come in?", "roof.eml/paint notes.txt", "green only", "paragraph 1, line 1"),
    ("When does the ferry to Stavanger leave?", "box.mbox/2", "06:45", "paragraph 4"),
    ("When was the lamp lit for the first time?", "tour.srt", "1656", "time 0:12:34"),
    ("What is the mean height of the tide?", "tides.ipynb", "181 centimetres", "cell 2"),
    ("How much does a hemp rope carry?", "ropes.tex", "700 kilograms", "paragraph 1, line 4"),
    ("Which knot is the king of knots?", "knots.org", "bowline", "paragraph 1, line 3"),
    ("How long must a wet sail dry?", "sails.adoc", "two days", "paragraph 1, line 5"),
    ("What did the quay cost?", "harbours-odfpy.odp", "4,310 euros", "slide 2"),
    ("What do ships pay a day?", "rules-libreoffice.dotx", "40 euros", "paragraph 1"),
    ("What does the fire drill begin with?", "papers.zip/safety/drill.md", "three short bells", "paragraph 1, line 3"),
]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> qa.Book:
    folder = tmp_path_factory.mktemp("formats")
    for name in ("museum-libreoffice.ods", "roof.eml", "harbours-odfpy.odp", "rules-libreoffice.dotx"):
        shutil.copy(FILES / name, folder)
    (folder / "stock.xlsx").write_bytes(xlsx(STOCK))
    mails = mail("Fog", "The pilots stay at home in fog."), mail("Ferry", "The ferry to Stavanger leaves at 06:45.")
    (folder / "box.mbox").write_bytes(mailbox(*mails))
    (folder / "papers.zip").write_bytes(
        zipped({"safety/drill.md": "# Drill\n\nThe fire drill begins with three short bells.\n"})
    )
    texts = {
        "tour.srt": CAPTIONS,
        "tides.ipynb": json.dumps(NOTEBOOK),
        "ropes.tex": TEX,
        "knots.org": ORG,
        "sails.adoc": ADOC,
    }
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    root = tmp_path_factory.mktemp("index") / "index"
    report = qa.rebuild(root, [folder])
    assert "15 documents" in report, report
    return qa.load(root)


@pytest.mark.parametrize(("question", "id", "words", "place"), ASKED, ids=[id for _, id, _, _ in ASKED])
def test_the_answer_is_quoted_at_its_place(book: qa.Book, question: str, id: str, words: str, place: str) -> None:
    answer = book.ask(question)
    quotes = [*answer.quotes, *answer.nearest]
    assert quotes and quotes[0].document.id == id
    assert words in quotes[0].text
    document = book.document(id)
    assert document.text[quotes[0].span.start : quotes[0].span.end] == quotes[0].text
    assert document.place(document.text.index(words)).numbers == place


def test_the_label_of_a_place_is_in_its_json(book: qa.Book) -> None:
    answer = book.ask("How many brass shackles are in stock?")
    quote = [*answer.quotes, *answer.nearest][0]
    assert place_json(quote.place) == {
        "page": None, "heading": ["Sheet1", "Article | Stock | Shelf"], "paragraph": None, "line": None,
        "label": "cells A2:C2",
    }  # fmt: skip


def test_what_is_attached_names_its_mail(book: qa.Book) -> None:
    (quote, *_) = book.ask("What colour does the paint come in?").quotes
    assert quote.place.heading == ("in mail “Angebot für das Dach”, Anna Berg, 2031-05-14",)
