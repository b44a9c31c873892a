"""The same three uses from a program, and a rebuild under a page that stays open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from gradio_client import Client
from playwright.sync_api import Page, expect

from .conftest import CALLED, Server, ask

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore")]

MASTER = "What is the harbour master of Lund called?"


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    client = Client(server.url, verbose=False)
    yield client
    client.close()


def call(client: Client, name: str, **arguments: Any) -> Any:
    return client.predict(api_name=name, **arguments)


def test_only_the_three_uses_are_published(client: Client) -> None:
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == {"/ask", "/retrieve", "/rebuild"}


def test_ask(client: Client) -> None:
    """With the path of the document as it is: not taken for a file to download."""
    answer = call(client, "/ask", question="Who is Wang Wen?")
    assert set(answer) == {"question", "answered", "confidence", "searched_for", "quotes", "nearest"}
    assert answer["answered"] is True
    assert answer["quotes"][0]["text"].startswith("Wang Wen, executive Dean")
    assert answer["quotes"][0]["document"]["path"].endswith("valdai-russia-central-asia.txt")
    follow_up = call(client, "/ask", question="What did he say?", history=["Who is Wang Wen?"])
    assert "Wang Wen" in follow_up["searched_for"]


def test_retrieve(client: Client) -> None:
    found = call(client, "/retrieve", query="EurAsEC platform", k=2)
    assert [hit["rank"] for hit in found["hits"]] == [1, 2]
    assert "EurAsEC" in found["hits"][0]["text"]
    assert len(call(client, "/retrieve", query="EurAsEC platform")["hits"]) == 5


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("/ask", {"question": " "}, "The question is empty"),
        ("/ask", {"question": "why " * 25_000}, "ask in 2,000 at most"),
        ("/ask", {"question": 7}, "must be a text"),
        ("/ask", {"question": "Who?", "history": "Wang Wen"}, "must be a list"),
        ("/retrieve", {"query": "river", "k": 0}, "k is 0"),
        ("/retrieve", {"query": "river", "k": "many"}, "k must be a whole number"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    client: Client, name: str, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(Exception, match=said) as caught:
        call(client, name, **arguments)
    assert "Traceback" not in str(caught.value)


def test_a_rebuild_answers_from_the_new_text_without_a_restart(client: Client, server: Server, page: Page) -> None:
    before = ask(page, MASTER).locator(".card").first
    expect(before.locator("q")).to_contain_text("Astrid")
    (server.sources / "harbour.txt").write_text(CALLED.format(name="Birgitta"), encoding="utf-8")
    assert "built" in call(client, "/rebuild")["report"]
    before.locator(".open").click()
    expect(page.get_by_role("alert")).to_contain_text("The document has changed")
    after = ask(page, f"Tell me once more: {MASTER}").locator(".card").first
    expect(after.locator("q")).to_contain_text("Birgitta")


def test_the_rebuild_button_reports(page: Page) -> None:
    page.get_by_role("button", name="Rebuild index").click()
    expect(page.locator(".notice")).to_contain_text("The index is", timeout=30_000)
    expect(page.locator(".welcome")).to_be_visible()


def test_a_rebuild_that_fails_leaves_the_old_book(server: Server, page: Page) -> None:
    bad = server.sources / "bad.jsonl"
    bad.write_text('{"id": "1", "text": "One."}\n{"id": "1", "text": "Two."}\n', encoding="utf-8")
    try:
        page.get_by_role("button", name="Rebuild index").click()
        expect(page.get_by_role("alert")).to_contain_text("Two documents have the id", timeout=30_000)
    finally:
        bad.unlink()
    expect(ask(page, "Who is Wang Wen?").locator(".card q").first).to_contain_text("Wang Wen")
