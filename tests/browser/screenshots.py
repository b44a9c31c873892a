"""Takes the README's screenshots: of the shipped article, and of a PDF made from it.

python tests/browser/screenshots.py docs/images
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

sys.path.append(str(Path(__file__).parents[1]))
from pdf_fixtures import Text, paragraph, pdf

QUESTION = "How many people from the region study at Russian universities?"
SEVERAL = "Who is Wang Wen?"
UNANSWERED = "Who won the football world cup in 2018?"
ARTICLE = Path("source/documents/valdai-russia-central-asia.txt")
_LINES = 46  # per page of the PDF


@dataclass(frozen=True)
class Shot:
    """A screenshot: the steps before it is taken, and the browser's settings."""

    name: str
    steps: tuple[Callable[[Page], object], ...]
    width: int = 1280
    height: int = 760
    browser: dict[str, Any] = field(default_factory=dict)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch, chromium(playwright) as browser:
        with served(Path(scratch, "article"), ARTICLE) as url:
            for shot in OF_THE_ARTICLE:
                take(browser, url, folder, shot)
        (Path(scratch) / "printed").mkdir()
        Path(scratch, "printed", "article.pdf").write_bytes(printed_article())
        shutil.copy(ARTICLE, Path(scratch, "printed"))
        shutil.copy("docs/formats.md", Path(scratch, "printed"))
        with served(Path(scratch, "pdf"), Path(scratch, "printed")) as url:
            for shot in OF_SEVERAL:
                take(browser, url, folder, shot)


def asked(question: str) -> Callable[[Page], object]:
    """A step that asks a question and waits for the answer."""

    def step(page: Page) -> None:
        count = page.locator(".turn").count()
        page.locator(".composer textarea").fill(question)
        page.keyboard.press("Enter")
        expect(page.locator(".turn").nth(count).locator(".card, .verdict").first).to_be_visible(timeout=30_000)

    return step


def opened(page: Page) -> None:
    """Opens the document of the first quote."""
    page.locator('[data-do="show"]').first.click()
    expect(page.locator("mark.quoted").first).to_be_visible()


def only(title: str) -> Callable[[Page], object]:
    """A step that limits questions to the document with this title."""

    def step(page: Page) -> None:
        library(page)
        page.locator(f'[data-title="{title}"] input').last.check()
        page.keyboard.press("Escape")

    return step


def library(page: Page) -> None:
    """Opens the library."""
    page.locator('.side [data-do="library"]').click()
    expect(page.locator(".rows table")).to_be_visible()


def found(words: str) -> Callable[[Page], object]:
    """A step that searches the open document."""

    def step(page: Page) -> None:
        page.locator('[name="find"]').fill(words)
        page.keyboard.press("Enter")
        expect(page.locator("mark.found").first).to_be_visible()

    return step


_DARK: dict[str, Any] = {"color_scheme": "dark"}
OF_THE_ARTICLE = (
    Shot("welcome.png", ()),
    Shot("answer.png", (asked(QUESTION), opened)),
    Shot("answer-dark.png", (asked(QUESTION), opened), browser=_DARK),
    Shot("not-answered.png", (asked(UNANSWERED),)),
    Shot("find.png", (asked(SEVERAL), opened, found("region"))),
    Shot("russian.png", (asked("Кто такой Ван Вэнь?"),), browser={"locale": "ru-RU"}),
    Shot("phone.png", (asked(QUESTION),), 390, 844),
    Shot("phone-document.png", (asked(QUESTION), opened), 390, 844),
)
_PRINTED = "Prospects for cooperation between Russia and Central Asia - a new defense order.strategy"
OF_SEVERAL = (
    Shot("library.png", (library,)),
    Shot("page.png", (only(_PRINTED), asked(QUESTION), opened)),
    Shot("markdown.png", (only("Formats"), asked("How are running headers found?"), opened)),
)


def printed_article() -> bytes:
    """The article as a PDF of several pages."""
    title, *paragraphs = [line for line in ARTICLE.read_text("utf-8").splitlines() if line.strip()]
    lines = [line for text in paragraphs for line in [*textwrap.wrap(text, 88), ""]]
    lines = [line.encode("cp1252", "replace").decode("cp1252") for line in lines]
    starts = range(0, len(lines), _LINES)
    pages = [[Text(60, 40, title[:70], 8), *paragraph(lines[start : start + _LINES], x=60, y=80)] for start in starts]
    return pdf(pages, title=title.replace("–", "-"))


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The system's Chromium."""
    browser = playwright.chromium.launch(
        executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
    )
    yield browser
    browser.close()


@contextmanager
def served(index: Path, source: Path) -> Iterator[str]:
    """Serves the page over an index of a source; gives its URL."""
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


def take(browser: Browser, url: str, folder: Path, shot: Shot) -> None:
    """Takes a screenshot."""
    size = {"width": shot.width, "height": shot.height}
    context = browser.new_context(viewport=size, reduced_motion="reduce", **shot.browser)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(".welcome")
    for step in shot.steps:
        step(page)
    page.wait_for_timeout(1000)
    page.screenshot(path=str(folder / shot.name))
    context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
