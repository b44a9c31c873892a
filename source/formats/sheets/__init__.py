"""Spreadsheets (.xlsx, .ods): each row is a paragraph under its sheet's name and the head of its columns.

The readers are our own code on lxml: openpyxl and python-calamine return values instead
of what a cell shows, and neither says what a merged cell spans while it reads row by row.
"""
