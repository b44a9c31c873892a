"""Heads of Rich Text files."""

from __future__ import annotations

FONTS = (
    r"{\fonttbl{\f0\froman\fcharset0 Times New Roman;}{\f1\fnil\fcharset204{\*\fname Arial;}Arial CYR;}"
    r"{\f2\fnil\fcharset2 Symbol;}{\f3\fnil\fcharset128 MS Mincho;}{\f4 Plain;}}"
)


STYLES = (
    r"{\stylesheet{\ql Normal;}{\s1\sbasedon0\outlinelevel0\b heading 1;}{\s2 \'dcberschrift 2;}{\s15 Title;}"
    r"{\s16\outlinelevel9 heading 3;}{\s17 toc 1;}{\*\cs10 Default Paragraph Font;}}"
)
