"""Questions and answers in headless Chromium, as people use them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from qa.__main__ import main as qa_command

from .conftest import GARDENER, GREENHOUSE, PARROT, SHIPPED, Server, ask

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
    expect(card.locator(".sure")).to_have_text(re.compile(r"^(High|Medium) confidence · \d\d%$"))
    expect(card.locator(".where")).to_contain_text("paragraph 27, line 51")
    card.locator("q").click()
    expect(page.locator("mark.quoted").first).to_be_in_viewport()
    assert "".join(page.locator("mark.quoted").all_text_contents()) == quote
    expect(page.locator(".reading mark.answer").first).to_be_in_viewport()
    expect(page.locator(".reading header")).to_contain_text(SHIPPED.name)


def test_a_first_visit_offers_what_the_documents_answer(page: Page) -> None:
    example = page.locator(".example").first
    text = example.text_content()
    example.click()
    expect(page.locator(".card q").first).to_be_visible()
    assert page.locator(".question").text_content() == text
    expect(page.locator(".welcome")).to_have_count(0)


def test_an_unanswered_question_shows_a_notice_and_the_closest_passages(page: Page) -> None:
    turn = ask(page, UNANSWERABLE)
    expect(turn.locator(".verdict")).to_have_text("No answer found in these documents.")
    expect(turn.locator(".nearest h3")).to_have_text("Closest passages (these don’t answer the question)")
    expect(turn.locator(".nearest .card").first).to_be_visible()
    expect(turn.locator("mark, .sure")).to_have_count(0)


def test_an_unsure_answer_shows_the_closest_passages_first(page: Page) -> None:
    ask(page, UNANSWERABLE)
    page.evaluate(
        """() => {
            const key = Object.keys(localStorage).find((key) => key.startsWith("chapter-verse:chat:"));
            localStorage.setItem(key, localStorage.getItem(key).replace('"nothing found"', '"unsure"'));
        }"""
    )
    page.reload()
    turn = page.locator(".turn")
    expect(turn.locator(".unsure")).to_have_text("These passages come closest.")
    expect(turn.locator(".unsure + .cards > .card").first).to_be_visible()
    expect(turn.locator("mark, .sure, .verdict, h3")).to_have_count(0)
    turn.get_by_role("button", name="Good answer").first.click()
    expect(turn.get_by_role("button", name="Good answer").first).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.locator(".unsure + .cards > .card").first).to_be_visible()
    page.locator(".card q").first.click()
    expect(page.locator(".reading mark.quoted").first).to_be_in_viewport()
    expect(page.locator(".reading mark.answer")).to_have_count(0)


def test_a_follow_up_shows_what_was_searched_for_and_can_be_asked_without_the_context(page: Page) -> None:
    first = ask(page, "What did Andrey Rudenko say about Central Asia?")
    expect(first.locator(".searched")).to_have_count(0)
    second = ask(page, "How did he describe the region?")
    expect(second.locator(".searched")).to_contain_text("Rudenko")
    second.get_by_role("button", name="Ask without context").click()
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator(".turn").nth(1).locator(".searched")).to_have_count(0)
    expect(page.locator(".turn").nth(1).locator(".card, .verdict").first).to_be_visible()


def test_a_question_can_be_edited_and_those_after_it_go(page: Page) -> None:
    ask(page, "Who is Wang Wen?")
    ask(page, UNANSWERABLE)
    ask(page, "What did he say?")
    page.locator(".turn").nth(1).get_by_role("button", name="Edit question").click()
    box = page.get_by_label("Your question")
    expect(box).to_have_value(UNANSWERABLE)
    expect(page.locator(".editing")).to_be_visible()
    box.fill(PLATFORM)
    box.press("Enter")
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator(".turn").nth(1).locator("q").first).to_contain_text("EurAsEC")
    expect(page.locator(".editing")).to_be_hidden()


def test_a_question_asked_again_keeps_its_position(page: Page) -> None:
    ask(page, PLATFORM)
    ask(page, UNANSWERABLE)
    page.locator(".turn").first.get_by_role("button", name="Retry").click()
    expect(page.locator(".turn").first.locator("q").first).to_contain_text("EurAsEC")
    assert page.locator(".question").all_text_contents() == [PLATFORM, UNANSWERABLE]


def test_a_question_can_be_stopped_while_the_server_is_slow(page: Page) -> None:
    page.route(
        re.compile("/act$"),
        lambda route: None if '"ask"' in (route.request.post_data or "") else route.continue_(),
    )
    box = page.get_by_label("Your question")
    box.fill(PLATFORM)
    box.press("Enter")
    expect(page.locator(".pending")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".pending, .turn")).to_have_count(0)
    expect(page.locator(".welcome")).to_be_visible()
    expect(box).to_have_value(PLATFORM)
    page.unroute_all()
    box.press("Enter")
    expect(page.locator(".card").first).to_be_visible()


def test_a_page_whose_script_does_not_arrive_says_so(server: Server, browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.route("**/scripts/*", lambda route: route.abort())
        page.goto(server.url)
        expect(page.locator("body")).to_contain_text("The server isn’t responding")


def test_an_unreachable_server_is_reported(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.route(
        re.compile("/act$"),
        lambda route: route.fulfill(status=200, body="null", content_type="application/json"),
    )
    page.get_by_label("Your question").fill(PLATFORM)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The server isn’t responding")
    expect(page.get_by_label("Your question")).to_have_value(PLATFORM)


def test_a_quote_is_copied_with_its_citation(open_page: Callable[..., Page]) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    card = ask(page, PLATFORM).locator(".card").first
    card.get_by_role("button", name="Copy quote").click()
    expect(page.locator(".foot .notice span")).to_have_text("Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"“{card.locator('q').text_content()}”\n— Prospects for cooperation")
    assert "paragraph 27, line 51" in copied and SHIPPED.name in copied


def test_a_link_asks_its_question_once(open_page: Callable[..., Page]) -> None:
    page = open_page(at="/?q=Who+is+Wang+Wen%3F&__theme=light")
    expect(page.locator(".card q").first).to_contain_text("Wang Wen")
    assert "q=" not in page.url and "__theme=light" in page.url
    page.reload()
    expect(page.locator(".turn")).to_have_count(1)


def test_thumbs_become_lines_that_evaluate_reads(
    page: Page, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    (server.index / "feedback.jsonl").unlink(missing_ok=True)  # of the tests before
    ask(page, PLATFORM).get_by_role("button", name="Good answer").first.click()
    thumb = page.get_by_role("button", name="Good answer").first
    expect(thumb).to_have_attribute("aria-pressed", "true")
    ask(page, UNANSWERABLE).get_by_role("button", name="Correct: there’s no answer").click()
    expect(page.locator(".foot .notice span")).to_contain_text("feedback was saved")
    page.reload()
    expect(thumb).to_have_attribute("aria-pressed", "true")
    capsys.readouterr()
    assert qa_command(["evaluate", str(server.index / "feedback.jsonl"), "--index", str(server.index), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["n"], figures["n_answerable"], figures["answer_in_quote@1"]) == (2, 1, 1.0)


def test_an_exported_chat_passes_verify(page: Page, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ask(page, PLATFORM)
    ask(page, UNANSWERABLE)
    saved = {}
    for choice in ("JSON (for verification)", "Markdown (.md)"):
        page.get_by_text("Export", exact=True).click()
        with page.expect_download() as download:
            page.get_by_role("button", name=choice).click()
        saved[choice] = tmp_path / download.value.suggested_filename
        download.value.save_as(saved[choice])
    json_file, markdown_file = saved.values()
    assert qa_command(["verify", str(json_file)]) == 0
    assert capsys.readouterr().out.count("✓") >= 2
    markdown = markdown_file.read_text(encoding="utf-8")
    assert markdown.startswith(f"## {PLATFORM}\n\n> ")
    assert f"## {UNANSWERABLE}\n\n*No answer found in these documents.*" in markdown
    assert "— Prospects for cooperation" in markdown
    json_file.write_text(json_file.read_text(encoding="utf-8").replace("EurAsEC", "EurAsXX"), encoding="utf-8")
    assert qa_command(["verify", str(json_file)]) == 1


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("What does the hostile gardener keep in the shed?", GARDENER),
        ("What stands in the greenhouse?", GREENHOUSE),
        ("What does the parrot say to visitors of the aviary?", PARROT),
    ],
)
def test_a_hostile_document_is_shown_verbatim_and_runs_nothing(page: Page, question: str, quote: str) -> None:
    """Attack: template literals and template engines' brackets, `${…}` and `{{…}}`, among other markup."""
    card = ask(page, question).locator(".card").first
    assert quote in (card.locator("q").text_content() or "")
    card.get_by_role("button", name="View in document").click()
    expect(page.locator("mark.quoted").first).to_be_in_viewport()
    assert quote in "".join(page.locator("mark.quoted").all_text_contents())
    expect(page.locator(".reading header h2")).to_contain_text("${alert(0)} {{value}}")
    expect(page.locator(".reading")).to_contain_text('<iframe src="http://evil.example/frame"></iframe>')
    made = "script, img, svg, iframe, a, b, [onclick], [onerror]"
    expect(page.locator(f":is(.conversation, .reading .content, .reading header) :is({made})")).to_have_count(0)


