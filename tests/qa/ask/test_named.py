"""Documents named in a question limit the search or are preferred."""

from __future__ import annotations

from pathlib import Path

import pytest
from qa_fixtures import build_book

import qa
from index.folder.checksums import CheckedFile
from index.text.analyzer import fold, query_words
from qa.ask.named import Names, named_documents
from qa.ask.versions import family

pytest_plugins = ["qa_fixtures"]


@pytest.mark.parametrize(
    ("question", "only", "ids"),
    [
        ("According to the 2021 report, how many ferries were sold?", True, ["annual-report-2021.md"]),
        ("How many ferries were sold in the report from 2023?", True, ["annual-report-2023.md"]),
        ("Per the lease, who paints the door?", True, ["lease.txt"]),
        ("Who paints the door as per lease.txt?", True, ["lease.txt"]),
        ("According to the travel policy 2020 what may I spend?", True, ["travel-policy-2020.txt"]),
        ("Laut Lease of the boathouse: what is the rent?", True, ["lease.txt"]),
        ("What does the lease say about hotels?", False, ["lease.txt"]),
        ("According to Anna, how many ferries were sold?", False, []),
        ("What happened in 2021?", False, []),
        ("What does article 2021 of the law say?", False, []),
        ("How many ferries were sold in the morning?", False, []),
    ],
)
def test_a_document_is_recognised_by_its_title_date_or_file(
    qa_company: qa.Book, question: str, only: bool, ids: list[str]
) -> None:
    store = qa_company.store
    named = named_documents(Names(store), question)
    assert ([store.document(row).id for row in named.rows], named.only) == (ids, only)


WORDS = ["policy", "policies", "lease", "leasing", "Häuser", "Ärzte", "reports", "отчёты", "年度报告", "is"]
NAMES = [*WORDS, "report-2021"]
OTHER_FORMS = ["policing", "haus", "2021", "отчёт", "报告", "released", "reporting", "i"]
LANGUAGES = ("de", "en", "es", "fr")


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> qa.Book:
    files = {f"{name}.txt": "The ferry sails at noon." for name in NAMES}
    return build_book(tmp_path_factory.mktemp("named"), files)


@pytest.mark.parametrize("word", [*WORDS, *OTHER_FORMS])
def test_a_word_is_found_in_every_form(named: qa.Book, word: str) -> None:
    """The words of names are stemmed as they are asked for; the result is as if all had been."""
    wanted = set()
    for row in range(len(NAMES)):
        own = fold(named.store.document(row).id.removesuffix(".txt")).split("-")
        stems = {stem for part in own for stem in query_words(part, LANGUAGES)}
        if not stems.union(own).isdisjoint({fold(word), *query_words(word, LANGUAGES)}):
            wanted.add(row)
    assert Names(named.store).of_word(word) == wanted


def test_the_named_document_answers(qa_company: qa.Book) -> None:
    for year, sold in ((2021, "140"), (2023, "190")):
        answer = qa_company.ask(f"According to the {year} report, how many ferries were sold?")
        quotes = answer.quotes or answer.nearest
        assert sold in quotes[0].text
        assert {quote.document.id for quote in quotes} == {f"annual-report-{year}.md"}


def test_a_preferred_document_comes_first(qa_company: qa.Book) -> None:
    answer = qa_company.ask("What does the lease say about hotels?")
    assert (answer.quotes or answer.nearest)[0].document.id == "lease.txt"


def test_selected_documents_stay_the_only_ones(qa_company: qa.Book) -> None:
    answer = qa_company.ask("Per the lease, what may I spend on a hotel?", documents=["travel-policy-2020.txt"])
    assert {quote.document.id for quote in answer.quotes or answer.nearest} == {"travel-policy-2020.txt"}


def test_versions_are_beside_each_other_the_newest_first(qa_company: qa.Book) -> None:
    answer = qa_company.ask("How much may employees spend on a hotel?")
    assert [quote.document.date for quote in answer.quotes[:2]] == ["2024", "2020"]


def test_versions_of_a_document_have_one_family() -> None:
    assert family("Travel Policy 2021") == family("travel-policy_v2 (March 2023)") != family("Leave Policy 2021")


def test_names_are_read_only_for_a_question_that_may_have_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = build_book(tmp_path, {"a.txt": "The ferry sails at noon."})
    names = Names(book.store)
    monkeypatch.setattr(book.store.rows, "facts", lambda rows: pytest.fail("facts were read"))
    assert not named_documents(names, "When does the ferry sail in summer?").rows


def test_the_names_of_long_documents_are_read_without_their_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "Ferries\n\nBy Anna Berg\n\n" + "The ferry sails at noon to the island, and back at night.\n\n" * 2000
    store = build_book(tmp_path, {"long.txt": long}).store
    sizes: list[int] = []
    whole = CheckedFile.read

    def read(file: CheckedFile, start: int, end: int) -> memoryview:
        sizes.append(end - start)
        return whole(file, start, end)

    monkeypatch.setattr(CheckedFile, "read", read)
    (facts,) = store.rows.facts([0])
    assert (facts.title, facts.authors) == ("Ferries", ("Anna Berg",))
    assert sum(sizes) < 20_000 < len(long)
