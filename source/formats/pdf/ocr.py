"""OCR: recognises text in the image of a page with Tesseract, with the box of every word.

Tesseract is a separate program (Debian's `tesseract-ocr`, Apache-2.0). It runs only on
pages without text, or with hardly any, and only if the user names the languages. A page whose words are
doubtful is turned as Tesseract's orientation detection says, and read again.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from source.errors import ExtraMissing, UsageError
from source.formats.pdf.lines import Page, PdfLine
from source.places import SCALE, Corners, corners_of

if TYPE_CHECKING:
    from PIL.Image import Image

Word: TypeAlias = dict[str, str]
"""A row of Tesseract's table."""

_DOTS = 300  # per inch: the resolution that Tesseract is made for
_MAX_PIXELS = 40_000_000
_MIN_CONFIDENCE = 30  # of 100: words below it are noise in the image
_SECONDS = 120  # per page
_POOR = 80  # of 100: the mean confidence of the words of a good scan is higher, that of one upside down lower
_TURN = re.compile(r"^Rotate: (90|180|270)$", re.MULTILINE)
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
    picture = page.render(scale=scale).to_pil().convert("L")
    words, turn = _upright_words(picture, languages)
    if turn % 180:
        width, height = height, width
    lines = list(_lines(words, width * scale, height * scale, scale, turn))
    return Page(lines, width, height, recognised=True)


def _upright_words(picture: Image, languages: str) -> tuple[list[Word], int]:
    """The words of a picture, and by how many degrees clockwise it had to be turned to make them upright."""
    words = _words(picture, languages)
    if _certainty(words) >= _POOR or not (turn := _turn(picture)):
        return words, 0
    turned = _words(picture.rotate(-turn, expand=True), languages)
    return (turned, turn) if _certainty(turned) > _certainty(words) else (words, 0)


def _words(picture: Image, languages: str) -> list[Word]:
    table = io.StringIO(_tesseract(picture, "-l", languages, "tsv"))
    return [row for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE) if _is_word(row)]


def _certainty(words: Sequence[Word]) -> float:
    """The mean confidence of the words, by their letters, of 100."""
    letters = sum(len(word["text"]) for word in words)
    return sum(float(word["conf"]) * len(word["text"]) for word in words) / letters if letters else 0.0


def _turn(picture: Image) -> int:
    """By how many degrees clockwise a picture must be turned, as far as Tesseract's orientation detection can tell."""
    try:
        found = _TURN.search(_tesseract(picture, "--psm", "0", "-c", "min_characters_to_try=5"))
    except subprocess.CalledProcessError:  # it has too few letters, or its data (osd.traineddata) isn't installed
        return 0
    return int(found[1]) if found else 0


def _tesseract(picture: Image, *options: str) -> str:
    data = io.BytesIO()
    picture.save(data, "PNG")
    done = subprocess.run(
        ["tesseract", "stdin", "stdout", "--dpi", str(_DOTS), *options], input=data.getvalue(),
        capture_output=True, timeout=_SECONDS, check=True, env={**os.environ, "OMP_THREAD_LIMIT": "1"},
    )  # fmt: skip
    return done.stdout.decode("utf-8", "replace")


def _is_word(row: Word) -> bool:
    return row["level"] == "5" and bool(row["text"].strip()) and float(row["conf"]) >= _MIN_CONFIDENCE


def _lines(words: list[Word], width: float, height: float, scale: float, turn: int) -> Iterator[PdfLine]:
    """Tesseract's lines, in its order. All get one font size: the heights of letters don't reliably show headings.

    `turn`: by how many degrees clockwise the picture that has these words was turned.
    """
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
            corners=_turned_back(corners_of(pixels, width, height), turn),
            left=float(known[:, 0].min()),
            right=float(known[:, 2].max()),
            baseline=float(known[:, 3].max()),
            size=size,
            bold=False,
        )


def _turned_back(corners: Corners, turn: int) -> Corners:
    """The corners on the page as it is shown, of characters that were read when it had been turned clockwise."""
    left, top, right, bottom = corners.T
    known = corners.any(axis=1, keepdims=True)
    turned = {
        0: (left, top, right, bottom),
        90: (top, SCALE - right, bottom, SCALE - left),
        180: (SCALE - right, SCALE - bottom, SCALE - left, SCALE - top),
        270: (SCALE - bottom, left, SCALE - top, right),
    }[turn]
    return np.where(known, np.stack(turned, axis=1), 0).astype(np.uint16)
