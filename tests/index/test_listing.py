"""The documents of an index, listed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pdf_fixtures import paragraph, pdf

from index import FolderStore, build
from index.__main__ import main
from index.store import listed, matching

pytestmark = pytest.mark.usefixtures("encoder")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    pages = [
        ["The comet has a tail, and it", "is made of dust."],
        ["Nobody has seen it", "from near by so far."],
    ]
    (folder / "a.pdf").write_bytes(pdf([paragraph(lines) for lines in pages]))
    (folder / "long.txt").write_text(" ".join(f"The keeper counted {n} ships near the harbour." for n in range(60)))
    (folder / "set.jsonl").write_text('{"id": "r\\u001b[31m", "title": "Red\\nships", "text": "Ships."}\n')
    build(tmp_path / "index", [folder])
    return tmp_path / "index"


def test_the_command_lists_documents(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["documents", "--index", str(root)]) == 0
    assert capsys.readouterr().out == (
        "a.pdf\ta\t1 passage\nlong.txt\tlong\t5 passages\nr [31m\tRed ships\t1 passage\n"
    )
    assert main(["documents", "--index", str(root), "--json"]) == 0
    documents = json.loads(capsys.readouterr().out)["documents"]
    folder = (root.parent / "in").as_posix()
    assert documents == [
        {"id": "a.pdf", "title": "a", "path": f"{folder}/a.pdf", "format": "pdf", "pages": 2, "passages": 1},
        {
            "id": "long.txt", "title": "long", "path": f"{folder}/long.txt", "format": "txt", "pages": None,
            "passages": 5,
        },
        {
            "id": "r\x1b[31m", "title": "Red\nships", "path": f"{folder}/set.jsonl", "format": "jsonl", "pages": None,
            "passages": 1,
        },
    ]  # fmt: skip
    assert main(["documents", "--index", str(root / "none")]) == 1
    assert "No index found in" in capsys.readouterr().err


def test_rows_are_in_the_order_of_the_sources(root: Path) -> None:
    store = FolderStore(root)
    assert store.rows.ids() == [store.document(row).id for row in range(store.documents)]
    assert [each.id for each in listed(store, [2, 0])] == ["r\x1b[31m", "a.pdf"]
    for row in range(store.documents):
        assert list(store.passages_in(row)) == [n for n in range(len(store)) if store.document_of(n) == row]
    assert "a.pdf" in store.rows and "none" not in store.rows
    assert matching(store) == range(3)
    assert matching(store, "red  SHIPS") == matching(store, "RED\n") == [2]
    assert matching(store, "zzz") == [] and matching(store, ".PDF") == [0]
