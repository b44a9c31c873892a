"""OpenDocument presentations, templates and shows: slide by slide."""

from __future__ import annotations

from pathlib import Path

import pytest
from sheet_fixtures import zipped

from source.document import Doubt, DoubtKind
from source.errors import Damaged, SourceEmpty
from source.formats.office.odp import read_odp
from source.formats.registry import format_of

FILES = Path(__file__).parent / "files"
NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{kind}:1.0"'
    for name, kind in [
        ("office", "office"), ("draw", "drawing"), ("text", "text"), ("presentation", "presentation"),
        ("svg", "svg-compatible"),
    ]
)  # fmt: skip


def odp(*slides: str) -> bytes:
    pages = "".join(f"<draw:page>{slide}</draw:page>" for slide in slides)
    body = f"<office:body><office:presentation>{pages}</office:presentation></office:body>"
    return zipped({"content.xml": f"<office:document-content {NAMES}>{body}</office:document-content>"})


def frame(text: str, y: str = "1cm", role: str = "", x: str = "0cm") -> str:
    kind = f'presentation:class="{role}"' if role else ""
    box = f"<draw:text-box><text:p>{text}</text:p></draw:text-box>"
    return f'<draw:frame {kind} svg:x="{x}" svg:y="{y}">{box}</draw:frame>'


@pytest.mark.parametrize(
    ("name", "words", "place", "heading"),
    [
        ("harbours-odfpy.odp", "The quay cost 4,310 euros.", "slide 2", ("Costs",)),
        ("harbours-libreoffice.odp", "The quay cost 4,310 euros.", "slide 2", ()),
        ("harbours-libreoffice.ppsx", "Oslo has nine.", "slide 1", ()),
        ("rules-libreoffice.dotx", "At night the gate is closed.", "paragraph 2", ("Harbour rules", "Nights")),
    ],
)
def test_a_file_of_a_real_program_is_read(name: str, words: str, place: str, heading: tuple[str, ...]) -> None:
    format = format_of(Path(name).suffix)
    assert format
    document = format.read((FILES / name).read_bytes(), id=name, title="", path=name, sha256="0")
    found = document.place(document.text.index(words))
    assert (found.numbers, found.heading) == (place, heading)


def test_a_slide_is_read_from_its_title_down_and_then_its_notes() -> None:
    notes = f"<presentation:notes>{frame('Say hello.', role='notes')}</presentation:notes>"
    slide = frame("Below.", "50mm") + frame("7", role="page-number") + frame("Right.", "2cm", x="9cm")
    slide += frame("Left.", "2.1cm") + notes + frame("Ships", "9cm", "title")
    document = read_odp(odp(slide, "<draw:frame><draw:image/></draw:frame>", frame("Last.")), id="a.odp")
    assert document.text == "Ships\n\nLeft.\n\nRight.\n\nBelow.\n\nSay hello.\n\nLast."
    assert document.doubts == (Doubt(DoubtKind.NO_TEXT, 2),)
    assert document.place(len(document.text)).heading == ()


def test_what_is_no_presentation_is_refused() -> None:
    with pytest.raises(Damaged):
        read_odp(zipped({"content.xml": "<x/>"}), id="a.odp")
    with pytest.raises(SourceEmpty):
        read_odp(odp(""), id="a.odp")
    with pytest.raises(Damaged):
        read_odp(odp("<text:p>" * 5000 + "</text:p>" * 5000), id="a.odp")
