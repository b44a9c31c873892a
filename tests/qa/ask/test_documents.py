"""Questions about the documents themselves are answered from facts and quotes."""

from __future__ import annotations

import pytest
from qa_fixtures import COMPANY

import qa
from qa.answer import Fact, answer_json

pytest_plugins = ["qa_fixtures"]


def quoted(answer: qa.Answer) -> list[str]:
    return [quote.text for quote in answer.quotes]


def facts(answer: qa.Answer) -> list[tuple[str, str, str]]:
    return [(each.document.id if each.document else "", each.name, each.value) for each in answer.facts]


def test_what_stands_in_the_text_is_quoted_with_its_place(qa_company: qa.Book) -> None:
    answer = qa_company.ask("Who wrote the 2021 report?")
    assert answer.answered and quoted(answer) == ["By Anna Berg and Bo Ek"] and not answer.facts
    (quote,) = answer.quotes
    assert [quote.text_of(each) for each in quote.highlights] == ["Anna Berg", "Bo Ek"]
    assert qa_company.document(quote.document.id).text[quote.span.start : quote.span.end] == quote.text
    assert quoted(qa_company.ask("Which version is the 2023 report?")) == ["Version 2.1 – 5 March 2024"]


def test_what_does_not_is_a_fact(qa_company: qa.Book) -> None:
    answer = qa_company.ask("When is the 2024 policy from?")
    assert answer.answered and not answer.quotes and facts(answer) == [("travel-policy-2024.txt", "date", "2024")]
    assert answer_json(answer)["facts"][0]["value"] == "2024"
    assert "facts" not in answer_json(qa_company.ask("How many ferries were sold?"))


def test_the_collection_is_listed_and_counted(qa_company: qa.Book) -> None:
    listed = facts(qa_company.ask("What documents do you have?"))
    assert listed[0] == ("", "documents", "5") and [id for id, *_ in listed[1:]] == sorted(COMPANY)
    assert facts(qa_company.ask("How many policies do you have?")) == [("", "documents", "2")]


def test_the_newest_is_the_one_with_the_latest_date(qa_company: qa.Book) -> None:
    assert facts(qa_company.ask("Which is the newest policy?"))[0] == (
        "travel-policy-2024.txt",
        "title",
        "Travel Policy 2024",
    )
    assert facts(qa_company.ask("Which is the oldest policy?"))[0] == (
        "travel-policy-2020.txt",
        "title",
        "Travel Policy 2020",
    )


def test_a_summary_is_sentences_of_the_document_in_its_order(qa_company: qa.Book) -> None:
    answer = qa_company.ask("Summarise the 2023 report.")
    assert facts(answer) == [("annual-report-2023.md", "title", "Annual report 2023")]
    starts = [quote.span.start for quote in answer.quotes]
    assert len(starts) == 2 and starts == sorted(starts)
    several = qa_company.ask("What is this about?")
    assert facts(several)[0] == ("", "documents", "5") and len({quote.document.id for quote in several.quotes}) == 3
    selected = qa_company.ask("What is this about?", documents=["lease.txt"])
    assert {quote.document.id for quote in selected.quotes} == {"lease.txt"}


def test_length_is_in_words_without_pages(qa_company: qa.Book) -> None:
    assert facts(qa_company.ask("How long is this document?", documents=["lease.txt"])) == [
        ("lease.txt", "words", "18")
    ]


def test_a_question_without_a_document_is_an_ordinary_one(qa_company: qa.Book) -> None:
    assert not qa_company.ask("Who wrote the handbook?").facts  # there is none
    assert not qa_company.ask("Who wrote the lease?").facts  # it doesn't say
    assert not qa_company.ask("When was it published?", ["Which ferry was sold first?"]).facts


def test_a_saved_answer_keeps_the_facts_that_still_hold(qa_company: qa.Book) -> None:
    from qa.verification.restore import restore_answer

    record = answer_json(qa_company.ask("What documents do you have?"))
    restored, gone = restore_answer(qa_company.now(), record)
    assert answer_json(restored) == record and gone == ()
    forged = {"name": "author", "value": "Nobody", "document": record["facts"][1]["document"]}
    unknown = {"name": "documents", "value": "6"}
    kept, _ = restore_answer(qa_company.now(), {**record, "facts": [forged, unknown, *record["facts"][:1]]})
    assert kept.facts == (Fact(None, "documents", "5"),)


def test_the_command_line_shows_a_fact_in_one_line(qa_company: qa.Book, capsys: pytest.CaptureFixture[str]) -> None:
    from qa.__main__ import main

    index = str(vars(qa_company.store)["root"])
    assert main(["ask", "When is the 2024 policy from?", "--index", index]) == 0
    assert capsys.readouterr().out == "Travel Policy 2024 (travel-policy-2024.txt): date 2024\n"
    assert main(["ask", "Who wrote the 2023 report?", "--index", index]) == 0
    assert "Annual report 2023 [2024-03-05], " in capsys.readouterr().out


def test_the_page_shows_facts_and_dates_in_its_language(qa_company: qa.Book) -> None:
    from qa.web.page.chat.cards import draw
    from qa.web.page.chat.markdown import turn
    from qa.web.page.texts.english import ENGLISH
    from qa.web.page.texts.russian import RUSSIAN

    answer = qa_company.ask("How many documents are there?")
    assert "<li>5 documents</li>" in draw(answer, qa_company.now(), ENGLISH)
    assert "<li>5 документов</li>" in draw(answer, qa_company.now(), RUSSIAN)
    assert "- 5 documents" in turn(answer, (), ENGLISH)
    quoted = draw(qa_company.ask("Who wrote the 2023 report?"), qa_company.now(), ENGLISH)
    assert "Annual report 2023</cite><span" in quoted and "05 Mar 2024" in quoted
