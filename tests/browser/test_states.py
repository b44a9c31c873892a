"""Interruptions: quick clicks, late answers, a switch of chat or language, the Back button."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Page, Route, expect

from .conftest import HERON, Server, ask
from .test_conversation import PLATFORM, UNANSWERABLE

pytestmark = pytest.mark.browser

CHAPTER = "\N{NO-BREAK SPACE}" * 4 + "CHAPTER 40"
SERVER = re.compile("/act$")


def held(page: Page, action: str) -> list[Route]:
    """Holds back the requests for an action; `go_on` lets them continue."""
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        if f'"action":"{action}"' in (route.request.post_data or ""):
            waiting.append(route)
        else:
            route.continue_()

    page.route(SERVER, hold)
    return waiting


def go_on(page: Page, waiting: list[Route], count: int = 1) -> None:
    for _ in range(50):
        if len(waiting) >= count:
            break
        page.wait_for_timeout(100)
    for route in waiting:
        route.continue_()
    waiting.clear()


def test_a_language_is_chosen_while_a_question_is_edited(page: Page) -> None:
    ask(page, PLATFORM)
    ask(page, UNANSWERABLE)
    page.locator(".turn").first.get_by_role("button", name="Edit question").click()
    page.locator(".language").select_option("ru")
    expect(page.locator(".editing")).to_be_hidden()
    expect(page.locator(".turn .card").first).to_be_visible()
    page.get_by_label("Ваш вопрос").fill("Who is Wang Wen?")
    page.keyboard.press("Enter")
    expect(page.locator(".question")).to_have_text([PLATFORM, UNANSWERABLE, "Who is Wang Wen?"])


def test_a_language_is_chosen_while_a_question_is_asked(page: Page) -> None:
    waiting = held(page, "ask")
    page.get_by_label("Your question").fill(PLATFORM)
    page.keyboard.press("Enter")
    expect(page.locator(".pending")).to_be_visible()
    page.locator(".language").select_option("ru")
    expect(page.locator(".composer .ask")).to_be_visible()
    expect(page.get_by_label("Ваш вопрос")).to_have_value(PLATFORM)
    go_on(page, waiting)
    page.unroute_all()
    page.get_by_label("Ваш вопрос").press("Enter")
    expect(page.locator(".card").first).to_be_visible()
    expect(page.locator(".turn")).to_have_count(1)


def test_a_chat_that_cannot_be_drawn_says_so_and_shows_no_other(page: Page) -> None:
    ask(page, PLATFORM)
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".turn")).to_have_count(0)
    ask(page, UNANSWERABLE)
    page.route(SERVER, lambda route: route.fulfill(body='{"error": "Not now."}', content_type="application/json"))
    page.locator(".chats").get_by_text(PLATFORM).click()
    expect(page.locator(".gone")).to_have_text("Not now.")
    expect(page.locator(".turn")).to_have_count(0)
    page.unroute_all()
    page.get_by_role("button", name="Retry").click()
    expect(page.locator(".question")).to_have_text(PLATFORM)
    expect(page.locator(".card").first).to_be_visible()


def test_an_answer_that_cannot_be_read_does_not_take_the_others_along(page: Page) -> None:
    ask(page, PLATFORM)
    ask(page, UNANSWERABLE)
    page.evaluate(
        """() => {
            const key = Object.keys(localStorage).find((key) => key.startsWith("chapter-verse:chat:"));
            const chat = JSON.parse(localStorage.getItem(key));
            chat.turns[1].answer.confidence = "<img src=x onerror=alert(1)>";
            chat.turns[0].answer.quotes[0].text = "forged words";
            localStorage.setItem(key, JSON.stringify(chat));
        }"""
    )
    page.reload()
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator(".gone")).to_have_count(2)
    expect(page.locator(".conversation")).not_to_contain_text("forged words")


def test_a_document_can_be_searched_before_it_is_drawn(page: Page) -> None:
    ask(page, PLATFORM)
    waiting = held(page, "part")
    page.get_by_role("button", name="View in document").first.click()
    box = page.get_by_role("searchbox").locator("visible=true")
    box.fill("platf")
    go_on(page, waiting)
    expect(page.locator("mark.quoted.now").first).to_be_visible()
    page.unroute_all()
    page.keyboard.type("orm")
    page.keyboard.press("Enter")
    expect(box).to_have_value("platform")
    expect(page.locator("mark.found").first).to_be_visible()


def test_the_last_click_on_a_document_counts(page: Page) -> None:
    ask(page, PLATFORM)
    ask(page, "Where did the blue heron nest?")
    waiting = held(page, "open")
    page.locator(".turn").first.get_by_role("button", name="View in document").first.click()
    page.locator(".turn").nth(1).get_by_role("button", name="View in document").first.click()
    for _ in range(50):
        if len(waiting) == 2:
            break
        page.wait_for_timeout(100)
    waiting.pop().continue_()
    expect(page.locator("mark.quoted").first).to_be_visible()
    waiting.pop().continue_()
    page.wait_for_timeout(500)
    assert "".join(page.locator("mark.quoted").all_text_contents()) in HERON
    expect(page.locator(".card[data-open]")).to_have_count(1)


def test_another_chat_closes_the_document_even_if_it_comes_late(page: Page) -> None:
    ask(page, PLATFORM)
    waiting = held(page, "open")
    page.locator(".card").first.get_by_role("button", name="View in document").click()
    page.get_by_role("button", name="New chat").click()
    go_on(page, waiting)
    page.wait_for_timeout(500)
    expect(page.locator(".reading")).to_have_count(0)


def test_a_part_that_arrives_too_late_is_discarded(page: Page) -> None:
    ask(page, "Where did the blue heron nest?").get_by_role("button", name="View in document").first.click()
    expect(page.locator("mark.quoted").first).to_be_in_viewport()
    waiting = held(page, "part")
    page.locator(".reading .content").evaluate("content => { content.scrollTop = content.scrollHeight }")
    place = page.locator(".map").bounding_box()
    assert place
    page.mouse.click(place["x"] + 5, place["y"] + 2)
    for _ in range(50):
        if len(waiting) == 2:
            break
        page.wait_for_timeout(100)
    for route in reversed(waiting):
        route.continue_()
        page.wait_for_timeout(400)
    page.unroute_all()
    starts = page.locator(".reading [data-at]").evaluate_all("units => units.map((unit) => Number(unit.dataset.at))")
    gaps = [after - before for before, after in pairwise(starts)]
    assert starts[0] == 0 and max(gaps) < 100 and min(gaps) > 0


def test_back_closes_the_document_and_not_the_page(page: Page) -> None:
    ask(page, PLATFORM)
    show = page.locator(".card").first.get_by_role("button", name="View in document")
    for _ in range(2):
        show.click()
        expect(page.locator("mark.quoted").first).to_be_visible()
        page.go_back()
        expect(page.locator(".reading")).to_have_count(0)
        expect(page.locator(".turn")).to_have_count(1)
    show.click()
    page.locator(".reading").get_by_role("button", name="Close", exact=True).click()
    show.click()
    expect(page.locator("mark.quoted").first).to_be_visible()


def test_a_draft_is_not_lost_to_another_button(page: Page) -> None:
    turn = ask(page, PLATFORM)
    box = page.get_by_label("Your question")
    box.fill("half a question")
    turn.get_by_role("button", name="Retry").click()
    expect(page.locator(".pending")).to_have_count(0)
    expect(page.locator(".card").first).to_be_visible()
    expect(box).to_have_value("half a question")


def test_a_deleted_chat_can_be_restored(page: Page) -> None:
    ask(page, PLATFORM)
    page.locator(".chats li").hover()
    page.get_by_role("button", name=f"Delete chat: {PLATFORM}").click()
    expect(page.locator(".chats li")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    page.locator(".chats").get_by_text(PLATFORM).click()
    expect(page.locator(".card").first).to_be_visible()


def test_a_document_is_read_from_the_library_and_by_its_headings(page: Page) -> None:
    page.get_by_role("button", name="Documents", exact=True).click()
    page.locator(".rows").get_by_role("button", name="chapters", exact=True).click()
    expect(page.locator(".reading header h2")).to_have_text("chapters")
    expect(page.locator(".shelf")).to_be_hidden()
    expect(page.locator(".steps.quote")).to_be_hidden()
    page.get_by_role("combobox", name="Contents").select_option(label=CHAPTER)
    expect(page.locator(".reading [data-at]", has_text=re.compile("^CHAPTER 40$"))).to_be_in_viewport()


def test_touching_beside_the_drawer_closes_it_on_a_phone(open_page: Callable[..., Page]) -> None:
    page = open_page(width=390, height=844, has_touch=True)
    ask(page, PLATFORM)
    page.get_by_role("button", name="Menu", exact=True).click()
    expect(page.get_by_role("button", name="New chat")).to_be_visible()
    page.touchscreen.tap(370, 400)
    expect(page.get_by_role("button", name="New chat")).to_be_hidden()
    expect(page.locator(".reading")).to_have_count(0)
    page.locator(".card").first.get_by_role("button", name="View in document").click()
    expect(page.locator("mark.quoted").first).to_be_in_viewport()
    page.get_by_role("button", name="Back to the answer").click()
    expect(page.locator(".reading")).to_have_count(0)


def test_a_document_that_is_gone_does_not_take_the_others_along(page: Page, server: Server) -> None:
    turn = ask(
        page, "How many oars does the ferry of Skagen have, and how many lanterns does the lamplighter of Visby trim?"
    )
    assert turn.locator(".card").count() > 1
    page.evaluate(
        """() => {
            const key = Object.keys(localStorage).find((key) => key.startsWith("chapter-verse:chat:"));
            const chat = JSON.parse(localStorage.getItem(key));
            const quotes = [...chat.turns[0].answer.quotes, ...chat.turns[0].answer.nearest];
            quotes.at(-1).document.sha256 = "0".repeat(64);
            localStorage.setItem(key, JSON.stringify(chat));
        }"""
    )
    page.reload()
    expect(page.locator(".gone")).to_have_count(1)
    page.locator(".card").first.get_by_role("button", name="View in document").click()
    expect(page.locator("mark.quoted").first).to_be_visible()
