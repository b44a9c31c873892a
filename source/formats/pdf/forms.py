"""Filled-in form fields and text typed onto a page: annotations, which every viewer shows as part of the page."""

from __future__ import annotations

from typing import Any, NamedTuple

from source.formats.pdf.glyphs import Rectangle

TICKED, EMPTY = "☒", "☐"
_HIDDEN = 0x01 | 0x02 | 0x20  # the flags Invisible, Hidden and NoView


class Tick(NamedTuple):
    """A check box or radio button on a page."""

    box: Rectangle
    on: bool


def show_fields(file: Any) -> None:
    """Makes the fields of a file's form (a pypdfium2 PdfDocument) part of its pages, before these are opened."""
    if file.get_formtype():
        file.init_forms()


def draw_annotations(file: Any, number: int) -> tuple[Any, list[Tick]]:
    """A page (a pypdfium2 PdfPage) on which fields and typed-on text are drawn like the rest, and its check boxes.

    Fields are drawn only after `show_fields`.
    """
    import pypdfium2.raw as pdfium

    page = file[number]
    ticks: list[Tick] = []
    typed = False
    for index in range(pdfium.FPDFPage_GetAnnotCount(page.raw)):
        annotation = pdfium.FPDFPage_GetAnnot(page.raw, index)
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        typed = typed or kind in (pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_STAMP)
        if kind == pdfium.FPDF_ANNOT_WIDGET and file.formenv and (tick := _tick(file.formenv.raw, annotation)):
            ticks.append(tick)
        pdfium.FPDFPage_CloseAnnot(annotation)
    if not typed or pdfium.FPDFPage_Flatten(page.raw, pdfium.FLAT_NORMALDISPLAY) != pdfium.FLATTEN_SUCCESS:
        return page, ticks
    page.close()
    return file[number], ticks


def _tick(form: Any, annotation: Any) -> Tick | None:
    import pypdfium2.raw as pdfium

    kinds = (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON)
    hidden = pdfium.FPDFAnnot_GetFlags(annotation) & _HIDDEN
    if hidden or pdfium.FPDFAnnot_GetFormFieldType(form, annotation) not in kinds:
        return None
    box = pdfium.FS_RECTF()
    pdfium.FPDFAnnot_GetRect(annotation, box)
    if not (box.left < box.right and box.bottom < box.top):
        return None
    return Tick((box.left, box.bottom, box.right, box.top), pdfium.FPDFAnnot_IsChecked(form, annotation) == 1)
