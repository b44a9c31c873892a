"""The record of where a copy of a web page came from, and what a scan makes of it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from mail_fixtures import mail
from sheet_fixtures import zipped

from source import Document, ParserPool, dump_document, load_document, load_facts, scan
from source.formats.registry import format_of
from source.web.origin import Origin, origin_of, record_of

TEXT = "Два паруса на горизонте, и ветер северный.\n"
PAGE = TEXT.encode("koi8-r")
ADDRESS = "https://example.com/ships"
TIME = "2026-11-30T19:40:12+00:00"
ORIGIN = Origin(ADDRESS, TIME, sha256(PAGE).hexdigest(), "koi8-r", 'W/"1"', "Mon, 30 Nov 2026 19:40:12 GMT")

needs_office = pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
Only = Callable[[Path], Document]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    path = tmp_path / "example.com-ships.txt"
    path.write_bytes(PAGE)
    record_of(path).write_bytes(ORIGIN.dump())
    return path


class Kept(ParserPool):
    """A pool that one scan leaves to the next one."""

    def close(self) -> None:
        """Does nothing."""


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    kept = Kept()
    yield kept
    ParserPool.close(kept)


@pytest.fixture
def only(pool: ParserPool) -> Only:
    """Reads the only document of a source."""

    def read(source: Path) -> Document:
        (scanned,) = scan([source]).found(parsers=lambda: pool)
        assert scanned.document
        return scanned.document

    return read


@pytest.mark.parametrize("named", ["folder", "file"])
def test_a_copy_knows_its_address_and_keeps_its_bytes(copy: Path, only: Only, named: str) -> None:
    document = only(copy.parent if named == "folder" else copy)
    assert (document.address, document.fetched) == (ADDRESS, TIME)
    assert document.sha256 == ORIGIN.sha256 and document.text == TEXT
    line = dump_document(document)
    assert load_document(line) == document
    assert (load_facts(line).address, load_facts(line).fetched) == (ADDRESS, TIME)


def test_other_documents_are_stored_as_ever(copy: Path, only: Only) -> None:
    record_of(copy).unlink()
    document = only(copy)
    line = dump_document(document)
    assert (document.address, document.fetched) == ("", "") and b"address" not in line
    assert load_document(line) == document and load_facts(line).address == ""


def test_a_file_that_was_changed_is_no_copy(copy: Path, only: Only) -> None:
    copy.write_bytes(PAGE + b"!")
    assert only(copy.parent).address == ""


@pytest.mark.parametrize("ending", [".txt", ".csv", ".md"])
def test_the_encoding_that_the_server_named_is_used(tmp_path: Path, only: Only, ending: str) -> None:
    text, path = "Åse,Øl\n", tmp_path / f"a{ending}"
    for charset in ("cp850", "mac-roman"):
        data = text.encode(charset)
        path.write_bytes(data)
        record_of(path).write_bytes(replace(ORIGIN, sha256=sha256(data).hexdigest(), charset=charset).dump())
        assert only(path).text.strip() == text.strip()
    record_of(path).write_bytes(replace(ORIGIN, sha256=sha256(data).hexdigest(), charset="no-such-code").dump())
    assert only(path).text.strip()  # as if it had named none
    path.write_text("Ærø\n", "utf-8")
    record_of(path).write_bytes(replace(ORIGIN, sha256=sha256(path.read_bytes()).hexdigest(), charset="latin-1").dump())
    assert only(path).text.strip() == "Ærø"  # what is UTF-8 is nothing else


def test_the_encoding_of_a_page_is_that_of_its_server() -> None:
    """A server's word counts more than the page's own, as in browsers."""
    page, html = "<meta charset=latin-1><p>Ветер северный.</p>".encode("koi8-r"), format_of(".html")
    assert html
    facts = {"id": "a.html", "title": "", "path": "a.html", "sha256": ""}
    assert html.read(page, charset="KOI8-R", **facts).text == "Ветер северный."
    assert html.read(page, charset="rot13", **facts).text == page.partition(b"<p>")[2][:-4].decode("latin-1")


def test_the_fingerprint_follows_the_origin(copy: Path, pool: ParserPool) -> None:
    def fingerprint() -> bytes:
        found = scan([copy.parent])
        found.look()
        assert all(
            path.endswith("example.com-ships.txt") and len(facts) == 3 for path, facts in found.origins().items()
        )
        (scanned,) = found.found(parsers=lambda: pool)
        return scanned.fingerprint

    seen = {fingerprint()}
    for changed in ({"fetched": "2027-01-01T00:00:00+00:00"}, {"address": f"{ADDRESS}/2"}, {"charset": ""}):
        record_of(copy).write_bytes(replace(ORIGIN, **changed).dump())
        seen.add(fingerprint())
    record_of(copy).unlink()
    seen.add(fingerprint())
    assert len(seen) == 5


def test_every_line_of_a_collection_has_its_address(tmp_path: Path, pool: ParserPool) -> None:
    path = tmp_path / "set.jsonl"
    data = b'{"id": "a", "text": "Two sail."}\n{"id": "b", "text": "Three."}\n'
    path.write_bytes(data)
    record_of(path).write_bytes(replace(ORIGIN, sha256=sha256(data).hexdigest()).dump())
    found = scan([path])
    found.look()
    assert [each.document and each.document.address for each in found.found(parsers=lambda: pool)] == [ADDRESS, ADDRESS]


def test_every_document_in_a_container_has_the_containers_address(tmp_path: Path, pool: ParserPool) -> None:
    path, inner = tmp_path / "set.zip", replace(ORIGIN, address="https://example.com/inner")
    records = {record_of(Path(name)).name: inner.dump() for name in ("a.txt", "b.md")}
    path.write_bytes(zipped({"a.txt": PAGE, "b.md": "# Ships\n\nTwo sail.", "c.eml": mail(), **records}))

    def read(look: bool = True) -> list[tuple[str, bytes, str]]:
        found = scan([path])
        if look:
            found.look()
        documents = [(each, each.document) for each in found.found(parsers=lambda: pool)]
        assert found.skipped == []
        return [(each.id, each.fingerprint, document.address) for each, document in documents if document]

    ids = ["set.zip/a.txt", "set.zip/b.md", "set.zip/c.eml"]
    without = read()
    assert [(id, address) for id, _, address in without] == [(id, "") for id in ids]  # records inside don't count
    record_of(path).write_bytes(replace(ORIGIN, sha256=sha256(path.read_bytes()).hexdigest()).dump())
    fetched = read()
    assert [(id, address) for id, _, address in fetched] == [(id, ADDRESS) for id in ids]
    assert read(look=False) == fetched
    assert not {key for _, key, _ in fetched} & {key for _, key, _ in without}
    path.write_bytes(zipped({"a.txt": "Three sail."}))
    assert [address for _, _, address in read()] == [""]


def test_records_are_not_among_the_files_that_are_not_read(copy: Path) -> None:
    (copy.parent / "film.mp4").write_bytes(b"x")
    assert [line.partition(": ")[2].partition(". ")[0] for line in scan([copy.parent]).left_out()] == [
        "1 file left out: .mp4 (1)"
    ]


@needs_office
def test_a_file_that_is_converted_keeps_its_address(tmp_path: Path, only: Only) -> None:
    path = tmp_path / "rules.doc"
    data = Path(__file__).parents[1].joinpath("formats", "files", "rules.doc").read_bytes()
    path.write_bytes(data)
    record_of(path).write_bytes(replace(ORIGIN, sha256=sha256(data).hexdigest()).dump())
    document = only(path)
    assert document.address == ADDRESS and "At night the gate is closed." in document.text


RECORD = json.loads(ORIGIN.dump())
REPLACED: dict[str, list[object]] = {
    "address": [
        "javascript:alert(1)", "https://me:secret@example.com/", "https://a/\x1b[2J", "https://a/\u202e", 7, "",
        "https://" + "x" * 9000,
    ],
    "fetched": ["yesterday", "2026-11-30\n", 5, None],
    "sha256": ["", "0" * 63, None, ORIGIN.sha256.upper()],
    "charset": ["utf-8\r\nx", 1, "x" * 2000],
    "etag": ['"1"\r\nCookie: a', "\x1b", []],
    "last_modified": ["a\nb", {}],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in REPLACED.items() for value in values])
def test_a_record_with_anything_else_in_it_is_none(copy: Path, only: Only, name: str, value: object) -> None:
    """Attack: a folder of somebody else's whose records name other addresses, or what no header may have."""
    record_of(copy).write_bytes(json.dumps({**RECORD, name: value}).encode())
    assert origin_of(copy) is None and only(copy.parent).address == ""


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"7", b"\xff", b"[" * 5000, b"{}", b'{"x": 1}', ORIGIN.dump() + b" " * 20_000]
)
def test_what_is_no_record_is_passed_over(copy: Path, only: Only, data: bytes) -> None:
    record_of(copy).write_bytes(data)
    assert origin_of(copy) is None and "Два" not in only(copy.parent).text


def test_a_record_that_is_a_link_or_a_pipe_is_not_read(copy: Path) -> None:
    """Attack: a record that leads elsewhere, or that nobody ever writes."""
    record_of(copy).rename(copy.with_name("elsewhere"))
    record_of(copy).symlink_to(copy.with_name("elsewhere"))
    assert origin_of(copy) is None
    if hasattr(os, "mkfifo"):
        record_of(copy).unlink()
        os.mkfifo(record_of(copy))
        assert origin_of(copy) is None
