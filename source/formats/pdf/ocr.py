"""OCR: recognises text in the image of a page with Tesseract, with the box of every word.

Tesseract is a separate program (Debian's `tesseract-ocr`, Apache-2.0). It runs only on
pages without text, and only if the user names the languages.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import groupby
from statistics import median
from typing import Any

import numpy as np

from source.errors import ExtraMissing, UsageError
from source.formats.pdf.lines import Page, PdfLine
from source.places import corners_of

_DOTS = 300  # per inch: the resolution that Tesseract is made for
_MAX_PIXELS = 40_000_000
_MIN_CONFIDENCE = 30  # of 100: words below it are noise in the image
_SECONDS = 120  # per page
_LANGUAGES = re.compile(r"[a-zA-Z_]{3,20}(?:\+[a-zA-Z_]{3,20})*")


def check_languages(languages: str) -> None:
    """Checks that Tesseract is installed and has these languages ("eng+rus"). Raises UsageError or ExtraMissing."""
    if not _LANGUAGES.fullmatch(languages):
        raise UsageError(f"Invalid OCR languages {languages!r}. Use Tesseract's codes, such as eng or eng+rus.")
    program = shutil.which("tesseract")
    if program is None:
        raise ExtraMissing("OCR needs Tesseract. Install it (on Debian: apt install tesseract-ocr).")
    listed = subprocess.run([program, "--list-langs"], capture_output=True, check=False).stdout.decode().split()
    if missing := [each for each in languages.split("+") if each not in listed]:
        raise ExtraMissing(
            f"Tesseract lacks the language {missing[0]}. "
            f"Install it (on Debian: apt install tesseract-ocr-{missing[0]})."
        )


def recognise(page: Any, languages: str) -> Page:
    """Recognises the lines of a page (a pypdfium2 PdfPage) with Tesseract."""
    width, height = page.get_size()
    scale = min(_DOTS / 72, (_MAX_PIXELS / max(1.0, width * height)) ** 0.5)
    picture = io.BytesIO()
    page.render(scale=scale).to_pil().convert("L").save(picture, "PNG")
    table = _tesseract(picture.getvalue(), languages)
    words = [row for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE) if _is_word(row)]
    lines = list(_lines(words, width * scale, height * scale, scale))
    return Page(lines, width, height, recognised=True)


def _tesseract(picture: bytes, languages: str) -> str:
    done = subprocess.run(
        ["tesseract", "stdin", "stdout", "-l", languages, "--dpi", str(_DOTS), "tsv"], input=picture,
        capture_output=True, timeout=_SECONDS, check=True, env={**os.environ, "OMP_THREAD_LIMIT": "1"},
    )  # fmt: skip
    return done.stdout.decode("utf-8", "replace")


def _is_word(row: dict[str, str]) -> bool:
    return row["level"] == "5" and bool(row["text"].strip()) and float(row["conf"]) >= _MIN_CONFIDENCE


def _lines(words: list[dict[str, str]], width: float, height: float, scale: float) -> Iterator[PdfLine]:
    """Tesseract's lines, in its order. All get one font size: the heights of letters don't reliably show headings."""
    if not words:
        return
    size = median(int(word["height"]) for word in words) / scale
    for _, group in groupby(words, key=lambda word: (word["block_num"], word["par_num"], word["line_num"])):
        parts, corners = [], []
        for word in group:
            left, top = int(word["left"]), int(word["top"])
            corner = (left, top, left + int(word["width"]), top + int(word["height"]))
            text = word["text"].strip()
            parts.append(text)
            corners += [corner] * len(text) + [(0, 0, 0, 0)]
        pixels = np.array(corners[:-1], np.float64)
        known = pixels[pixels.any(axis=1)] / scale
        yield PdfLine(
            text=" ".join(parts),
            corners=corners_of(pixels, width, height),
            left=float(known[:, 0].min()),
            right=float(known[:, 2].max()),
            baseline=float(known[:, 3].max()),
            size=size,
            bold=False,
            upright=True,
        )
