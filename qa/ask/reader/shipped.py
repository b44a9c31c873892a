"""The readers that ship with the project, each a folder of two files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from qa.ask.reader.model import Reader, ReaderMissing
from source import isolated


@dataclass(frozen=True, slots=True)
class ShippedReader:
    """A reader of ours. `languages`: those it was trained on. `files`: the SHA-256 of its two files."""

    folder: Path
    languages: frozenset[str]
    files: dict[str, str]

    def open(self) -> Reader:
        """Opens the reader; its files are checked before they are parsed. Raises ReaderMissing."""
        return Reader(self._checked("reader.onnx"), self._checked("tokenizer.json"))

    def _checked(self, name: str) -> bytes:
        file = self.folder / name
        try:
            data = file.read_bytes()
        except OSError:
            data = b""
        if hashlib.sha256(data).hexdigest() != self.files[name]:
            raise ReaderMissing(f"The reader's file {isolated(file)} is missing or damaged. Reinstall the project.")
        return data


ENGLISH = ShippedReader(
    Path(__file__).parents[2] / "weights",
    frozenset({"en"}),
    {
        "reader.onnx": "277b53a1d06ac6395792ae80c32435b313a11ae0094443cb923f46bf818b84bd",
        "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    },
)
