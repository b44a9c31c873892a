"""How long a reader of the page waits: for the page, and from Enter to the first quote, beside the library's own time.

python tests/benchmarks/page_answer.py [QUESTIONS.jsonl SOURCE]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

import qa
from qa.evaluation.questions import read_questions

sys.path.append(str(Path(__file__).parents[1]))
from browser.screenshots import ARTICLE, chromium, served

_QUESTIONS = [
    "Which platform was proposed for discussing economic relations?",
    "Who is Wang Wen?",
    "How many people from the region study at Russian universities?",
    "Which threats to the region were discussed?",
    "Who won the football world cup in 2018?",
]
_ROUNDS = 10

# From Enter until the answer has been painted; the page's own clock.
_WAIT = """async (question) => {
    const box = document.querySelector(".composer textarea");
    const turns = document.querySelector(".turns");
    box.value = question;
    const start = performance.now();
    box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
    while (!turns.querySelector(".turn:last-child :is(.card q, .verdict)")) {
        await new Promise((seen) => new MutationObserver(seen).observe(turns, { childList: true, subtree: true }));
    }
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    return performance.now() - start;
}"""


def main(arguments: list[str]) -> None:
    questions = [each.question for each in read_questions(Path(arguments[0]))] if arguments else _QUESTIONS * _ROUNDS
    source = Path(arguments[1]) if arguments else ARTICLE
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        index = Path(scratch, "index")
        with served(index, source) as url, chromium(playwright) as browser:
            loads = [_load(browser.new_page(), url) for _ in range(5)]
            page = browser.new_page()
            _load(page, url)
            in_page = [_ask(page, question) for question in questions]
        in_library = _library(index, questions)
    print(f"page load, ms             {statistics.median(loads):8.0f}   the slowest of five {max(loads):.0f}")
    print(f"Enter to first quote, p50 {statistics.median(in_page):8.1f}")
    print(f"the library's answer, p50 {statistics.median(in_library):8.1f}")
    print(f"difference, ms            {statistics.median(in_page) - statistics.median(in_library):8.1f}")


def _load(page: Page, url: str) -> float:
    start = time.perf_counter()
    page.goto(url)
    page.wait_for_selector(".welcome")
    return 1000 * (time.perf_counter() - start)


def _ask(page: Page, question: str) -> float:
    """Each in a chat of its own, so that none is a follow-up."""
    page.get_by_role("button", name="New chat").click()
    page.wait_for_selector(".welcome")
    return float(page.evaluate(_WAIT, question))


def _library(index: Path, questions: list[str]) -> list[float]:
    book = qa.load(index)
    taken = []
    for question in [questions[0], *questions]:
        start = time.perf_counter()
        book.ask(question)
        taken.append(1000 * (time.perf_counter() - start))
    return taken[1:]


if __name__ == "__main__":
    main(sys.argv[1:])
