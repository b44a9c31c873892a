"""Takes the README's screenshots: of the shipped article, and of a PDF that is made from it.

python tests/browser/screenshots.py docs/images
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

sys.path.append(str(Path(__file__).parents[1]))
from pdf_fixtures import Text, paragraph, pdf

QUESTION = "How many people from the region study at Russian universities?"
UNANSWERED = "Who won the football world cup in 2018?"
ARTICLE = Path("source/documents/valdai-russia-central-asia.txt")
_LINES = 46  # on a page


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        with served(Path(scratch, "article"), ARTICLE) as url:
            take(browser, url, folder / "answer.png", QUESTION, width=1280, height=720, dark=False, show=True)
            take(browser, url, folder / "answer-dark.png", QUESTION, width=1280, height=720, dark=True, show=True)
            take(browser, url, folder / "not-answered.png", UNANSWERED, width=1280, height=720, dark=False, show=False)
            take(browser, url, folder / "phone.png", QUESTION, width=390, height=844, dark=False, show=False)
        printed = Path(scratch, "article.pdf")
        printed.write_bytes(printed_article())
        with served(Path(scratch, "pdf"), printed) as url:
            take(browser, url, folder / "page.png", QUESTION, width=1280, height=720, dark=False, show=True)


def printed_article() -> bytes:
    """The article as a PDF of a few pages."""
    title, *paragraphs = [line for line in ARTICLE.read_text("utf-8").splitlines() if line.strip()]
    lines = [line for text in paragraphs for line in [*textwrap.wrap(text, 88), ""]]
    lines = [line.encode("cp1252", "replace").decode("cp1252") for line in lines]
    starts = range(0, len(lines), _LINES)
    pages = [[Text(60, 40, title[:70], 8), *paragraph(lines[start : start + _LINES], x=60, y=80)] for start in starts]
    return pdf(pages, title=title.replace("–", "-"))


@contextmanager
def served(index: Path, source: Path) -> Iterator[str]:
    """The page over an index of this source."""
    subprocess.run([sys.executable, "-m", "index", "build", str(source), "--index", str(index)], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "app.py", "--port", str(port), "--index", str(index), "--source", str(source)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


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
    main(Path(sys.argv[1]))
