"""Two tabs with the same chat, and a window whose width changes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from .conftest import Server, ask, watched
from .test_chats import lengthen
from .test_conversation import PLATFORM, UNANSWERABLE
from .test_states import SERVER, go_on, held

pytestmark = pytest.mark.browser

WHO = "Who is Wang Wen?"
CHANGE = """(how) => {
    const key = Object.keys(localStorage).find((key) => key.startsWith("chapter-verse:chat:"));
    const chat = JSON.parse(localStorage.getItem(key));
    new Function("chat", how)(chat);
    localStorage.setItem(key, JSON.stringify(chat));
}"""


def another(page: Page) -> Page:
    """A second tab with the chat that is open in the first."""
    tab = page.context.new_page()
    tab.goto(page.url)
    tab.locator('.chats [data-do="open-chat"]').click()
    expect(tab.locator(".turn .cards").first).to_be_visible()
    return tab


def begin(page: Page, question: str) -> None:
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    expect(page.locator(".pending")).to_be_visible()


def test_a_tab_shows_what_another_has_changed(page: Page) -> None:
    ask(page, PLATFORM)
    ask(page, WHO)
    tab = another(page)
    tab.locator(".turn").last.get_by_role("button", name="Edit question").click()
    page.locator(".library").click()
    page.locator('tr[data-id="mill.md"] input').check()
    expect(tab.locator(".asking")).to_contain_text("The mill")
    expect(tab.locator(".editing")).to_be_hidden()
    page.locator('tr[data-id="mill.md"] input').uncheck()
    expect(tab.locator(".asking")).to_be_hidden()


def test_neither_a_thumb_nor_a_late_answer_nor_stop_loses_the_other_tabs_answer(page: Page) -> None:
    ask(page, PLATFORM)
    tab = another(page)
    waiting = held(page, "judge")
    page.locator('.card .thumbs [data-do="right"]').first.click()
    ask(tab, WHO)
    expect(page.locator(".turn")).to_have_count(2)
    go_on(page, waiting)
    expect(page.locator('.card [data-do="right"][aria-pressed="true"]').first).to_be_visible()
    expect(tab.locator(".question")).to_have_text([PLATFORM, WHO])
    page.unroute(SERVER)
    waiting = held(page, "ask")
    begin(page, UNANSWERABLE)
    ask(tab, "What is the ferry of Skagen?")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".question")).to_have_text([PLATFORM, WHO, "What is the ferry of Skagen?"])
    waiting.clear()
    begin(page, UNANSWERABLE)
    ask(tab, "Who hid the map?")
    go_on(page, waiting)
    all_of_them = [PLATFORM, WHO, "What is the ferry of Skagen?", "Who hid the map?", UNANSWERABLE]
    for each in (page, tab):
        expect(each.locator(".question")).to_have_text(all_of_them)


def test_an_answer_is_shown_although_earlier_turns_were_loaded_meanwhile(page: Page) -> None:
    ask(page, PLATFORM)
    lengthen(page)
    waiting = held(page, "ask")
    begin(page, WHO)
    page.get_by_role("button", name="Show previous").click()
    expect(page.locator(".turn")).to_have_count(40)
    go_on(page, waiting)
    expect(page.locator(".question").last).to_have_text(WHO)


def test_a_stored_chat_that_is_damaged_is_not_exported_and_blocks_nothing(page: Page) -> None:
    ask(page, PLATFORM)
    page.evaluate(
        CHANGE,
        "chat.turns[0].judged = null; const quote = chat.turns[0].answer.quotes[0];"
        "quote.text = 'The platform is a lie.'; quote.document.path = 'a.txt, line 1'",
    )
    page.reload()
    expect(page.locator(".gone").first).to_be_visible()
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Markdown (.md)").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert "lie" not in text
    assert "This document has changed or was removed" in text
    ask(page, WHO)


@pytest.mark.parametrize("width", [390, 1100])
def test_visible_parts_are_not_inert(server: Server, browser: Browser, width: int) -> None:
    with watched(browser, server.url) as opened:
        page = opened(width, 844)
        page.locator('.top [data-do="menu"]').click()
        page.locator(".library").click()
        page.locator('tr[data-id="harbour.txt"] .title').click()
        expect(page.locator(".reading .content")).to_be_focused()
        assert not page.locator(".beside").evaluate("(part) => part.inert")
        page.keyboard.press("Escape")
        page.locator('.top [data-do="menu"]').click()
        page.set_viewport_size({"width": 1440, "height": 900})
        page.get_by_label("Your question").click(timeout=5000)


def test_matches_do_not_look_quoted_after_a_search(page: Page) -> None:
    turn = ask(page, "How many lanterns does the lamplighter of Visby trim?")
    turn.locator(".card", has_text="Visby").get_by_role("button", name="View in document").click()
    page.get_by_role("searchbox").locator("visible=true").fill("nothing")
    page.keyboard.press("Enter")
    expect(page.locator("mark.found.box").first).to_be_visible()
    page.get_by_role("searchbox").locator("visible=true").fill("")
    expect(page.locator("mark.found")).to_have_count(0)
    for mark in page.locator(".sheet mark:not(.quoted):not(.answer)").all():
        assert mark.evaluate("(mark) => getComputedStyle(mark).backgroundColor") == "rgba(0, 0, 0, 0)"


def test_a_build_is_followed_though_a_request_fails(page: Page, server: Server) -> None:
    page = page.context.new_page()  # unwatched: it logs the failed request
    page.goto(server.url)
    expect(page.locator(".welcome")).to_be_visible()
    asked = []

    def fail_once(route: Route) -> None:
        if '"action":"progress"' not in (route.request.post_data or ""):
            return route.continue_()
        asked.append(route)
        return route.abort() if len(asked) == 2 else route.continue_()

    page.locator(".library").click()
    page.wait_for_timeout(300)
    page.route(SERVER, fail_once)
    page.get_by_role("button", name="Rescan source files").click()
    expect(page.locator(".outcome")).to_contain_text(re.compile("Built:|Up to date:"), timeout=60_000)
