"""Chats: there can be several, they survive a reload, and each browser has its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from .conftest import CALLED, Server, ask
from .test_conversation import PLATFORM, UNANSWERABLE

pytestmark = pytest.mark.browser


def test_a_chat_survives_a_reload(page: Page) -> None:
    quote = ask(page, PLATFORM).locator(".card q").first.text_content()
    ask(page, UNANSWERABLE)
    page.reload()
    expect(page.locator(".turn")).to_have_count(2)
    assert page.locator(".card q").first.text_content() == quote
    expect(page.locator(".verdict")).to_be_visible()
    page.locator(".card").first.get_by_role("button", name="View in document").click()
    expect(page.locator("mark.quoted").first).to_be_in_viewport()


def test_several_chats_are_kept_apart(page: Page) -> None:
    ask(page, PLATFORM)
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".welcome")).to_be_visible()
    ask(page, "Who is Wang Wen?")
    chats = page.locator(".chats li")
    expect(chats).to_have_count(2)
    chats.nth(1).get_by_text(PLATFORM).click()
    expect(page.locator(".question")).to_have_text(PLATFORM)
    expect(chats.nth(1).locator("[aria-current]")).to_have_text(PLATFORM)
    chats.nth(1).hover()
    page.get_by_role("button", name=f"Delete chat: {PLATFORM}").click()
    expect(chats).to_have_count(1)
    expect(page.locator(".welcome")).to_be_visible()
    page.reload()
    expect(chats).to_have_count(1)


def test_two_browsers_have_chats_of_their_own(open_page: Callable[..., Page]) -> None:
    mine, yours = open_page(), open_page()
    ask(mine, PLATFORM)
    ask(yours, UNANSWERABLE)
    assert mine.locator(".question").all_text_contents() == [PLATFORM]
    assert yours.locator(".question").all_text_contents() == [UNANSWERABLE]
    yours.reload()
    expect(yours.locator(".chats li")).to_have_text([UNANSWERABLE])


def test_a_question_asked_while_the_chat_is_still_drawn_comes_after_it(page: Page) -> None:
    ask(page, PLATFORM)
    page.reload()
    page.get_by_label("Your question").fill(UNANSWERABLE)
    page.keyboard.press("Enter")
    expect(page.locator(".verdict")).to_be_visible()
    expect(page.locator(".question")).to_have_text([PLATFORM, UNANSWERABLE])


def test_two_tabs_do_not_write_over_one_another(page: Page, server: Server) -> None:
    ask(page, PLATFORM)
    other = page.context.new_page()
    other.goto(server.url)
    expect(other.locator(".welcome")).to_be_visible()
    ask(other, UNANSWERABLE)
    expect(page.locator(".chats li")).to_have_count(2)
    ask(page, "Who is Wang Wen?")
    page.reload()
    expect(page.locator(".question")).to_have_text([PLATFORM, "Who is Wang Wen?"])


def test_a_quote_whose_document_has_changed_is_not_shown_again(page: Page, server: Server) -> None:
    question = "What is the harbour master of Lund called?"
    ask(page, question)
    file = server.sources / "harbour.txt"
    before = file.read_text(encoding="utf-8")
    file.write_text(CALLED.format(name="Cecilia"), encoding="utf-8")
    try:
        page.get_by_role("button", name="Documents", exact=True).click()
        page.get_by_role("button", name="Rescan source files").click()
        expect(page.locator(".outcome")).to_contain_text("Built:", timeout=60_000)
        page.keyboard.press("Escape")
        page.locator(".card").first.get_by_role("button", name="View in document").click()
        expect(page.get_by_role("alert")).to_contain_text("This document has changed or was removed")
        page.reload()
        expect(page.locator(".gone").first).to_contain_text("This document has changed or was removed")
        page.locator(".gone").first.get_by_role("button", name="Retry").click()
        expect(page.locator(".card q").first).to_contain_text("Cecilia")
    finally:
        file.write_text(before, encoding="utf-8")


def test_the_page_works_without_browser_storage(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.add_init_script("Storage.prototype.setItem = () => { throw new Error('full') }")
    page.reload()
    ask(page, PLATFORM)
    page.get_by_role("button", name="New chat").click()
    page.locator(".chats li").get_by_text(PLATFORM).click()
    expect(page.locator(".card q").first).to_be_visible()


# Stores old chats; the newest of them leaves no space for another.
STORE = """(count) => {
    const store = (i, filling) => {
        const answer = { question: `Old ${i}`, answered: false, confidence: 0.1, quotes: [], nearest: [] };
        const turns = [{ answer, alone: false, judged: {} }];
        const chat = { id: `old-${i}`, updated: i, documents: [], turns, filling };
        localStorage.setItem(`chapter-verse:chat:${chat.id}`, JSON.stringify(chat));
    };
    for (let i = 0; i < count; i++) store(i, "");
    for (let size = 0, step = 2 ** 22; step >= 256; step /= 2) {
        try {
            store(count - 1, "x".repeat(size + step));
            size += step;
        } catch {}
    }
}"""


def test_no_chat_is_lost_to_a_new_one(page: Page) -> None:
    """However many chats there are, and whether or not the browser has space for another."""
    stored = "() => Object.keys(localStorage).filter((key) => key.startsWith('chapter-verse:chat:')).length"
    page.evaluate(STORE, 100)
    page.goto(f"{page.url}?q=Who+is+Wang+Wen%3F")
    expect(page.locator(".card").first).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("Your browser couldn’t save this chat.")
    expect(page.locator(".chats li")).to_have_count(101)
    assert page.evaluate(stored) == 100
    page.locator(".chats li").nth(1).hover()
    page.get_by_role("button", name="Delete chat: Old 99").click()
    expect(page.locator(".chats li")).to_have_count(100)
    assert page.evaluate(stored) == 100
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("alert")).to_contain_text("Your browser couldn’t save this chat.")
    page.reload()
    expect(page.locator(".question")).to_have_text("Who is Wang Wen?")
    expect(page.locator(".chats li").last).to_have_text("Old 0")


def lengthen(page: Page) -> None:
    """Turns the chat into one of fifty turns."""
    page.evaluate(
        """() => {
            const key = Object.keys(localStorage).find((key) => key.startsWith("chapter-verse:chat:"));
            const chat = JSON.parse(localStorage.getItem(key));
            const [turn] = chat.turns;
            const another = (_, i) => ({ ...turn, answer: { ...turn.answer, question: `Nr ${i}` } });
            chat.turns = Array.from({ length: 50 }, another);
            localStorage.setItem(key, JSON.stringify(chat));
        }"""
    )
    page.reload()
    expect(page.locator(".question")).to_have_text([f"Nr {n}" for n in range(30, 50)])


def test_a_long_chat_draws_its_last_turns_first_and_the_rest_on_request(page: Page) -> None:
    ask(page, PLATFORM)
    lengthen(page)
    page.get_by_role("button", name="Show previous").click()
    expect(page.locator(".turn")).to_have_count(40)
    page.get_by_role("button", name="Show previous").click()
    expect(page.locator(".question")).to_have_text([f"Nr {n}" for n in range(50)])
    page.locator(".turn").nth(3).get_by_role("button", name="View in document").click()
    expect(page.locator("mark.quoted").first).to_be_in_viewport()
    expect(page.locator(".turn").nth(3).locator(".card[data-open]")).to_have_count(1)


def test_a_long_chat_sends_the_questions_that_are_used(page: Page) -> None:
    ask(page, PLATFORM)
    lengthen(page)
    with page.expect_request("**/act") as asked:
        ask(page, UNANSWERABLE)
    assert json.loads(asked.value.post_data or "")["data"]["history"] == [f"Nr {n}" for n in range(42, 50)]


def test_a_long_chat_is_exported_whole(page: Page) -> None:
    ask(page, PLATFORM)
    lengthen(page)
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Markdown (.md)").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith("## ")] == [f"## Nr {n}" for n in range(50)]
    assert text.count("paragraph 27, line 51") == 50


def test_the_page_retries_while_the_server_is_busy(page: Page, server: Server) -> None:
    tries = []
    page = page.context.new_page()  # unwatched: it logs the refused requests
    page.goto(server.url)
    expect(page.locator(".welcome")).to_be_visible()

    def crowded(route: Route) -> None:
        tries.append(route)
        if len(tries) < 3:
            body = '{"error": "Too many.", "title": "Crowded"}'
            route.fulfill(status=503, headers={"Retry-After": "0"}, body=body, content_type="application/json")
        else:
            route.continue_()

    page.route("**/act", crowded)
    box = page.get_by_label("Your question")
    box.fill(PLATFORM)
    box.press("Enter")
    expect(page.locator(".card").first).to_be_visible()
    assert len(tries) == 3
