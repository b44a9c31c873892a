"""A section that a question names by its number is quoted whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from docx_fixtures import NAMES, docx, p
from qa_fixtures import build_book

import qa
from qa.ask.extent import FOUND
from qa.ask.sections import LONGEST_SECTION, reference

pytest_plugins = ["qa_fixtures"]

LEASE = """Lease of a flat

4.1 The rent is 900 pounds a month. It is payable on the first day.

4.2 The landlord may raise the rent once a year. He gives notice in writing.
4.2.1 The notice names the new rent.

4.20 Pets need a permission.
"""
RULES = """# Exam rules

## § 7 Resits

(1) A failed exam can be taken again twice. The second time is final.

(2) The resit takes place in the next term. Students register within two weeks.

## § 8 Illness

A doctor's note is due within three days. Later ones do not count.
"""


@pytest.mark.parametrize(
    ("question", "number"),
    [
        ("What does clause 4.2 say?", "4.2"),
        ("what is in § 7 (2)?", "7 (2)"),
        ("Explain Section 3, please", "3"),
        ("Was steht in Artikel 12?", "12"),
        ("Что сказано в пункте 5?", "5"),
        ("Appendix B?", "B"),
        ("How many sections are there?", None),
        ("Who wrote part of it?", None),
        ("Which step-by-step guide is there?", None),
    ],
)
def test_the_number_that_a_question_names(question: str, number: str | None) -> None:
    assert reference(question) == number


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> qa.Book:
    return build_book(tmp_path_factory.mktemp("sections"), {"lease.txt": LEASE, "rules.md": RULES})


def best(book: qa.Book, question: str) -> str:
    answer = book.ask(question)
    return (answer.quotes or answer.nearest)[0].text


def test_a_clause_is_quoted_with_its_sub_clauses(book: qa.Book) -> None:
    text = best(book, "What does clause 4.2 of the lease say?")
    assert text.startswith("4.2 The landlord may raise") and text.endswith("names the new rent.")


def test_a_part_of_a_section_below_a_heading(book: qa.Book) -> None:
    text = best(book, "What do the exam rules say in § 7 (2)?")
    assert text == "(2) The resit takes place in the next term. Students register within two weeks."


def test_a_question_for_something_in_a_section_gets_its_sentence(book: qa.Book) -> None:
    assert best(book, "How much is the rent by clause 4.1?").startswith("4.1 The rent is 900 pounds a month.")


def test_a_section_that_two_documents_have_is_less_certain(book: qa.Book, tmp_path: Path) -> None:
    other = LEASE.replace("once a year", "twice a year")
    both = build_book(tmp_path, {"lease.txt": LEASE, "other.txt": other}).ask("What does clause 4.2 say?")
    assert book.ask("What does clause 4.2 say?").confidence >= FOUND > both.confidence
    assert {quote.document.id for quote in [*both.quotes, *both.nearest][:2]} == {"lease.txt", "other.txt"}


def test_a_long_section_is_cut_after_a_paragraph(tmp_path: Path) -> None:
    paragraphs = "\n\n".join(f"Rule {n} of the harbour says that ship {n} stays at its place." for n in range(99))
    text = best(
        build_book(tmp_path, {"a.md": f"# Harbour\n\n## 3 Ships\n\n{paragraphs}\n"}), "What does section 3 say?"
    )
    assert text.startswith("Rule ") and text.endswith("place.") and 300 < len(text) <= LONGEST_SECTION


def test_a_clause_of_a_word_file_is_found_by_its_automatic_number(tmp_path: Path) -> None:
    numbered = '<w:numPr><w:ilvl w:val="{}"/><w:numId w:val="1"/></w:numPr>'
    levels = "".join(
        f'<w:lvl w:ilvl="{at}"><w:numFmt w:val="decimal"/><w:lvlText w:val="{pattern}"/></w:lvl>'
        for at, pattern in enumerate(("%1", "%1.%2"))
    )
    lists = (
        f'<w:numbering {NAMES}><w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
    texts = [
        (0, "Fees"), (1, "The fee is 410 pounds a month."), (1, "A late payment costs five pounds a day."),
        (0, "Ending"), (1, "Either side may end this with ten weeks of warning."),
        (1, "Whatever breaks clause 1.2 is void."),
    ]  # fmt: skip
    body = "".join(p(text, "" if depth else "berschrift1", numbered.format(depth)) for depth, text in texts)
    content = docx(body, more={"word/numbering.xml": lists}, numbering="numbering.xml")
    book = build_book(tmp_path, {"lease.docx": content})
    for number, text, heading in (("2.1", texts[4][1], ("2 Ending", "2.1")), ("1.2", texts[2][1], ("1 Fees", "1.2"))):
        answer = book.ask(f"What does clause {number} say?")
        assert answer.answered
        assert (answer.quotes[0].text, answer.quotes[0].place.heading) == (text, heading)
    section = book.ask("What does section 2 say?").quotes[0]
    assert section.text == f"{texts[4][1]}\n{texts[5][1]}"
