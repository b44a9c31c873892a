"""Documents come back from their lines, and their facts without the text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source.document import Document, Doubt, DoubtKind
from source.document_json import DocumentFacts, dump_document, load_document, load_facts
from source.places import Heading, Places

LIKE_FIELDS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(['", "text": "', ', "pages": [1]', '\\", "pages": ', "\\", '"', "{}", "\n"]),
)


@given(LIKE_FIELDS, LIKE_FIELDS, LIKE_FIELDS, st.lists(st.integers(0, 99), max_size=3))
def test_facts_are_those_of_the_document_whatever_it_says(id: str, title: str, text: str, pages: list[int]) -> None:
    pages = sorted(min(page, len(text)) for page in pages)
    document = Document(
        id=id, title=title, path=text, sha256="0", extractor="x/1", text=text,
        places=Places(headings=(Heading(0, 1, title),), pages=tuple(pages), page_name=title),
        doubts=(Doubt(DoubtKind.NO_TEXT, 2), Doubt(DoubtKind.CONTROL)),
    )  # fmt: skip
    line = dump_document(document)
    assert load_document(line) == document
    assert load_facts(line) == DocumentFacts(
        id, title, text, len(pages) or None, document.doubts, sha256="0", extractor="x/1"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("paragraphs", [[0, 5]]),
        ("paragraphs", [[-1, 3]]),
        ("paragraphs", [[2, 1]]),
        ("paragraphs", [[0, 3], [2, 4]]),
        ("regions", [[3, 5, "heading"]]),
        ("headings", [[5, 1, "Beyond", None]]),
        ("headings", [[2, 1, "Ends before", 1]]),
        ("pages", [3, 2]),
    ],
)
def test_offsets_outside_the_text_or_in_disorder_are_refused(name: str, value: object) -> None:
    record = json.loads(dump_document(Document("a", "t", "p", "0", "x/1", "text")))
    with pytest.raises(ValueError, match="offsets"):
        load_document(json.dumps({**record, name: value}).encode())


ODD = [
    None,
    True,
    -0.5,
    "x",
    "\ud800",
    {},
    [],
    [None],
    [["a", 1, "heading"]],
    [[0, 1]],
    [[0, 1, "none"]],
    {"a": 1},
    [1, "2"],
]


@pytest.mark.parametrize("name", json.loads(dump_document(Document("a", "t", "p", "0", "x/1", "text"))))
def test_an_invalid_line_is_a_value_error_and_nothing_else(name: str) -> None:
    record = json.loads(dump_document(Document("a", "t", "p", "0", "x/1", "text")))
    lines = [json.dumps({each: value for each, value in record.items() if each != name}), "[]", "{", "7", "[" * 100_000]
    lines += [json.dumps({**record, name: value}) for value in ODD]
    with pytest.raises(ValueError):
        load_document(lines[0].encode())
    for line in lines:
        for load in (load_document, load_facts):
            try:
                load(line.encode())
            except ValueError:
                continue


@given(st.integers(7, 40), st.text(st.sampled_from('aé漢😀\\"\n\t\0\x1f\u2028/u')))
def test_a_text_comes_back_however_its_line_is_cut(size: int, text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("source.document_json._CHARACTERS", size)
        line = dump_document(Document("a", "t", "p", "0", "x/1", text))
        assert load_document(line).text == text
    whole = line.replace(b'"text": "', b'"text": "\\u00e9\\ud83d\\ude00\\/')
    assert load_document(whole).text == "é😀/" + text


@pytest.mark.parametrize(
    "string", [b'"a', b'a"', b'"a"b"', b'"', b'"\\"', b'"\\u12"', b'"\\x"', b'"\xff"', b'"a\n"', b"1"]
)
def test_a_text_that_is_not_json_is_refused(string: bytes) -> None:
    line = dump_document(Document("a", "t", "p", "0", "x/1", "word"))
    with pytest.raises(ValueError):
        load_document(line.replace(b'"word"', string))
