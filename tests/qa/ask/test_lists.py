"""Lists are found whole, in every format, and never reach beyond their end."""

from __future__ import annotations

from pathlib import Path

import pytest
from qa_fixtures import build_book

import qa
from qa.ask.lists import LONGEST_LIST, list_at
from source import Document, Span, scan

pytest_plugins = ["qa_fixtures"]

MARKDOWN = """# Pool

The pass includes:

- the indoor pool;
- the sauna, on weekdays;
  - the steam room
- towels.

Dogs stay outside.

- one
- two

## Lockers

- a coin
"""
HTML = """<h1>Pool</h1><p>The pass includes:</p><ul><li>the indoor pool;</li><li>the sauna, on weekdays;</li>
<li>towels.</li></ul><p>Dogs stay outside.</p>"""
TEXT = "Pool\n\nThe pass includes:\n(a) the indoor pool;\n(b) the sauna;\n(c) towels.\n\nDogs stay outside.\n"


def document(folder: Path, name: str, text: str) -> Document:
    (folder / name).write_text(text)
    (only,) = scan([folder / name]).documents()
    return only


def found(document: Document, words: str) -> tuple[str | None, list[str]]:
    """The lead-in and the items of the list at these words."""
    at = document.text.index(words)
    paragraph = next(each for each in document.places.paragraphs if each.start <= at < each.end)
    text_list = list_at(document, paragraph)
    if text_list is None:
        return None, []
    lead, text = text_list.lead, document.text
    return text[lead.start : lead.end] if lead else None, [text[item.start : item.end] for item in text_list.items]


@pytest.mark.parametrize("words", ["The pass", "the indoor", "the sauna", "the steam", "towels"])
def test_a_list_is_found_from_its_lead_in_and_from_each_item(tmp_path: Path, words: str) -> None:
    lead, items = found(document(tmp_path, "a.md", MARKDOWN), words)
    assert lead == "The pass includes:"
    assert items == ["- the indoor pool;", "- the sauna, on weekdays;", "- the steam room", "- towels."]


def test_a_list_without_a_lead_in_ends_at_other_text(tmp_path: Path) -> None:
    pool = document(tmp_path, "a.md", MARKDOWN)
    assert found(pool, "one") == (None, ["- one", "- two"])
    assert found(pool, "a coin") == (None, [])  # a single item, below another heading
    assert found(pool, "Dogs") == (None, [])


def test_items_whose_markers_were_dropped_follow_their_lead_in(tmp_path: Path) -> None:
    pool = document(tmp_path, "a.html", HTML)
    for words in ("The pass", "the sauna"):
        lead, items = found(pool, words)
        assert lead == "The pass includes:" and items[0] == "the indoor pool;" and items[-1] == "towels."
    assert found(pool, "Dogs") == (None, [])


def test_lettered_items_of_plain_text(tmp_path: Path) -> None:
    lead, items = found(document(tmp_path, "a.txt", TEXT), "(b)")
    assert lead == "The pass includes:" and [item[:3] for item in items] == ["(a)", "(b)", "(c)"]


TERMS = """Warranty

1. Period. The warranty lasts two years.
2. Exclusions. There is no cover for:
   a) broken glass,
   b) scratches,
   c) lost parts.
3. Claims. Claims are sent to the desk.
4. Law. The law of Norway applies.
"""
STEPS = "Setup\n\nDo it:\n1. First this:\n  a) unpack\n  b) plug in\n2. Then that\n- quickly\n- safely\n3. Rest\n"


@pytest.mark.parametrize("words", ["There is no", "broken glass", "lost parts"])
def test_a_list_inside_another_ends_with_its_own_kind_of_marker(tmp_path: Path, words: str) -> None:
    terms = document(tmp_path, "a.txt", TERMS)
    lead, items = found(terms, words)
    assert lead == "2. Exclusions. There is no cover for:"
    assert items == ["a) broken glass,", "b) scratches,", "c) lost parts."]


def test_a_list_goes_on_after_one_inside_it(tmp_path: Path) -> None:
    steps = document(tmp_path, "a.txt", STEPS)
    all = ["1. First this:", "a) unpack", "b) plug in", "2. Then that", "- quickly", "- safely", "3. Rest"]
    for words in ("Do it", "Then that", "safely", "Rest"):
        assert found(steps, words) == ("Do it:", all)
    assert found(steps, "plug in") == ("1. First this:", ["a) unpack", "b) plug in"])


def test_lines_of_one_paragraph_are_items(tmp_path: Path) -> None:
    items = "(a) water,\n(b) light in the yard\n  and the stairs,\n(c) gas."
    lease = document(tmp_path, "a.md", f"# Lease\n\nThe charge is paid monthly. It covers:\n\n{items}\n")
    for words in ("The charge", "(b) light"):
        lead, lines = found(lease, words)
        assert lead == "The charge is paid monthly. It covers:"
        assert [" ".join(line.split()) for line in lines] == [
            "(a) water,",
            "(b) light in the yard and the stairs,",
            "(c) gas.",
        ]
    short = document(tmp_path, "b.md", "Pay monthly. It covers:\n(1) water,\n(2) gas.\n\nThat is all.\n")
    assert found(short, "(2)") == ("Pay monthly. It covers:", ["(1) water,", "(2) gas."])
    assert list_at(short, Span(0, len("Pay monthly."))) is None


def test_numbered_paragraphs_of_running_text_are_no_list(tmp_path: Path) -> None:
    clauses = "\n\n".join(f"{n}. " + "The tenant keeps the flat clean and tidy. " * 9 for n in range(1, 4))
    assert found(document(tmp_path, "a.txt", f"Lease\n\n{clauses}\n"), "2. ") == (None, [])


def test_a_long_list_is_cut_after_an_item(tmp_path: Path) -> None:
    items = "\n".join(f"- item number {n} of the long list" for n in range(90))
    long = document(tmp_path, "a.md", f"It needs:\n\n{items}\n")
    text_list = list_at(long, Span(0, len("It needs:")))
    assert text_list and len(text_list.items) == 90
    fitting = text_list.fitting()
    assert 20 < len(fitting) < 90 and fitting[-1].end - text_list.start <= LONGEST_LIST
    answer = build_book(tmp_path, {"b.md": f"It needs:\n\n{items}\n"}).ask("What are the things that it needs?")
    (quote, *_) = answer.quotes or answer.nearest
    assert quote.more == 90 - len(fitting)
    data = qa.answer_json(answer)
    assert (data["quotes"] or data["nearest"])[0]["more"] == quote.more


def best(book: qa.Book, question: str) -> qa.Quote:
    answer = book.ask(question)
    return (answer.quotes or answer.nearest)[0]


def test_a_question_for_several_things_gets_the_whole_list(tmp_path: Path) -> None:
    book = build_book(tmp_path, {"pool.md": MARKDOWN})
    quote = best(book, "What are the things that the pass includes?")
    assert [quote.text_of(mark) for mark in quote.highlights] == [
        "the indoor pool;", "the sauna, on weekdays;", "the steam room", "towels.",
    ]  # fmt: skip
    assert quote.text.startswith("The pass includes:") and quote.more == 0


def test_a_question_for_one_thing_marks_it_alone(tmp_path: Path) -> None:
    quote = best(build_book(tmp_path, {"pool.md": MARKDOWN}), "When is the sauna open?")
    assert [quote.text_of(mark) for mark in quote.highlights] != [] and len(quote.highlights) == 1
    assert "the sauna, on weekdays" in quote.text