@pytest.mark.parametrize(
    "question", ["what is {{", "${alert(1)} {{{x}}} `", "<img src=x onerror=alert(1)><script>alert(2)</script>"]
)
def test_a_hostile_question_is_shown_verbatim(page: Page, question: str) -> None:
    assert ask(page, question).locator(".question").text_content() == question
    expect(page.locator(".chats")).to_contain_text(question)
    page.reload()
    expect(page.locator(".question")).to_have_text(question)


def test_a_hostile_file_name_is_shown_verbatim(page: Page) -> None:
    card = ask(page, "Where did the librarian of Ghent hide the map?").locator(".card").first
    expect(card.locator("cite")).to_have_text("<img src=x onerror=alert(8)>")
    assert "<b>Anna</b>, hid the map in the {{unclosed tower." in (card.locator("q").text_content() or "")
    expect(card.get_by_role("button", name="View in document")).to_have_accessible_name(
        re.compile(r"^View in document: <img src=x onerror=alert\(8\)>, paragraph 1, line 1 \(")
    )


def test_a_refused_question_stays_in_its_box_with_the_reason(page: Page) -> None:
    box = page.get_by_label("Your question")
    box.fill("why " * 1000)
    box.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("the limit is 2,000")
    expect(page.locator(".pending, .turn")).to_have_count(0)
    assert box.input_value().startswith("why why")
    box.fill("why " * 10_000)
    box.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("That text is too long (39,999 characters).")
