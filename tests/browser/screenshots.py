"""Takes the README's screenshots of a running page.

python tests/browser/screenshots.py http://127.0.0.1:7860 docs/images
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

QUESTION = "How many people from the region study at Russian universities?"
UNANSWERED = "Who won the football world cup in 2018?"


def main(url: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        take(browser, url, folder / "answer.png", QUESTION, width=1280, height=720, dark=False, show=True)
        take(browser, url, folder / "answer-dark.png", QUESTION, width=1280, height=720, dark=True, show=True)
        take(browser, url, folder / "not-answered.png", UNANSWERED, width=1280, height=720, dark=False, show=False)
        take(browser, url, folder / "phone.png", QUESTION, width=390, height=844, dark=False, show=False)


def take(
    browser: Browser, url: str, path: Path, question: str, *, width: int, height: int, dark: bool, show: bool
) -> None:
    page = browser.new_page(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", reduced_motion="reduce"
    )
    page.goto(url)
    page.get_by_role("textbox").fill(question)
    page.keyboard.press("Enter")
    card = page.locator("[data-quote]").first
    expect(card).to_be_visible(timeout=30_000)
    if show:
        page.get_by_role("button", name="Show").first.click()
        page.wait_for_timeout(1000)
    page.screenshot(path=str(path))
    page.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
