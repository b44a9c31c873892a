"""Names of documents that are written from right to left, or hold characters that change the direction of writing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from qa.web.page.scripts import FOLDER
from source import isolated, printable, undirected

from .conftest import Server, ask, serve, watched

pytestmark = pytest.mark.browser

OVERRIDE = "The ferry \u202e"
CLOSING = "The glazier \u2069\u202e"
HEBREW = "שומר המגדלור 2024 (יפו)"
ARABIC = "تقرير المرفأ"
DOCUMENTS = {
    "ferry\u202e.md": f"# {OVERRIDE}\n\nThe ferryman of Kalmar carries nineteen clocks \u202eand a bell.\n",
    "glazier.md": f"# {CLOSING}\n\n## Part {OVERRIDE}\n\nThe glazier of Murano owns a green ladder.\n",
    f"{ARABIC}.md": f"# {ARABIC}\n\nThe harbour master of Lund is called Astrid.\n",
    "hebrew.md": f"# {HEBREW}\n\nThe lamplighter of Visby trims forty-one lanterns.\n",
}
# Names and sentences with such characters, outside the words of documents; in attributes, isolates have to be closed.
DIRECTED = """(page) => {
  const control = /[\\u202a-\\u202e\\u2066-\\u2069\\u2028\\u2029]/, found = [];
  const walker = document.createTreeWalker(page, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode()); )
    if (control.test(node.data) && !node.parentElement.closest("q, .content, option")) found.push(node.data);
  for (const element of page.querySelectorAll("*"))
    for (const name of ["aria-label", "title", "placeholder"]) {
      const value = element.getAttribute(name) ?? "";
      if (control.test(value.replace(/\\u2068[^\\u2068\\u2069]*\\u2069/g, ""))) found.push(value);
    }
  return found;
}"""
# The left and right edges of the parts of a line, all of it shown.
EDGES = """(line) => {
  line.style.textOverflow = "clip";
  const edges = [...line.childNodes].map((node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const { left, right } = range.getBoundingClientRect();
    return { left, right };
  });
  return edges.flatMap(({ left, right }) => [Math.round(left), Math.round(right)]);
}"""


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    sources = tmp_path_factory.mktemp("named")
    for name, text in DOCUMENTS.items():
        (sources / name).write_text(text, encoding="utf-8")
    with serve(sources, tmp_path_factory.mktemp("named-index") / "index") as served:
        yield served


@pytest.fixture
def page(named: Server, browser: Browser) -> Iterator[Page]:
    with watched(browser, named.url) as opened:
        yield opened()


def harmless(page: Page) -> None:
    assert page.locator("#page").evaluate(DIRECTED) == []


def reads_on(line: Locator) -> None:
    edges = line.evaluate(EDGES)
    assert edges == sorted(edges), line.inner_html()


def test_no_name_turns_the_words_after_it(page: Page) -> None:
    """Attack: titles and names that end in an override or in the end of an isolate."""
    expect(page.locator(".welcome")).to_contain_text("The ferry \ufffd")
    harmless(page)
    card = ask(page, "What does the ferryman of Kalmar carry?").locator(".card").first
    expect(card.locator("q")).to_have_text("The ferryman of Kalmar carries nineteen clocks \u202eand a bell.")
    expect(card.locator("cite")).to_have_text("The ferry \ufffd")
    ask(page, "What does the glazier of Murano own?")
    harmless(page)
    page.locator(".card").last.get_by_role("button", name="View in document").click()
    expect(page.locator(".reading mark.quoted").first).to_be_visible()
    harmless(page)
    page.get_by_role("button", name="Documents", exact=True).click()
    expect(page.locator(".rows tr[data-id]")).to_have_count(len(DOCUMENTS))
    for row in page.locator(".rows tr[data-id]").all():
        row.get_by_role("checkbox").check()
    harmless(page)
    page.keyboard.press("Escape")
    line = page.locator(".asking span")
    expect(line).to_contain_text("The glazier \ufffd\ufffd")
    assert set(line.locator("bdi").all_inner_texts()) == {HEBREW, ARABIC, f"{ARABIC}.md"}
    reads_on(line)


def test_an_export_keeps_the_words_and_no_character_that_turns_its_lines(page: Page) -> None:
    card = ask(page, "What does the ferryman of Kalmar carry?").locator(".card").first
    words = card.locator("q").text_content()
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON (for verification)").click()
    written = Path(download.value.path()).read_text("utf-8")
    assert "\u202e" not in written
    quote = json.loads(written)["conversation"][0]["quotes"][0]
    assert (quote["text"], quote["document"]["title"]) == (words, OVERRIDE.strip())


def test_the_scripts_treat_names_as_the_server_does(browser: Browser) -> None:
    """Each character of Unicode's first planes, and tags: alone, in a name, and at the end of one."""
    codes = [
        code
        for code in (*range(0x3000), *range(0xD7F0, 0x11100), *range(0x1E700, 0x1F000), *range(0xE0000, 0xE1000))
        if not 0xD800 <= code < 0xE000
    ]
    given = [name.format(chr(code)) for code in codes for name in ("{}", "a{}\r\nb", "a{}b", "a{0}{0}b", " {}.txt")]
    page = browser.new_page()
    got = page.evaluate(
        """([script, names]) => import(URL.createObjectURL(new Blob([script], { type: "text/javascript" })))
            .then(({ isolated, undirected, printable }) =>
              names.map((name) => [isolated(name), undirected(name), printable(name)]))""",
        [(FOLDER / "names.js").read_text("utf-8"), given],
    )
    page.close()
    assert got == [[isolated(name), undirected(name), printable(name)] for name in given]
