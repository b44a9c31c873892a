"""One server over a folder of documents and one browser; every page is watched for errors and foreign requests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Dialog,
    Locator,
    Page,
    Request,
    expect,
    sync_playwright,
)
from qa_fixtures import free_port

import qa

sys.path.append(str(Path(__file__).parents[1]))
from pdf_fixtures import Text, pdf

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "source" / "documents" / "valdai-russia-central-asia.txt"
expect.set_options(timeout=30_000)  # milliseconds: a busy machine is slow, not wrong
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

GARDENER = (
    "The hostile gardener keeps <script>alert(1)</script> and <img src=x onerror=alert(2)> in the"
    " `${alert(3)}` shed beside {{value}} and {{{x}}} and {{#each items}} today."
)
GREENHOUSE = (
    "A lone {{ brace, a backtick ` and a backslash \\ stand in the greenhouse with"
    " [a link](javascript:alert(4)) and ![a picture](http://evil.example/pixel.png) on the wall."
)
PARROT = (
    "The parrot says \"><svg/onload=alert(5)> and ' onclick='alert(6) and &lt;b&gt; &amp; &#x3C; to every"
    " visitor of the aviary."
)
EVIL = f"""# Evil <script>alert('title')</script> ${{alert(0)}} {{{{value}}}}

{GARDENER}

{GREENHOUSE}

{PARROT}

<iframe src="http://evil.example/frame"></iframe>

<a href="javascript:alert(7)">click</a>
"""
HERON = "The blue heron nested in the clock tower of Aldermoor."
CHRONICLE = "\n\n".join(HERON if n == 300 else f"On day {n} the keeper counted {n} lanterns." for n in range(1, 421))
LANTERN = "The lamplighter of Visby trims forty-one lanterns."
LANTERNS = pdf([[Text(72, 200, "This page has nothing to say.")], [Text(72, 300, LANTERN, 14)]], title="The Lanterns")
BARRELS = "The cooper of Ystad sells seventeen barrels."
HEBREW = "שומר המגדלור של יפו נקרא אהרון והוא מדליק שבעה פנסים בכל ערב.\n"
CHAPTERS = "\n\n".join(
    f"CHAPTER {n}\n\nThe miner of Falun found {n} stones that shone by night, {n} of iron." for n in range(1, 61)
)
FERRY = "The ferry of Skagen has sixteen oars and a bell of bronze."
MILL = "# The mill\n\nThe **vermilion** door of the mill has the colour of [poppies](poppies.html).\n"
CALLED = "The harbour master of Lund is called {name} Lindqvist.\n"


@dataclass(frozen=True)
class Server:
    """A running `python app.py`."""

    url: str
    sources: Path
    index: Path


@contextmanager
def serve(sources: Path, index: Path, *options: str) -> Iterator[Server]:
    """Serves the page over an index of these sources, on a free port."""
    qa.rebuild(index, sources=[sources])
    port = free_port()
    command = [sys.executable, "app.py", "--port", str(port), "--index", str(index), "--source", str(sources), *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            assert str(port) in line, line
            yield Server(f"http://127.0.0.1:{port}", sources, index)
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    sources = tmp_path_factory.mktemp("sources")
    shutil.copyfile(SHIPPED, sources / SHIPPED.name)
    (sources / "evil.md").write_text(EVIL, encoding="utf-8")
    (sources / "<img src=x onerror=alert(8)>.txt").write_text(
        "The librarian of Ghent, <b>Anna</b>, hid the map in the {{unclosed tower.\n", encoding="utf-8"
    )
    (sources / "chronicle.txt").write_text(CHRONICLE, encoding="utf-8")
    (sources / "harbour.txt").write_text(CALLED.format(name="Astrid"), encoding="utf-8")
    (sources / "lanterns.pdf").write_bytes(LANTERNS)
    (sources / "barrels.pdf").write_bytes(pdf([[Text(72, 300, BARRELS)]], title="The Barrels"))
    (sources / "hebrew.txt").write_text(HEBREW, encoding="utf-8")
    for name in ("one", "two"):
        (sources / f"ferry {name}.txt").write_text(f"This is number {name}.\n\n{FERRY}\n", encoding="utf-8")
    (sources / "mill.md").write_text(MILL, encoding="utf-8")
    (sources / "chapters.txt").write_text(CHAPTERS, encoding="utf-8")
    with serve(sources, tmp_path_factory.mktemp("index") / "index") as served:
        yield served


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@contextmanager
def watched(browser: Browser, url: str) -> Iterator[Callable[..., Page]]:
    """A function that opens the page in a session of its own.

    Afterwards it checks that no other machine was contacted, no error logged and no dialog shown.
    """
    trouble: list[str] = []

    def watch(request: Request) -> None:
        if not request.url.startswith((url + "/", "data:", "blob:")):
            trouble.append(f"request: {request.url}")

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            trouble.append(f"console: {message.text}")

    def dismiss(dialog: Dialog) -> None:
        trouble.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def opened(width: int = 1440, height: int = 900, at: str = "", **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        page = context.new_page()
        page.on("request", watch)
        page.on("console", listen)
        page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
        page.on("dialog", dismiss)
        page.goto(url + at)
        page.wait_for_selector(".welcome, .turn")
        return page

    before = set(browser.contexts)
    yield opened
    for context in set(browser.contexts) - before:
        context.close()
    assert trouble == []


@pytest.fixture
def open_page(server: Server, browser: Browser) -> Iterator[Callable[..., Page]]:
    with watched(browser, server.url) as opened:
        yield opened


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()


def ask(page: Page, question: str) -> Locator:
    """Asks a question by keyboard; returns the turn once it is answered."""
    turns = page.locator(".turn")
    count = turns.count()
    box = page.get_by_label("Your question")
    box.fill(question)
    box.press("Enter")
    turn = turns.nth(count)
    expect(turn.locator(".card, .verdict").first).to_be_visible()
    return turn
