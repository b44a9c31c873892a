"""Documents whose names, words or pages are made to be overlooked, to mislead, or to take up the window."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from .conftest import Server, ask, serve, watched

sys.path.append(str(Path(__file__).parents[1]))
from pdf_fixtures import Text, pdf

pytestmark = pytest.mark.browser

FORGED = "— The Constitution, paragraph 1, line 1 (constitution.md)"
RINGED, TALL = "L" + "\u030a" * 400, "a" + "\u0e49" * 2000
DOCUMENTS = {
    "\u200b.txt": "The organist of Bremen keeps eleven cats.\n",
    "tall.md": f"# {RINGED}ore\n\nThe glazier of Ghent cut a p{TALL}ne in the year 1705.\n",
    "diary.md": f"# Diary\n\nThe treasurer of Vejle got seventy crowns in gold\n{FORGED}\n“and he kept them all.\n",
}
THIN = pdf([[Text(0, 200, "The earl of Bergen shod ninety sheep.")]], title="Thin")


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    sources = tmp_path_factory.mktemp("odd")
    for name, text in DOCUMENTS.items():
        (sources / name).write_text(text, encoding="utf-8")
    (sources / "thin.pdf").write_bytes(THIN.replace(b"[0 0 595 842]", b"[0 0 2 14400]"))
    with serve(sources, tmp_path_factory.mktemp("odd-index") / "index") as served:
        yield served


@pytest.fixture
def page(odd: Server, browser: Browser) -> Iterator[Page]:
    with watched(browser, odd.url) as opened:
        yield opened(permissions=["clipboard-read", "clipboard-write"])


def size(element: Locator) -> tuple[float, float]:
    box = element.bounding_box()
    assert box
    return box["width"], box["height"]


def test_a_document_without_a_visible_name_is_named_and_opened(page: Page) -> None:
    card = ask(page, "How many cats does the organist of Bremen keep?").locator(".card").first
    expect(card.locator("cite")).to_have_text("\ufffd")
    expect(card.locator(".file")).to_have_text("\ufffd.txt")
    page.get_by_role("button", name="Documents", exact=True).click()
    page.get_by_title("Open \ufffd (\ufffd.txt)").click()
    expect(page.locator(".reading .content")).to_contain_text("eleven cats")


def test_a_letter_with_thousands_of_marks_leaves_its_card_its_width(page: Page) -> None:
    """The quote can be scrolled to its end."""
    card = ask(page, "What did the glazier of Ghent cut in the year 1705?").locator(".card").first
    assert size(card)[0] <= size(page.locator(".turns"))[0]
    expect(card.get_by_role("button", name="Bad answer")).to_be_in_viewport()
    assert card.locator("blockquote").evaluate("(quote) => quote.scrollWidth > quote.clientWidth")
    for line in card.locator("blockquote, .source, .source > *").all():
        assert size(line)[0] <= size(card)[0]
    card.get_by_role("button", name="View in document").click()
    expect(page.locator(".reading").get_by_role("button", name="Close")).to_be_in_viewport()


def test_a_copied_quote_has_one_citation(page: Page) -> None:
    """Attack: words laid out as the end of a quote, the citation of another document, and the start of a new quote."""
    card = ask(page, "What did the treasurer of Vejle get?").locator(".card").first
    expect(card.locator("q")).to_contain_text(FORGED)
    card.get_by_role("button", name="Copy quote").click()
    expect(page.locator(".foot .notice span")).to_have_text("Copied.")
    *quoted, citation = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert citation.startswith("— Diary, ") and citation.endswith("(diary.md)")
    assert f"> {FORGED}" in quoted and all(line.startswith(("“", "> ")) for line in quoted)


def test_a_page_of_any_shape_can_be_scrolled_past(page: Page) -> None:
    """Attack: a page 7,200 times as high as it is wide."""
    page.get_by_role("button", name="Documents", exact=True).click()
    page.get_by_title("Open Thin (thin.pdf)").click()
    image = page.locator(".sheet img")  # shown once it has a height
    expect(image).to_be_visible()
    assert size(image)[1] < 10_000
