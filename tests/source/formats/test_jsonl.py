import hashlib
import json
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from source import SourceFile, ids_in, scan
from source.document import Document
from source.errors import BadCollection, DuplicateId, SourceEmpty
from source.formats.jsonl import records
from source.sandbox.collection import batches


def read(folder: Path, data: str | bytes) -> list[Document]:
    path = folder / "set.jsonl"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return [record.document() for record in records(path, "set.jsonl")]


def test_each_line_is_a_document_with_its_own_text_and_hash(tmp_path: Path) -> None:
    text = "First.\r\n\r\nSecond, “quoted” \u2028 and 漢字."
    line = json.dumps({"id": "a", "title": "A title", "text": text}).encode()
    (document,) = read(tmp_path, line + b"\r\n")
    assert (document.id, document.title, document.text) == ("a", "A title", text)
    assert document.sha256 == hashlib.sha256(line).hexdigest()
    assert document.path == "set.jsonl"


def test_beir_ids_integer_ids_blank_lines_and_a_mark(tmp_path: Path) -> None:
    data = b'\xef\xbb\xbf{"_id": "x", "text": "One."}\n\n  \n{"id": 7, "title": null, "text": "Two."}'
    assert [(each.id, each.title, each.text) for each in read(tmp_path, data)] == [
        ("x", "x", "One."),
        ("7", "7", "Two."),
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{not json", "is not JSON"),
        ('{"id": "b", "text": "un', "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        (b'{"id": "b", "text": "\xff"}', "is not JSON in UTF-8"),
        ('["id"]', "is not a JSON object"),
        ("3", "is not a JSON object"),
        ('{"text": "t"}', '"id" is missing'),
        ('{"id": "", "text": "t"}', '"id" is missing'),
        ('{"id": true, "text": "t"}', '"id" is missing'),
        (json.dumps({"id": "b" * 1001, "text": "t"}), "longer than 1,000 characters"),
        ('{"id": null, "text": "t"}', '"id" is missing'),
        ('{"id": ["a"], "text": "t"}', '"id" is missing'),
        ('{"id": "b"}', "must be strings"),
        ('{"id": "b", "text": 5}', "must be strings"),
        ('{"id": "b", "title": 5, "text": "t"}', "must be strings"),
        ('{"id": "b", "text": "half \\ud83d of a pair"}', "surrogate"),
        ('{"id": "\\udc00", "text": "t"}', "surrogate"),
        ('{"id": "b", "title": "\\ud800", "text": "t"}', "surrogate"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str | bytes, said: str) -> None:
    bad = line if isinstance(line, bytes) else line.encode()
    with pytest.raises(BadCollection, match=rf"^set\.jsonl, line 3\b.*{said}"):
        read(tmp_path, b'{"id": "a", "text": "t"}\n\n' + bad + b'\n{"id": "c", "text": "t"}\n')


def test_whole_surrogate_pairs_are_characters(tmp_path: Path) -> None:
    (document,) = read(tmp_path, '{"id": "a", "text": "\\ud83d\\ude00 smile"}')
    assert document.text == "😀 smile"


def test_an_integer_and_a_string_may_not_be_the_same_id(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text('{"id": 1, "text": "One."}\n{"id": "1", "text": "Two."}\n')
    with pytest.raises(DuplicateId, match="'1'"):
        list(scan([path]).documents())


def test_a_line_without_end_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.write(b'{"id": "1", "text": "One."}\n')
        file.truncate(200 << 30)
    documents = scan([path]).documents()
    assert next(documents).text == "One."
    with pytest.raises(BadCollection, match=r"line 2 is longer than 64 MB"):
        next(documents)


def test_millions_of_blank_lines_take_no_time_and_are_counted(tmp_path: Path) -> None:
    """Attack: a collection of blank lines, which are read in the building process, and again at every build."""
    path = tmp_path / "a.jsonl"
    blank = b"\n" * 9_000_000 + b" \t\r\n" * 250_000
    path.write_bytes(b'{"id": "1", "text": "One."}\n' + blank + b'{"id": "2", "text": "Two."}\n  \nnonsense\n' + blank)
    start = time.process_time()
    one, two, bad = records(path, "a.jsonl")
    assert time.process_time() - start < 0.5
    assert (one.id, two.id, two.lines.number) == ("1", "2", 9_250_002)
    with pytest.raises(BadCollection, match=r"^a\.jsonl, line 9250004 is not JSON"):
        bad.document()
    assert [each.id for each in records(path, "a.jsonl", replace(two.lines, start=len(blank)))] == ["2"]


@pytest.mark.parametrize("data", [b"\n" * 3_000_000, b" \n" * 500_000, b"1\n" * 20_000], ids=["lf", "space", "short"])
def test_a_collection_listens_while_its_lines_are_found(tmp_path: Path, data: bytes) -> None:
    """Or else a build that reads it could not be cancelled."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(data)
    heard: list[int] = []
    with suppress(SourceEmpty):
        list(batches(path, "a.jsonl", lambda sha256: None, lambda: heard.append(1)))
    assert len(heard) >= len(data) // (1 << 17)
    with pytest.raises(KeyboardInterrupt):
        list(ids_in(SourceFile(path, "a.jsonl", "a.jsonl"), _interrupt))


def _interrupt() -> None:
    raise KeyboardInterrupt
