"""Marked-up text (LaTeX, Org, AsciiDoc): the text is the file itself, read line by line.

The extractors are our own because no library gives offsets into the file: pylatexenc and
orgparse return trees of text without its marks, and AsciiDoc has no parser in Python.
"""
