"""The document beside the answer: shown whole, with its quotes marked, a search and a map."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pdf_fixtures import Text, pdf
from playwright.sync_api import Browser, Page, expect

from .conftest import HERON, SHIPPED, Server, ask, serve, watched
from .test_conversation import PLATFORM

pytestmark = pytest.mark.browser


def test_the_whole_document_is_shown_and_its_debris_dimmed(page: Page) -> None:
    ask(page, PLATFORM).get_by_role("button", name="View in document").first.click()
    expect(page.locator("mark.quoted").first).to_be_visible()
    shown = "".join(page.locator(".reading [data-at]").all_text_contents())
    assert "".join(shown.split()) == "".join(SHIPPED.read_text(encoding="utf-8").split())
    expect(page.locator(".reading .rest", has_text="getElementsByTagName").first).to_be_visible()
    expect(page.locator(".reading .content :is(h3, h4)").first).to_contain_text("Prospects for cooperation")


def test_all_quotes_of_the_answer_are_marked_and_stepped_through(page: Page) -> None:
    turn = ask(page, "Who spoke at the conference?")
    quotes = [
        text for text in turn.locator(".card q").all_text_contents() if text in SHIPPED.read_text(encoding="utf-8")
    ]
    assert len(quotes) > 1
    turn.get_by_role("button", name="View in document").first.click()
    shown = page.locator("mark.quoted")
    expect(shown.first).to_be_visible()
    marked = "".join(shown.all_text_contents())
    assert "".join(quotes[0].split()) in "".join(marked.split())  # the lines of a list are paragraphs
    expect(page.locator(".map .quoted")).to_have_count(len(quotes))
    where = page.locator(".steps.quote output")
    here = where.inner_text()
    seen = {here}
    for _ in quotes[1:]:
        page.get_by_role("button", name="Next quote").click()
        expect(where).not_to_have_text(here)
        here = where.inner_text()
        seen.add(here)
    assert seen == {f"Quote {n} of {len(quotes)}" for n in range(1, len(quotes) + 1)}
    page.get_by_role("button", name="Previous quote").click()
    expect(where).not_to_have_text(here)


def test_a_long_document_comes_in_parts_as_it_is_scrolled(page: Page) -> None:
    card = ask(page, "Where did the blue heron nest?").locator(".card").first
    assert HERON in (card.locator("q").text_content() or "")
    card.get_by_role("button", name="View in document").click()
    blocks = page.locator(".reading [data-at]")
    expect(blocks).to_have_count(120)
    expect(page.locator("mark.quoted").first).to_be_in_viewport()
    page.locator(".reading .content").evaluate("text => { text.scrollTop = text.scrollHeight }")
    expect(blocks.last).to_have_text("On day 420 the keeper counted 420 lanterns.")
    page.get_by_role("button", name="Show previous").click()
    expect(blocks).not_to_have_count(120)
    assert HERON in "".join(page.locator("mark.quoted").all_text_contents())
    for _ in range(4):
        page.locator(".reading .content").evaluate("text => { text.scrollTop = 0 }")
        page.wait_for_timeout(300)
    expect(blocks.first).to_have_text("On day 1 the keeper counted 1 lanterns.")


def test_words_are_found_anywhere_in_the_document(page: Page) -> None:
    ask(page, "Where did the blue heron nest?").get_by_role("button", name="View in document").first.click()
    box = page.get_by_role("searchbox", name="Find in document")
    box.fill("COUNTED  7 lanterns")
    box.press("Enter")
    expect(page.locator(".steps.found output")).to_have_text("1 of 1")
    expect(page.locator("mark.found.now")).to_have_text("counted 7 lanterns")
    expect(page.locator("mark.found.now")).to_be_in_viewport()
    box.fill("lanterns")
    box.press("Enter")
    expect(page.locator(".steps.found output")).to_contain_text("of 419")
    expect(page.locator(".map .found")).to_have_count(210)  # every other match: more ticks would run together
    box.fill("<script>")
    box.press("Enter")
    expect(page.locator(".steps.found output")).to_have_text("No matches")


def test_a_click_on_the_map_goes_there(page: Page) -> None:
    ask(page, "Where did the blue heron nest?").get_by_role("button", name="View in document").first.click()
    expect(page.locator(".map .quoted")).to_have_count(1)
    place = page.locator(".map").bounding_box()
    assert place
    page.mouse.click(place["x"] + 5, place["y"] + 2)
    expect(page.locator(".reading [data-at]").first).to_have_text("On day 1 the keeper counted 1 lanterns.")
    page.mouse.click(place["x"] + 5, place["y"] + place["height"] * 0.715)
    expect(page.locator("mark.quoted").first).to_be_in_viewport()


def test_a_quote_of_a_pdf_is_marked_on_its_page(page: Page) -> None:
    ask(page, "How many lanterns does the lamplighter of Visby trim?")
    card = page.locator(".card").first
    expect(card).to_contain_text("page 2")
    card.get_by_role("button", name="View in document").click()
    sheet = page.locator(".sheet")
    expect(sheet).to_have_count(2)
    expect(page.get_by_role("img", name="Page 2")).to_be_visible()
    mark, picture = (sheet.nth(1).locator(name).bounding_box() for name in ("mark.quoted.box", "img"))
    assert mark and picture
    at = (mark["x"] - picture["x"]) / picture["width"], (mark["y"] - picture["y"]) / picture["height"]
    assert at == pytest.approx((72 / 595, 288 / 842), abs=0.01)
    expect(sheet.first.locator("mark.box")).to_have_count(0)
    expect(sheet.nth(1).locator("mark.quoted.box").first).to_be_in_viewport()
    expect(sheet.nth(1).locator("mark.answer.box").first).to_be_visible()
    box = page.get_by_role("searchbox", name="Find in document")
    box.fill("nothing to say")
    box.press("Enter")
    expect(sheet.first.locator("mark.found.box").first).to_be_in_viewport()


def test_a_pdf_that_has_changed_is_shown_as_its_text(page: Page, server: Server) -> None:
    ask(page, "How many barrels does the cooper of Ystad sell?")
    file = server.sources / "barrels.pdf"
    data = file.read_bytes()
    file.write_bytes(data + b"\n")
    try:
        page.locator(".card").first.get_by_role("button", name="View in document").click()
        expect(page.locator(".reading .notice")).to_contain_text("barrels.pdf has changed since it was indexed")
        expect(page.locator(".reading mark.quoted").first).to_have_text("The cooper of Ystad sells ")
    finally:
        file.write_bytes(data)


def test_the_next_place_with_the_same_words_is_opened(page: Page) -> None:
    ask(page, PLATFORM)
    expect(page.get_by_role("button", name="Next occurrence")).to_have_count(0)
    card = ask(page, "How many oars does the ferry of Skagen have?").locator(".card").first
    further = card.get_by_role("button", name="Next occurrence")
    card.get_by_role("button", name="View in document").click()
    here = card.locator("cite").inner_text()
    there = ({"ferry one", "ferry two"} - {here}).pop()
    expect(page.locator(".reading header h2")).to_have_text(here)
    further.click()
    expect(page.locator(".reading header h2")).to_have_text(there)
    expect(page.locator(".steps.quote output")).to_have_text("Quote 1 of 1")
    expect(page.locator(".reading [data-at]").nth(1)).to_be_in_viewport()
    further.click()
    expect(page.locator(".reading header h2")).to_have_text(here)


def test_markdown_is_rendered_with_every_character_still_there(page: Page) -> None:
    ask(page, "What colour is the door of the mill?").get_by_role("button", name="View in document").first.click()
    expect(page.locator(".reading .strong", has_text="vermilion")).to_be_visible()
    text = "The **vermilion** door of the mill has the colour of [poppies](poppies.html)."
    block = page.locator(".reading [data-at]", has_text="vermilion")
    assert block.text_content() == text
    assert block.inner_text() == "The vermilion door of the mill has the colour of poppies."


def test_a_thousand_pages_are_turned_as_easily(browser: Browser, tmp_path: Path) -> None:
    pages = [[Text(72, 200, f"Sheet {n} lists the {n}th barge.")] for n in range(1, 1001)]
    pages[776].append(Text(72, 320, "The barge of Riga carries amber."))
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "barges.pdf").write_bytes(pdf(pages, title="Barges"))
    with serve(tmp_path / "sources", tmp_path / "index") as served, watched(browser, served.url) as opened:
        page = opened()
        card = ask(page, "What does the barge of Riga carry?").locator(".card").first
        expect(card.locator(".where")).to_contain_text("page 777")
        card.get_by_role("button", name="View in document").click()
        expect(page.get_by_role("img", name="Page 777")).to_be_visible()
        expect(page.locator("mark.quoted.box").first).to_be_in_viewport()
        for _ in range(6):
            page.locator(".reading .content").evaluate("text => { text.scrollTop = text.scrollHeight }")
            page.wait_for_timeout(400)
        assert page.locator(".sheet").count() <= 12
        chart = page.locator(".map").bounding_box()
        assert chart
        page.mouse.click(chart["x"] + 5, chart["y"] + chart["height"] / 4)
        expect(page.get_by_role("img", name=re.compile(r"^Page 2[45]\d$")).first).to_be_visible()
        page.get_by_role("searchbox", name="Find in document").fill("the 12th barge")
        page.keyboard.press("Enter")
        expect(page.get_by_role("img", name="Page 12", exact=True)).to_be_visible()
        expect(page.locator("mark.found.box").first).to_be_in_viewport()
