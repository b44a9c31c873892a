"""Files of old formats: converted by LibreOffice if it is there, and refused with the remedy if not."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from sheet_fixtures import zipped

from source import ParserPool, scan
from source.errors import Damaged, ExtraMissing, TooLarge
from source.sandbox.convert import converted

FILES = Path(__file__).parents[1] / "formats" / "files"
needs_office = pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")


def test_without_libreoffice_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    told = r"rules\.doc is in an old format of Office\. Install LibreOffice .*, or save it as \.docx\."
    with pytest.raises(ExtraMissing, match=told):
        list(scan([FILES / "rules.doc"]).documents())


def test_inside_an_archive_it_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"a.txt": "Two sail.", "old.doc": (FILES / "rules.doc").read_bytes()}))
    run = scan([tmp_path / "a.zip"])
    assert [document.id for document in run.documents()] == ["a.zip/a.txt"]
    assert "old.doc is in an old format of Office. Save it in today's format." in str(run.skipped[0])


@needs_office
@pytest.mark.parametrize(
    ("name", "words", "place"),
    [
        ("rules.doc", "At night the gate is closed.", "paragraph 2"),
        ("museum.xls", "2,310\t50.0%", "cells B5:E5"),
    ],
)
def test_a_file_of_an_old_format_is_read_as_of_todays(name: str, words: str, place: str) -> None:
    pool = ParserPool(600)
    try:
        document = pool.read(FILES / name, id=name, title="x", path=name)
    finally:
        pool.close()
    assert document.place(document.text.index(words)).numbers == place
    assert document.sha256 == hashlib.sha256((FILES / name).read_bytes()).hexdigest()
    assert document.extractor.startswith("legacy/1 ")


@needs_office
def test_what_it_cannot_open_is_damaged_and_what_takes_long_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
    (tmp_path / "b.doc").write_text("only text")
    for name, ending in (("a.xls", ".xlsx"), ("b.doc", ".docx")):
        with pytest.raises(Damaged), converted(tmp_path / name, ending, name, 600):
            pass
    with pytest.raises(TooLarge), converted(FILES / "rules.doc", ".docx", "rules.doc", 0.01):
        pass
