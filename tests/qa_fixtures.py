"""Books that the tests of `qa` and of the command lines ask.

A plugin that the tests import too: PYTEST_DONT_REWRITE, there is no assertion in it.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import qa

if TYPE_CHECKING:
    from qa.web.api.gradio import gr
    from qa.web.http.config import Config
    from qa.web.state import AppState

ARTICLE_QUESTIONS = [
    "How much is Russia's cumulative investment in Central Asia?",
    "How many citizens from the region live permanently in Russia?",
    "Who talked about the relationship between Russia and Uzbekistan?",
    "Which organization was nominated as a platform for practical cooperation?",
    "When did the conference take place?",
    "Who is Rahim Oshakbaev?",
    "What do experts think about Afghanistan?",
    "What are the limitations of Russia's modern economy?",
    "What was proposed to avoid sanctions on consumer goods?",
    "Which threats to the region were discussed?",
    "How tall is Mount Everest?",
    "Who wrote Hamlet?",
]

_REPORT = """# Annual report {year}

{facts}

## Sales

The company sold {sold} ferries to harbours in Sweden. Sales of ferries {rose}.
"""
_POLICY = """Travel Policy {year}

Employees may spend {euros} euros a night on a hotel. Hotels are booked early.
"""
COMPANY = {
    "annual-report-2021.md": _REPORT.format(
        year=2021, facts="By Anna Berg and Bo Ek\n\n12 March 2022", sold=140, rose="were the highest ever"
    ),
    "annual-report-2023.md": _REPORT.format(
        year=2023,
        facts="By Carl Lind\n\nVersion 2.1 – 5 March 2024",
        sold=190,
        rose="rose since old ones were replaced",
    ),
    "travel-policy-2020.txt": _POLICY.format(year=2020, euros=90),
    "travel-policy-2024.txt": _POLICY.format(year=2024, euros=130),
    "lease.txt": "Lease of the boathouse\n\nThe rent is 900 euros. The tenant paints the door. This is no hotel.\n",
}


def build_book(folder: Path, files: Mapping[str, str | bytes]) -> qa.Book:
    """A book of `files` (name → content), written below `folder` byte for byte."""
    sources = folder / "sources"
    for name, text in files.items():
        path = sources / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    qa.rebuild(folder / "index", [sources])
    return qa.load(folder / "index")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served_book(
    folder: Path, config: Config, text: str = "The ferryman of Kalmar carries nineteen clocks."
) -> Iterator[tuple[str, gr.Blocks, AppState]]:
    """Serves a book of one document, built in `folder`; yields the server's address, its page and its state."""
    from qa.web.page.page import create_app  # imports Gradio, which most tests don't need
    from qa.web.serve import launch
    from qa.web.state import AppState

    build_book(folder, {"ferry.txt": text})
    state = AppState(folder / "index", [str(folder / "sources")])
    app = create_app(state)
    try:
        yield launch(app, "127.0.0.1", free_port(), state, config).address, app, state
    finally:
        app.close()


@pytest.fixture(scope="session")
def qa_article_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the shipped article."""
    root = tmp_path_factory.mktemp("article") / "index"
    qa.rebuild(root)
    return root


@pytest.fixture(scope="session")
def qa_article(qa_article_index: Path) -> qa.Book:
    """The shipped article, to be asked."""
    return qa.load(qa_article_index)


@pytest.fixture(scope="session")
def qa_company(tmp_path_factory: pytest.TempPathFactory) -> qa.Book:
    """A book of a company's reports, policies and lease, some in two versions."""
    return build_book(tmp_path_factory.mktemp("company"), COMPANY)
