"""The files of a generation as what they hold: tables, strings, postings."""

from __future__ import annotations

import json
from pathlib import Path

from index.arrays import CheckedFile, Table
from index.errors import REBUILD, IndexCorrupt
from index.layout import GenerationLayout, WordsLayout
from index.lexical import Lexical
from index.manifest import Manifest, open_files
from index.strings import Strings


class Files:
    """The files of a generation, by their paths."""

    def __init__(self, layout: GenerationLayout, manifest: Manifest) -> None:
        self._root = layout.root
        self._files = open_files(layout, manifest)

    def has(self, path: Path) -> bool:
        return path.relative_to(self._root).as_posix() in self._files

    def file(self, path: Path) -> CheckedFile:
        name = path.relative_to(self._root).as_posix()
        if name not in self._files:
            raise IndexCorrupt(f"The index file {path} is not in the manifest; {REBUILD}.")
        return self._files[name]

    def table(self, path: Path) -> Table:
        return Table(self.file(path))


def open_lexical(files: Files, layout: WordsLayout, passages: int, languages: list[str]) -> Lexical:
    """The words of a generation."""
    stopwords = files.file(layout.stopwords)
    return Lexical(
        Strings(files.table(layout.terms), files.table(layout.term_ends)),
        files.table(layout.starts),
        files.table(layout.postings),
        files.table(layout.scores),
        files.table(layout.largest),
        count=passages,
        languages=languages,
        stopwords=json.loads(bytes(stopwords.read(0, len(stopwords)))),
    )
