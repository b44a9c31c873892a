"""A document's pages: for each page only its own marks are looked up."""

from __future__ import annotations

import pytest
from pdf_fixtures import paragraph, pdf

import qa
from qa import DocumentRef, Edition, Quote
from qa.find import find_in
from qa.web.page.document.units import PageUnits, View
from qa.web.page.texts import in_language
from source import Box, Document, Place, Span

pytestmark = pytest.mark.usefixtures("encoder")


@pytest.fixture(scope="module")
def qa_pages(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    folder = tmp_path_factory.mktemp("pages")
    lines = [[f"The keeper counted the ships of harbour {n}.", "He wrote them down."] for n in range(3)]
    (folder / "ships.pdf").write_bytes(pdf([paragraph(each) for each in lines]))
    qa.rebuild(folder / "index", [folder / "ships.pdf"])
    return qa.load(folder / "index").now()


def forged(document: Document) -> tuple[Quote, ...]:
    """Quotes of the whole document, with many highlights, all on its first page."""
    span = Span(0, len(document.text))
    marks = tuple(Span(n, n + 1) for n in range(30))
    return (Quote(document.text, span, marks, Place(1, (), None, None), DocumentRef.of(document), 1.0),) * 20


def test_only_what_is_marked_on_a_page_is_looked_up(qa_pages: Edition, monkeypatch: pytest.MonkeyPatch) -> None:
    document = qa_pages.document("ships.pdf")
    asked: list[Span] = []
    boxes = qa_pages.boxes

    def counting(id: str, span: Span) -> tuple[Box, ...]:
        asked.append(span)
        return boxes(id, span)

    monkeypatch.setattr(qa_pages, "boxes", counting)
    found = tuple(find_in(document, "ships"))
    assert [document.places.page(span.start) for span in found] == [1, 2, 3]
    sheets = PageUnits(View(document, forged(document), found, answered=True), qa_pages, in_language("en"))
    html = sheets.draw(1, 3)
    assert asked == list(found[1:]) and html.count("found box") == 2 and "answer box" not in html
    assert f'data-start="{found[2].start}"' in html
    assert sheets.draw(0, 1).count("answer box") > 20


def test_boxes_are_found_by_the_id_alone(qa_pages: Edition, monkeypatch: pytest.MonkeyPatch) -> None:
    span = find_in(qa_pages.document("ships.pdf"), "harbour 1")[0]
    monkeypatch.setattr(qa_pages.store, "passages_of", None)
    (box,) = qa_pages.boxes("ships.pdf", span)
    assert box.page == 2
    with pytest.raises(KeyError):
        qa_pages.boxes("none.pdf", span)
