"""PowerPoint files, made of the parts that a test names."""

from __future__ import annotations

from office_fixtures import OFFICE, package, relations

NAMES = (
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    f' xmlns:r="{OFFICE}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" xmlns:m="m"'
)


def tree(shapes: str, root: str = "sld") -> str:
    return f"<p:{root} {NAMES}><p:cSld><p:spTree><p:nvGrpSpPr/>{shapes}</p:spTree></p:cSld></p:{root}>"


def pptx(*slides: str, notes: str = "", title: str = "", more: dict[str, str] | None = None) -> bytes:
    """The slides, the last of them first in the archive; `notes` are those of the first."""
    numbers = range(1, len(slides) + 1)
    order = "".join(f'<p:sldId id="{255 + n}" r:id="slide{n}"/>' for n in numbers)
    core = '<c:p xmlns:c="c" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{}</dc:title></c:p>'
    own = relations(notesSlide="../notes.xml", slideLayout="../layout.xml", diagramData="../diagram.xml")
    parts = {
        "_rels/.rels": relations(officeDocument="ppt/presentation.xml").replace(
            "</Rel", '<Relationship Id="c" Type="metadata/core-properties" Target="core.xml"/></Rel'
        ),
        "core.xml": core.format(title),
        "ppt/presentation.xml": f"<p:presentation {NAMES}><p:sldIdLst>{order}</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": relations(**{f"slide{n}": f"slides/{n}.xml" for n in numbers}),
        **{f"ppt/slides/{n}.xml": tree(slides[n - 1]) for n in reversed(numbers)},
        "ppt/slides/_rels/1.xml.rels": own,
        "ppt/notes.xml": tree(notes, "notes"),
        **(more or {}),
    }
    return package(parts)


def paragraphs(*texts: str) -> str:
    return "".join(f"<a:p><a:pPr/>{t if t.startswith('<') else f'<a:r><a:t>{t}</a:t></a:r>'}</a:p>" for t in texts)


def shape(*texts: str, place: str = "", at: str = "", hidden: str = "") -> str:
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="1" name="x" {hidden}/><p:cNvSpPr/><p:nvPr>{place}</p:nvPr></p:nvSpPr>'
        f"<p:spPr>{at}</p:spPr><p:txBody><a:bodyPr/>{paragraphs(*texts)}</p:txBody></p:sp>"
    )


def place(kind: str, index: int | None = None) -> str:
    return f'<p:ph type="{kind}"/>' if index is None else f'<p:ph type="{kind}" idx="{index}"/>'


def title(text: str) -> str:
    return shape(text, place=place("title"))


def frame(x: int, y: int, height: int = 10) -> str:
    return f'<a:xfrm><a:off x="{x}" y="{y}"/><a:ext cx="10" cy="{height}"/></a:xfrm>'
