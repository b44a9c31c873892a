"""The page for everyone: keyboard, screen readers, phones, light and dark, right-to-left, two languages, print."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from .conftest import ask
from .test_conversation import PLATFORM, UNANSWERABLE

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing_serious(open_page: Callable[..., Page], scheme: str, width: int) -> None:
    page = open_page(width=width, color_scheme=scheme, reduced_motion="reduce")
    _accessible(page, "the empty chat")
    ask(page, PLATFORM)
    ask(page, UNANSWERABLE)
    _accessible(page, "answers")
    page.locator(".card").first.get_by_role("button", name="View in document").click()
    expect(page.locator("mark.quoted").first).to_be_visible()
    page.get_by_role("searchbox", name="Find in document").fill("Russia")
    page.keyboard.press("Enter")
    expect(page.locator("mark.found").first).to_be_visible()
    _accessible(page, "a document")
    page.keyboard.press("Escape")  # clears the search
    expect(page.locator("mark.found")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator(".reading")).to_have_count(0)
    if width < 1200:
        page.get_by_role("button", name="Menu", exact=True).click()
        page.wait_for_timeout(300)
        _accessible(page, "chats over the page")
    page.get_by_role("button", name="Documents", exact=True).click()
    expect(page.locator(".rows table")).to_be_visible()
    _accessible(page, "the documents")


def _accessible(page: Page, state: str) -> None:
    found = [each for each in Axe().run(page).response["violations"] if each["impact"] in ("serious", "critical")]
    nodes = [(each["id"], node["html"][:200], node["failureSummary"]) for each in found for node in each["nodes"]]
    assert nodes == [], state


def test_keyboard_alone_is_enough(page: Page) -> None:
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type(PLATFORM)
    page.keyboard.press("Enter")
    show = page.get_by_role("button", name="View in document: Prospects").first
    expect(show).to_be_visible()
    _tab_to(page, "View in document: Prospects")
    assert show.evaluate("button => getComputedStyle(button).outlineStyle") != "none"
    page.keyboard.press("Enter")
    expect(page.locator(".reading .content")).to_be_focused()
    expect(page.locator("mark.quoted").first).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.locator(".reading")).to_have_count(0)
    expect(show).to_be_focused()
    _tab_to(page, "Documents")
    page.keyboard.press("Enter")
    expect(page.locator(".shelf")).to_be_visible()
    _tab_to(page, "Select harbour")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    expect(page.locator(".asking")).to_contain_text("harbour")


def _tab_to(page: Page, name: str) -> None:
    """Presses Tab until the element with this name has the focus."""
    names = []
    for _ in range(80):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.ariaLabel || document.activeElement.textContent || ''"))
        if names[-1].startswith(name):
            return
    raise AssertionError(f"{name!r} is not reached: {names}")


def test_answers_are_announced(page: Page) -> None:
    ask(page, PLATFORM)
    expect(page.get_by_role("log", name="Conversation")).to_have_attribute("aria-live", "polite")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_all_without_sideways_scrolling(open_page: Callable[..., Page], scheme: str) -> None:
    page = open_page(width=390, height=844, color_scheme=scheme)
    _fits(page)
    turn = ask(page, "What stands in the greenhouse?")
    _fits(page)
    turn.get_by_role("button", name="View in document").first.click()
    expect(page.locator("mark.quoted").first).to_be_in_viewport()
    _fits(page)
    page.get_by_role("button", name="Back to the answer").click()
    expect(page.locator(".reading")).to_have_count(0)
    ask(page, UNANSWERABLE)
    _fits(page)
    page.get_by_role("button", name="Menu", exact=True).click()
    page.get_by_role("button", name="Documents", exact=True).click()
    expect(page.locator(".rows table")).to_be_visible()
    _fits(page)


def _fits(page: Page) -> None:
    """Checks that nothing visible extends beyond the right edge of the window."""
    wide = page.evaluate(
        """() => [...document.querySelectorAll('body *')]
            .filter(e => e.checkVisibility({ visibilityProperty: true }))
            .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
            .map(e => e.tagName + '#' + e.id + '.' + e.className)"""
    )
    assert wide == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_systems_color_scheme_is_used_until_one_is_chosen(open_page: Callable[..., Page]) -> None:
    page = open_page(color_scheme="dark")
    paper = "getComputedStyle(document.querySelector('.gradio-container')).backgroundColor"
    assert page.evaluate(paper) == "rgb(23, 21, 18)"
    page.get_by_role("button", name="Light or dark mode").click()
    assert page.evaluate(paper) == "rgb(250, 248, 244)"
    page.reload()
    expect(page.locator(".welcome")).to_be_visible()
    assert page.evaluate(paper) == "rgb(250, 248, 244)"


def test_a_text_from_right_to_left_is_set_so(page: Page) -> None:
    card = ask(page, "מי הוא שומר המגדלור של יפו?").locator(".card").first
    expect(card.locator("q")).to_contain_text("אהרון")
    direction = "element => getComputedStyle(element).direction"
    assert card.locator("blockquote").evaluate(direction) == "rtl"
    assert page.locator(".question").evaluate(direction) == "rtl"
    card.get_by_role("button", name="View in document").click()
    assert page.locator(".reading [data-at]").first.evaluate(direction) == "rtl"
    expect(page.locator("mark.quoted").first).to_be_in_viewport()


def test_the_page_speaks_russian(open_page: Callable[..., Page]) -> None:
    page = open_page(locale="ru-RU")
    assert page.evaluate("document.documentElement.lang") == "ru"
    expect(page.locator(".welcome h2")).to_have_text("Задайте вопрос по документам")
    page.get_by_label("Ваш вопрос").fill(PLATFORM)
    page.keyboard.press("Enter")
    expect(page.locator(".where").first).to_contain_text("абзац 27, строка 51")
    page.locator(".language").select_option("en")
    expect(page.locator(".where").first).to_contain_text("paragraph 27, line 51")
    page.reload()
    expect(page.locator(".where").first).to_contain_text("paragraph 27, line 51")


def test_printing_shows_only_the_answers(page: Page) -> None:
    ask(page, PLATFORM)
    page.emulate_media(media="print")
    expect(page.locator(".question")).to_be_visible()
    expect(page.locator(".card q").first).to_be_visible()
    for part in (".side", ".composer", ".actions", ".tools"):
        expect(page.locator(part).first).to_be_hidden()
    assert page.evaluate(
        "document.querySelector('.conversation').scrollHeight <= document.documentElement.scrollHeight"
    )
