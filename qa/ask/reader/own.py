"""A user's own reader: any transformers model for extractive question answering in a folder.

It runs as the shipped one does, in ONNX Runtime: the first time it is exported into
the cache folder. Nothing in its folder is executed; weights are only read from
safetensors.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from index.exports import TOKENIZER, CannotExport, ExportUnusable, digest, exported, intact
from index.settings import cache_folder
from qa.ask.reader.exported import opened
from qa.ask.reader.model import Reader, ReaderMissing
from source import isolated

_EXPORT = 1
"""The version of exports; increased whenever models must be exported again."""
_NEEDED = ("config.json", TOKENIZER)


def open_own(folder: Path) -> Reader:
    """Opens the reader in `folder`, exported to ONNX: once, and again if one of its files has changed.

    Raises ReaderMissing.
    """
    sha256 = sha256_of(folder)
    return intact(export_folder(sha256), partial(opened, sha256)) or _exported(folder, sha256)


def export_folder(sha256: str) -> Path:
    """The cache folder of the export of the model with this SHA-256."""
    return cache_folder() / "readers" / f"{sha256[:32]}-{_EXPORT}"


def sha256_of(folder: Path) -> str:
    """The SHA-256 of the files that make the model. Raises ReaderMissing if they aren't all there."""
    unset = "or unset CHAPTER_VERSE_READER to use the one that ships with the project."
    if not folder.is_dir():
        raise ReaderMissing(
            f"CHAPTER_VERSE_READER names {isolated(folder)}, which is not a folder on this machine. Name a folder with "
            f"a transformers model for extractive question answering, {unset}"
        )
    missing = [name for name in _NEEDED if not (folder / name).is_file()]
    weights = sorted(folder.glob("*.safetensors"))
    if missing or not weights:
        what = " and no ".join([*missing, *([] if weights else ["model.safetensors"])])
        raise ReaderMissing(
            f"The reader in {isolated(folder)} has no {what}. Save the model and its fast tokenizer there with "
            f"`save_pretrained` (pickled weights are never loaded), {unset}"
        )
    try:
        return digest([*weights, *sorted(folder.glob("*.json"))])
    except OSError as error:
        raise ReaderMissing(f"The reader in {isolated(folder)} cannot be read ({error.strerror}).") from error


def _exported(folder: Path, sha256: str) -> Reader:
    from qa.ask.reader.export import load_reference, write_export

    reference = load_reference(folder)
    try:
        return exported(export_folder(sha256), partial(opened, sha256), partial(write_export, reference, sha256))
    except (CannotExport, ExportUnusable) as error:
        raise ReaderMissing(
            f"The reader in {isolated(folder)} cannot be exported to ONNX ({error}). Choose another model, or unset "
            "CHAPTER_VERSE_READER to use the one that ships with the project."
        ) from error
