"""The page as its readers use it, in headless Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .conftest import GARDENER, GREENHOUSE, HERON, PARROT, SHIPPED, Server, ask

pytestmark = pytest.mark.browser

PLATFORM = "Which platform was proposed for discussing economic relations?"
UNANSWERABLE = "Who painted the ceiling of the Sistine Chapel in Rome?"


def test_a_question_is_answered_with_a_quote_that_opens_its_document(page: Page) -> None:
    turn = ask(page, PLATFORM)
    card = turn.locator(".card").first
    quote = card.locator("q").text_content() or ""
    assert turn.locator(".question").text_content() == PLATFORM
    assert "use the EurAsEC platform" in quote
    assert quote in SHIPPED.read_text(encoding="utf-8")
    expect(card.locator("mark.answer").first).to_be_visible()
    expect(card.locator(".sure")).to_have_text(re.compile(r"^(Very l|L)ikely the answer · \d\d%$"))
    expect(card.locator(".where")).to_contain_text("paragraph 27, line 51")
    card.locator("q").click()
    expect(page.locator("mark.quoted").first).to_be_in_viewport()
    assert "".join(page.locator("mark.quoted").all_text_contents()) == quote
    expect(page.locator("#reading mark.answer").first).to_be_in_viewport()
    expect(page.locator("#reading header")).to_contain_text(SHIPPED.name)


def test_the_whole_document_is_shown_and_its_debris_dimmed(page: Page) -> None:
    ask(page, PLATFORM).locator(".open").first.click()
    expect(page.locator("mark.quoted").first).to_be_visible()
    shown = "".join(page.locator("#reading [data-at]").all_text_contents())
    assert "".join(shown.split()) == "".join(SHIPPED.read_text(encoding="utf-8").split())
    expect(page.locator("#reading .rest", has_text="getElementsByTagName").first).to_be_visible()
    expect(page.locator("#reading .text :is(h2, h3, h4)").first).to_contain_text("Prospects for cooperation")


def test_a_click_on_an_example_asks_it(page: Page) -> None:
    example = page.locator(".example").nth(1)
    text = example.text_content()
    example.click()
    expect(page.locator(".card q").first).to_contain_text("Wang Wen")
    assert page.locator(".question").text_content() == text


def test_what_is_not_answered_is_said_so(page: Page) -> None:
    turn = ask(page, UNANSWERABLE)
    expect(turn.locator(".verdict")).to_have_text("The documents do not answer this.")
    expect(turn.locator(".nearest h3")).to_have_text("Nearest passages, not answers")
    expect(turn.locator(".nearest .card").first).to_be_visible()
    expect(turn.locator("mark, .sure")).to_have_count(0)


def test_a_follow_up_shows_what_was_searched_for(page: Page) -> None:
    first = ask(page, "What did Andrey Rudenko say about Central Asia?")
    expect(first.locator(".searched")).to_have_count(0)
    second = ask(page, "How did he describe the region?")
    expect(second.locator(".searched")).to_contain_text("Rudenko")


def test_chats_are_separate_and_can_be_cleared(open_page: Callable[..., Page]) -> None:
    mine, yours = open_page(), open_page()
    ask(mine, PLATFORM).locator(".open").first.click()
    expect(mine.locator(".reading")).to_be_visible()
    expect(yours.locator(".turn")).to_have_count(0)
    mine.get_by_role("button", name="Clear chat").click()
    expect(mine.locator(".welcome")).to_be_visible()
    expect(mine.locator(".turn, .reading")).to_have_count(0)


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("What does the hostile gardener keep in the shed?", GARDENER),
        ("What stands in the greenhouse?", GREENHOUSE),
        ("What does the parrot say to visitors of the aviary?", PARROT),
    ],
)
def test_a_hostile_document_is_shown_as_it_stands_and_runs_nothing(page: Page, question: str, quote: str) -> None:
    card = ask(page, question).locator(".card").first
    assert quote in (card.locator("q").text_content() or "")
    card.locator(".open").click()
    expect(page.locator("mark.quoted").first).to_be_in_viewport()
    assert quote in "".join(page.locator("mark.quoted").all_text_contents())
    expect(page.locator("#reading header h2")).to_contain_text("${alert(0)} {{value}}")
    expect(page.locator("#reading")).to_contain_text('<iframe src="http://evil.example/frame"></iframe>')
    made = "script, img, svg, iframe, a, b, [onclick], [onerror]"
    expect(page.locator(f":is(#conversation, #reading) :is({made})")).to_have_count(0)


@pytest.mark.parametrize(
    "question", ["what is {{", "${alert(1)} {{{x}}} `", "<img src=x onerror=alert(1)><script>alert(2)</script>"]
)
def test_a_hostile_question_is_shown_as_it_stands(page: Page, question: str) -> None:
    assert ask(page, question).locator(".question").text_content() == question


def test_a_hostile_file_name_is_shown_as_it_stands(page: Page) -> None:
    card = ask(page, "Where did the librarian of Ghent hide the map?").locator(".card").first
    expect(card.locator("cite")).to_have_text("<img src=x onerror=alert(8)>")
    assert "<b>Anna</b>, hid the map in the {{unclosed tower." in (card.locator("q").text_content() or "")
    expect(card.get_by_role("button")).to_have_accessible_name(
        "Show in document: <img src=x onerror=alert(8)>, paragraph 1, line 1"
    )


def test_a_question_that_cannot_be_asked_comes_back_with_the_reason(page: Page) -> None:
    box = page.get_by_label("Your question")
    box.fill("why " * 1000)
    box.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("ask in 2,000 at most")
    expect(page.locator(".pending, .turn")).to_have_count(0)
    assert box.input_value().startswith("why why")


def test_a_long_document_comes_in_parts(page: Page) -> None:
    card = ask(page, "Where did the blue heron nest?").locator(".card").first
    assert HERON in (card.locator("q").text_content() or "")
    card.locator(".open").click()
    blocks = page.locator("#reading [data-at]")
    expect(blocks).to_have_count(200)
    expect(page.locator("mark.quoted").first).to_be_in_viewport()
    page.get_by_role("button", name="Show later").click()
    expect(page.get_by_role("button", name="Show later")).to_have_count(0)
    page.get_by_role("button", name="Show earlier").click()
    expect(blocks).to_have_count(420)
    assert (blocks.first.text_content(), blocks.last.text_content()) == (
        "On day 1 the keeper counted 1 lanterns.",
        "On day 420 the keeper counted 420 lanterns.",
    )
    assert HERON in "".join(page.locator("mark.quoted").all_text_contents())


def test_keyboard_alone_is_enough(page: Page) -> None:
    page.get_by_label("Your question").focus()
    page.keyboard.type(PLATFORM)
    page.keyboard.press("Enter")
    show = page.get_by_role("button", name="Show in document: Prospects").first
    expect(show).to_be_visible()
    for _ in range(40):
        page.keyboard.press("Tab")
        if show.evaluate("button => button === document.activeElement"):
            break
    expect(show).to_be_focused()
    assert show.evaluate("button => getComputedStyle(button).outlineStyle") != "none"
    page.keyboard.press("Enter")
    expect(page.locator("#reading .text")).to_be_focused()
    expect(page.locator("mark.quoted").first).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.locator(".reading")).to_have_count(0)
    expect(show).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_all_without_sideways_scrolling(open_page: Callable[..., Page], scheme: str) -> None:
    page = open_page(width=390, height=844, scheme=scheme)
    _fits(page)
    turn = ask(page, "What stands in the greenhouse?")
    _fits(page)
    turn.locator(".open").first.click()
    expect(page.locator("mark.quoted").first).to_be_in_viewport()
    _fits(page)
    page.get_by_role("button", name="Close the document").click()
    expect(page.locator(".reading")).to_have_count(0)
    ask(page, UNANSWERABLE)
    _fits(page)


def test_answers_are_announced(page: Page) -> None:
    ask(page, PLATFORM)
    expect(page.get_by_role("log", name="Conversation")).to_have_attribute("aria-live", "polite")


def _fits(page: Page) -> None:
    """Nothing visible stands out to the right of the window."""
    wide = page.evaluate(
        """() => [...document.querySelectorAll('body *')]
            .filter(e => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1)
            .map(e => e.tagName + '#' + e.id + '.' + e.className)"""
    )
    assert wide == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_quote_of_a_pdf_is_marked_on_its_page(page: Page) -> None:
    ask(page, "How many lanterns does the lamplighter of Visby trim?")
    card = page.locator(".card").first
    expect(card).to_contain_text("page 2")
    card.get_by_role("button", name="Show").click()
    sheet = page.locator(".sheet")
    expect(sheet).to_have_count(1)
    expect(page.get_by_role("img", name="Page 2")).to_be_visible()
    mark, picture = (sheet.locator(name).bounding_box() for name in ("mark.box", "img"))
    assert mark and picture
    at = (mark["x"] - picture["x"]) / picture["width"], (mark["y"] - picture["y"]) / picture["height"]
    assert at == pytest.approx((72 / 595, 288 / 842), abs=0.01)
    page.get_by_role("button", name="Show the page before").click()
    expect(sheet).to_have_count(2)
    expect(sheet.first.locator("mark.box")).to_have_count(0)


def test_a_pdf_that_has_changed_is_shown_as_its_text(page: Page, server: Server) -> None:
    ask(page, "How many barrels does the cooper of Ystad sell?")
    file = server.sources / "barrels.pdf"
    data = file.read_bytes()
    file.write_bytes(data + b"\n")
    try:
        page.locator(".card").first.get_by_role("button", name="Show").click()
        expect(page.get_by_role("alert")).to_contain_text("barrels.pdf has changed since it was read")
        expect(page.locator(".reading mark.quoted").first).to_have_text("The cooper of Ystad sells ")
    finally:
        file.write_bytes(data)


def test_some_documents_can_be_asked_alone(page: Page) -> None:
    picker = page.get_by_role("combobox", name="Ask only these documents")
    picker.click()
    page.get_by_role("option", name="harbour").click()
    page.keyboard.press("Escape")
    ask(page, "How many lanterns does the lamplighter of Visby trim?")
    expect(page.locator(".turn").last).to_contain_text("The documents do not answer this.")
    titles = page.locator(".turn").last.locator("cite").all_inner_texts()
    assert set(titles) == {"harbour"}
