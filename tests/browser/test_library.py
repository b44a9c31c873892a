"""The library: listing, adding and removing documents, cancelling a build, and asking only some documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from index_fixtures import elsewhere
from playwright.sync_api import Browser, Locator, Page, expect

from index.folder.commit import writing

from .conftest import CALLED, LANTERNS, Server, ask, serve, watched

pytestmark = pytest.mark.browser

_SLOW = 60_000  # milliseconds: for a build while other tests run
SWAN = "The swan of Bruges guards ninety-one copper keys."


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose documents the tests may change."""
    sources = tmp_path_factory.mktemp("small")
    (sources / "harbour.txt").write_text(CALLED.format(name="Astrid"), encoding="utf-8")
    (sources / "lanterns.pdf").write_bytes(LANTERNS)
    with serve(sources, tmp_path_factory.mktemp("small-index") / "index", "--max-upload", "2") as served:
        yield served


@pytest.fixture
def library(small: Server, browser: Browser) -> Iterator[Page]:
    """The page with the library open."""
    with watched(browser, small.url) as opened:
        page = opened()
        page.get_by_role("button", name="Documents", exact=True).click()
        expect(page.locator(".rows table")).to_be_visible()
        yield page


def row(page: Page, title: str) -> Locator:
    return page.locator(".rows tr[data-id]", has=page.get_by_text(title, exact=True))


def add(page: Page, *files: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="choose files").click()
    chooser.value.set_files(list(files))


def remove(page: Page, title: str) -> None:
    row(page, title).get_by_role("button", name=f"Remove {title}").click()
    row(page, title).get_by_role("button", name="Remove").click()


def test_what_is_indexed_is_listed(library: Page) -> None:
    lanterns = row(library, "The Lanterns")
    expect(lanterns.locator("td").nth(2)).to_have_text("pdf")
    expect(lanterns.locator("td").nth(3)).to_have_text("2")
    expect(lanterns.locator("td").nth(5)).to_contain_text("20")
    library.get_by_role("searchbox", name="Filter by title or file name").fill("harb")
    expect(library.locator(".rows tr[data-id]")).to_have_count(1)
    expect(row(library, "harbour")).to_be_visible()


def test_an_upload_is_asked_next_and_can_be_removed(library: Page, tmp_path: Path) -> None:
    file = tmp_path / "swan <b>&.txt"
    file.write_text(SWAN, encoding="utf-8")
    damaged = tmp_path / "damaged.pdf"
    damaged.write_bytes(b"%PDF-1.4 nothing")
    (tmp_path / "picture.xyz").write_bytes(b"x")
    add(library, file, damaged, tmp_path / "picture.xyz")
    expect(library.locator(".outcome")).to_contain_text("Built:", timeout=_SLOW)
    expect(library.locator(".outcome")).to_contain_text("damaged.pdf is damaged or not a PDF")
    expect(library.locator(".outcome")).to_contain_text("picture.xyz: unsupported file type")
    title = row(library, "swan b&").or_(library.locator(".rows tr[data-id]", has_text="swan"))
    expect(title).to_be_visible()
    library.keyboard.press("Escape")
    card = ask(library, "How many keys does the swan of Bruges guard?").locator(".card").first
    expect(card.locator("q")).to_have_text(SWAN)
    card.get_by_role("button", name="View in document").click()
    expect(library.locator("mark.quoted").first).to_have_text("The swan of Bruges guards ")
    library.get_by_role("button", name="Documents", exact=True).click()
    name = title.get_attribute("data-title")
    assert name
    remove(library, name)
    expect(library.locator(".outcome")).to_contain_text("1 removed", timeout=_SLOW)
    expect(title).to_have_count(0)


def test_a_text_can_be_pasted(library: Page) -> None:
    library.get_by_text("Paste text").click()
    library.get_by_role("textbox", name="Title").fill("Notes of the miller")
    library.get_by_role("textbox", name="Text", exact=True).fill("The miller of Delft grinds nutmeg on Thursdays.")
    library.get_by_role("button", name="Add", exact=True).click()
    expect(library.locator(".outcome")).to_contain_text("Built:", timeout=_SLOW)
    library.keyboard.press("Escape")
    card = ask(library, "What does the miller of Delft grind?").locator(".card").first
    expect(card.locator("cite")).to_have_text("Notes of the miller")


def test_a_file_can_be_dropped(library: Page) -> None:
    dropped = library.evaluate_handle(
        "() => { const data = new DataTransfer();"
        " data.items.add(new File(['The glazier of Murano owns a green ladder.'], 'glazier.txt')); return data }"
    )
    library.dispatch_event(".drop", "drop", {"dataTransfer": dropped})
    expect(library.locator(".outcome")).to_contain_text("Built:", timeout=_SLOW)
    expect(row(library, "glazier")).to_be_visible()


def test_documents_of_a_folder_are_excluded_and_restored(library: Page, small: Server) -> None:
    remove(library, "harbour")
    expect(row(library, "harbour")).to_have_count(0, timeout=_SLOW)
    assert (small.sources / "harbour.txt").exists()
    library.get_by_text("Removed documents (files not deleted)").click()
    library.get_by_role("button", name="Restore").click()
    expect(row(library, "harbour")).to_be_visible(timeout=_SLOW)


