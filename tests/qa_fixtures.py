"""Books that the tests of `qa` and of the command lines ask.

A plugin that the tests import too: PYTEST_DONT_REWRITE, there is no assertion in it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import qa

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


def build_book(folder: Path, files: dict[str, str]) -> qa.Book:
    """A book of `files` (name → text), written below `folder` byte for byte."""
    sources = folder / "sources"
    for name, text in files.items():
        path = sources / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    qa.rebuild(folder / "index", [sources])
    return qa.load(folder / "index")


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
