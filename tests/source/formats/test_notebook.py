"""Jupyter notebooks: paragraphs with their cells."""

from __future__ import annotations

import json

import pytest

from source.errors import Damaged, SourceEmpty
from source.formats.notebook import read_notebook


def notebook(*cells: object) -> str:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


TEXT = {"cell_type": "markdown", "source": ["# Harbours\n", "Two ships\n", "sail.\n", "\n", "```\n", "# no\n", "```"]}
CODE = {
    "cell_type": "code", "execution_count": 9, "source": "x = 1\n\nprint(x)",
    "outputs": [
        {"output_type": "stream", "text": ["\x1b[31m1\x1b[0m\n"]},
        {"output_type": "display_data", "data": {"image/png": "AAAA", "text/plain": "<Figure>"}},
    ],
}  # fmt: skip


def test_each_paragraph_is_found_at_its_cell() -> None:
    document = read_notebook(notebook(TEXT, CODE), id="a.ipynb")
    found = [(document.text[s.start : s.end], document.place(s.start).numbers) for s in document.places.paragraphs]
    assert found == [
        ("Two ships\nsail.", "cell 1"), ("```\n# no\n```", "cell 1"), ("x = 1\n\nprint(x)", "cell 2"), ("1", "cell 2"),
        ("<Figure>", "cell 2"),
    ]  # fmt: skip
    assert document.title == "Harbours"
    assert document.place(len(document.text)).heading == ("Harbours",)


def test_a_notebook_of_the_third_version_is_read() -> None:
    old = json.dumps({"worksheets": [{"cells": [{"cell_type": "code", "input": ["1 + 1"], "outputs": []}]}]})
    assert read_notebook(old, id="a.ipynb").text == "1 + 1"


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"worksheets": [1]}'])
def test_what_is_no_notebook_is_damaged(text: str) -> None:
    with pytest.raises(Damaged):
        read_notebook(text, id="a.ipynb")


@pytest.mark.parametrize("cells", [[], [None, 1, []], [{"source": {"a": 1}, "outputs": 3}], [{"source": ["\ud800"]}]])
def test_strange_cells_are_passed_over(cells: list[object]) -> None:
    try:
        assert read_notebook(notebook(*cells), id="a.ipynb").text == "?"
    except SourceEmpty:
        assert cells != [{"source": ["\ud800"]}]