def test_a_file_that_is_too_large_is_refused_by_page_and_server(library: Page, small: Server, tmp_path: Path) -> None:
    large = tmp_path / "large.txt"
    large.write_text("word " * 500_000, encoding="utf-8")
    add(library, large)
    expect(library.locator(".outcome")).to_contain_text("large.txt is larger than 2 MB")


def test_a_build_can_be_cancelled_and_questions_are_answered_meanwhile(
    library: Page, small: Server, tmp_path: Path
) -> None:
    long = tmp_path / "long.txt"
    lines = (
        f"On day {n} the archivist of Uppsala filed {n * 7} letters about the {n}th comet.\n\n" for n in range(20_000)
    )
    long.write_text("".join(lines)[:1_900_000], encoding="utf-8")
    add(library, long)
    building = library.locator(".shelf .building")
    expect(building.get_by_role("progressbar")).to_be_visible(timeout=_SLOW)
    library.locator(".shelf").get_by_role("button", name="Close", exact=True).click()
    card = ask(library, "What is the harbour master of Lund called?").locator(".card").first
    expect(card.locator("q")).to_contain_text("Astrid")
    expect(library.locator(".foot .building")).to_be_visible()
    library.locator(".foot .building").get_by_role("button", name="Cancel").click()
    expect(library.locator(".foot .notice span")).to_contain_text("Cancelled. Nothing was changed.", timeout=_SLOW)
    library.get_by_role("button", name="Documents", exact=True).click()
    expect(row(library, "long")).to_have_count(0)


def test_an_upload_waits_for_another_build_and_is_not_sent_twice(library: Page, small: Server, tmp_path: Path) -> None:
    file = tmp_path / "goose.txt"
    file.write_text("The goose of Ghent guards eleven gates.\n", encoding="utf-8")
    sent: list[str] = []
    library.on("request", lambda request: sent.append(request.url) if "/upload" in request.url else None)
    with elsewhere(writing(small.index)):  # as another process would
        add(library, file)
        expect(library.locator(".shelf .building")).to_contain_text("waiting for another update")
        remove(library, "The Lanterns")  # the second change of this page waits, too
        library.locator(".shelf .building").get_by_role("button", name="Cancel").click()
        expect(library.locator(".outcome")).to_contain_text("Cancelled. Nothing was changed.")
        retry = library.locator(".outcome").get_by_role("button", name="Retry")
        expect(retry).to_be_visible()
        library.locator(".shelf .building").get_by_role("button", name="Cancel").click()
        expect(library.locator(".shelf .building")).to_be_hidden()
        add(library, file)
        expect(library.locator(".shelf .building")).to_contain_text("waiting for another update")
        library.locator(".shelf .building").get_by_role("button", name="Cancel").click()
        expect(retry).to_be_visible()
        count = len(sent)
    retry.click()
    expect(library.locator(".outcome")).to_contain_text("Built:", timeout=_SLOW)
    expect(row(library, "goose")).to_be_visible()
    expect(row(library, "The Lanterns")).to_be_visible()
    assert len(sent) == count == 2


def test_questions_can_be_restricted_to_documents(library: Page) -> None:
    row(library, "harbour").get_by_role("checkbox", name="Select harbour").check()
    library.keyboard.press("Escape")
    expect(library.locator(".asking")).to_contain_text("Searching only: harbour")
    turn = ask(library, "How many lanterns does the lamplighter of Visby trim?")
    expect(turn.locator(".verdict")).to_be_visible()
    assert set(turn.locator("cite").all_inner_texts()) == {"harbour"}
    library.reload()
    expect(library.locator(".asking")).to_contain_text("Searching only: harbour")
    library.get_by_role("button", name="Search all documents").click()
    turn = ask(library, "How many lanterns does the lamplighter of Visby trim?")
    expect(turn.locator("q").first).to_contain_text("forty-one lanterns")


def test_a_rebuild_that_fails_leaves_the_old_book(library: Page, small: Server) -> None:
    away = small.sources.rename(small.sources.with_name("away"))
    try:
        library.get_by_role("button", name="Rescan source files").click()
        expect(library.locator(".outcome.wrong")).to_contain_text("No such file or folder", timeout=_SLOW)
    finally:
        away.rename(small.sources)
    library.keyboard.press("Escape")
    expect(ask(library, "What is the harbour master of Lund called?").locator("q").first).to_contain_text("Astrid")


def test_a_read_only_page_changes_nothing(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "swan.txt").write_text(SWAN, encoding="utf-8")
    with (
        serve(tmp_path / "sources", tmp_path / "index", "--read-only") as served,
        watched(browser, served.url) as opened,
    ):
        page = opened()
        ask(page, "How many keys does the swan of Bruges guard?")
        expect(page.get_by_role("button", name="Good answer")).to_have_count(0)
        page.get_by_role("button", name="Documents", exact=True).click()
        expect(page.locator(".shelf")).to_contain_text("Read-only: documents can’t be added or removed here.")
        expect(row(page, "swan")).to_be_visible()
        expect(page.locator(".drop")).to_have_count(0)
        expect(page.get_by_role("button", name="Rescan source files")).to_have_count(0)
        assert _act(page, {"action": "remove", "documents": ["swan.txt"]}) == {
            "error": "Something went wrong. Reload the page and try again."
        }


def _act(page: Page, data: dict[str, object]) -> object:
    """The server's answer to a request that the page itself would not send."""
    return page.request.post(f"{page.url}act", data={"data": data}).json()
