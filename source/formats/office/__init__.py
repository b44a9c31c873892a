"""Word, PowerPoint and OpenDocument files: XML in a zip archive, extracted in the document's order.

The extractors are our own code because none of the libraries compared (python-docx,
docx2python, mammoth, odfpy, python-pptx) keeps both the order and all of the text: text
boxes, nested tables, charts and diagrams. `docs/formats.md` has the comparison on 58 files.
"""
