"""Documents come back from their lines, and their facts without the text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from source.document import Document, Doubt, DoubtKind
from source.places import Heading, Places
from source.records import DocumentFacts, dump_document, load_document, load_facts

LIKE_FIELDS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(['", "text": "', ', "pages": [1]', '\\", "pages": ', "\\", '"', "{}", "\n"]),
)


@given(LIKE_FIELDS, LIKE_FIELDS, LIKE_FIELDS, st.lists(st.integers(0, 99), max_size=3))
def test_facts_are_those_of_the_document_whatever_it_says(id: str, title: str, text: str, pages: list[int]) -> None:
    document = Document(
        id=id, title=title, path=text, sha256="0", extractor="x/1", text=text,
        places=Places(headings=(Heading(0, 1, title),), pages=tuple(pages), page_name=title),
        doubts=(Doubt(DoubtKind.NO_TEXT, 2), Doubt(DoubtKind.CONTROL)),
    )  # fmt: skip
    line = dump_document(document)
    assert load_document(line) == document
    assert load_facts(line) == DocumentFacts(id, title, text, len(pages) or None, document.doubts)
