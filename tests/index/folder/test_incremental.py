"""A build reuses what is unchanged, and gives the same index as a build from scratch."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from index_fixtures import same

from index import FolderStore, Settings, build
from index.encoder.onnx import OnnxEncoder
from index.encoder.protocol import Encoder
from source.scan import Scan

pytestmark = pytest.mark.usefixtures("encoder")

SENTENCES = [
    "The keeper counted the ships.", "They went north.", "Der Hafen war geschlossen.", "Nobody came.", "# Notes",
    "The wind blew from the north all night.", "- one\n- two", "Die Schiffe fuhren nach Norden und kamen nicht wieder.",
]  # fmt: skip
HISTORIES = int(os.environ.get("HISTORIES", "12"))  # HISTORIES=200 pytest tests/index/folder/test_incremental.py
NAMES = ["a.md", "b.txt", "sub/a.md", "sub/c.jsonl"]

# After the second build, a text lies in a segment that was merged and in the new one.
MERGED = [
    {"sub/c.jsonl": "\n\n".join([SENTENCES[6], SENTENCES[0], SENTENCES[6]]),
     "a.md": "\n\n".join([SENTENCES[7], SENTENCES[2], SENTENCES[7]])},
    {"sub/c.jsonl": "\n\n".join([SENTENCES[0], SENTENCES[1], SENTENCES[1], SENTENCES[5]]), "sub/a.md": SENTENCES[6]},
    {"sub/c.jsonl": "\n\n".join([SENTENCES[0], SENTENCES[7], SENTENCES[1], SENTENCES[0]])},
]  # fmt: skip

texts = st.lists(st.sampled_from(SENTENCES), max_size=4).map("\n\n".join)
edits = st.lists(st.dictionaries(st.sampled_from(NAMES), texts, max_size=4), min_size=2, max_size=5)


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that is encoded, except questions."""
    seen: list[str] = []
    encode = OnnxEncoder.encode

    def listening(self: OnnxEncoder, texts: Any, *, query: bool = False) -> Any:
        def tell() -> Any:
            for text in texts:
                if not query:
                    seen.append(text)
                yield text

        return encode(self, tell(), query=query)

    monkeypatch.setattr(OnnxEncoder, "encode", listening)
    return seen


def write(folder: Path, files: dict[str, str]) -> None:
    """Writes these files into the folder; a collection has one document per paragraph."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".jsonl"):
            records = ({"id": f"{part}-{row}", "text": part} for row, part in enumerate(text.split("\n\n")))
            path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
        else:
            path.write_text(text)


@settings(max_examples=HISTORIES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories=edits)
@example([{"a.md": SENTENCES[0], "b.txt": SENTENCES[0]}, {"b.txt": SENTENCES[0]}])
@example(MERGED)
def test_any_history_of_edits_gives_the_same_index(
    monkeypatch: pytest.MonkeyPatch, histories: list[dict[str, str]]
) -> None:
    monkeypatch.setattr("index.folder.ingest.LEAST_TEXTS", 2)
    monkeypatch.setattr("index.folder.merge.CROWD", 2)
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for files in histories:
            files = {**files, "z.md": "There is always this."}
            write(folder / "in", files)
            build(folder / "index", [folder / "in"])
            shutil.rmtree(folder / "full", ignore_errors=True)
            build(folder / "full", [folder / "in"])
            same(folder / "index", folder / "full")


def test_only_what_is_new_is_read_and_encoded(
    tmp_path: Path, encoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr(sys.modules["source.scan"], "_read", _noting(read))
    folder, root = tmp_path / "in", tmp_path / "index"
    write(folder, {"a.md": "One thing.", "b.txt": "Another thing.", "sub/c.jsonl": "A line.\n\nA second line."})
    assert build(root, [folder]).encoded == len(encoded) == 4
    assert read == ["a.md", "b.txt"]
    write(folder, {"a.md": "One thing.", "b.txt": "Something else.", "sub/c.jsonl": "A line.\n\nA second line."})
    report = build(root, [folder])
    assert (report.encoded, report.changes) == (1, {"added": 0, "changed": 1, "removed": 0})
    assert read == ["a.md", "b.txt", "b.txt"] and len(encoded) == 5
    # Texts that moved, or that also occur elsewhere, are not encoded again.
    write(folder, {"sub/a.md": "One thing.", "sub/c.jsonl": "A line.\n\nA second line."})
    report = build(root, [folder])
    assert (report.encoded, report.changes) == (0, {"added": 1, "changed": 0, "removed": 2})
    assert len(FolderStore(root)) == 3


def _noting(read: list[str]) -> Any:
    original = sys.modules["source.scan"]._read

    def noting(file: Any, *arguments: Any) -> Any:
        read.append(file.id)
        return original(file, *arguments)

    return noting


def test_another_passage_length_encodes_only_new_texts(tmp_path: Path, encoded: list[str]) -> None:
    (tmp_path / "a.txt").write_text("A short one.\n")
    (tmp_path / "b.txt").write_text(" ".join(f"Sentence number {n} is here." for n in range(30)))
    build(tmp_path / "index", [tmp_path / "a.txt", tmp_path / "b.txt"])
    before = len(encoded)
    build(tmp_path / "index", [tmp_path / "a.txt", tmp_path / "b.txt"], settings=Settings(passage_tokens=64))
    assert not any("A short one" in text for text in encoded[before:])
    assert len(encoded) > before


def test_a_build_that_was_stopped_is_resumed(
    tmp_path: Path, encoded: list[str], monkeypatch: pytest.MonkeyPatch, encoder: Encoder
) -> None:
    monkeypatch.setattr("index.folder.ingest.LEAST_TEXTS", 8)
    lines = (f'{{"id": {n}, "text": "The keeper counted {n} ships."}}\n' for n in range(50))
    (tmp_path / "a.jsonl").write_text("".join(lines))
    found = Scan.found

    def stopping(self: Scan, *arguments: Any) -> Any:
        for count, each in enumerate(found(self, *arguments)):
            if count == 30:
                raise KeyboardInterrupt
            yield each

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Scan, "found", stopping)
        build(tmp_path / "index", [tmp_path / "a.jsonl"])
    assert not list((tmp_path / "index").rglob("unfinished-*"))
    before = len(encoded)
    report = build(tmp_path / "index", [tmp_path / "a.jsonl"])
    assert report.encoded <= 50 - 16
    assert len(encoded) - before == report.encoded
    build(tmp_path / "full", [tmp_path / "a.jsonl"])
    same(tmp_path / "index", tmp_path / "full")


def test_segments_stay_few_and_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.folder.merge.CROWD", 4)
    folder, root = tmp_path / "in", tmp_path / "index"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number}.txt").write_text(f"The keeper counted {number} ships. They went north.\n")
        build(root, [folder])
    store = FolderStore(root)
    assert len(store.segments) <= 5
    assert sum(segment.texts for segment in store.segments) <= 2 * store.manifest.counts["texts"]
    assert {store.passage(row).document_id for row in range(len(store))} == {f"{number}.txt" for number in range(12)}
    build(tmp_path / "full", [folder])
    same(root, tmp_path / "full")
