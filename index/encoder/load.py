"""Loads the encoder for building an index and for querying one."""

from __future__ import annotations

import logging
import shutil
from functools import lru_cache
from pathlib import Path

from index.encoder.identity import Identity, identity
from index.encoder.onnx import OnnxEncoder
from index.encoder.protocol import Encoder
from index.errors import EncoderMissing, IndexIncompatible
from index.exports import CannotExport, ExportUnusable, intact
from index.settings import DEFAULT_MODEL, MULTILINGUAL_MODEL, Settings, cache_folder
from source import isolated

_EXPORT = 2
"""The version of exports; increased whenever models must be exported again."""

_log = logging.getLogger("chapter-verse")


def load_encoder(name: str) -> Encoder:
    """Loads the encoder for building an index: the ONNX export, or the reference encoder if there is a GPU for it.

    Raises EncoderMissing.
    """
    from index.encoder.sentence_transformer import SentenceTransformerEncoder, sees_gpu

    return SentenceTransformerEncoder(name) if sees_gpu() else encoder_of(identity(name))


def encoder_for(made_by: Identity) -> Encoder:
    """Loads the encoder that made an index, for querying it.

    An index may name any folder as its model, and a model's files can make Python run
    arbitrary code. So a model that hasn't been used on this machine is loaded only if
    the user names it. Raises EncoderMissing, or as `encoder_of`.
    """
    trusted = (DEFAULT_MODEL, MULTILINGUAL_MODEL, Settings.from_environment().model or DEFAULT_MODEL)
    if made_by.name not in trusted and not export_folder(made_by).exists():
        raise EncoderMissing(
            f"This index uses encoder {isolated(made_by.name[:200])}, which has not been used on this machine. "
            "Set CHAPTER_VERSE_MODEL to its name if you trust it, or rebuild the index."
        )
    return encoder_of(made_by)


@lru_cache(maxsize=2)
def encoder_of(wanted: Identity) -> Encoder:
    """Loads the encoder with these weights and settings, once per process.

    The export comes from the cache folder. If there is no intact one, torch is imported
    and the model exported; if it can't be exported, it runs in sentence-transformers.
    Raises EncoderMissing, or IndexIncompatible if the model of that name has changed.
    """
    folder = export_folder(wanted)
    found = intact(folder, lambda folder, precision: OnnxEncoder(folder, wanted, precision))
    return found or _export(wanted, folder)


def export_folder(wanted: Identity, number: int = _EXPORT) -> Path:
    """The cache folder of a model's export; older versions of exports have a lower number."""
    return cache_folder() / "encoders" / f"{wanted.sha256[:16]}-{wanted.settings[:16]}-{number}"


def _export(wanted: Identity, folder: Path) -> Encoder:
    from index.encoder.export import export
    from index.encoder.sentence_transformer import SentenceTransformerEncoder

    reference = SentenceTransformerEncoder(wanted.name)
    if reference.identity != wanted:
        raise IndexIncompatible(
            f"The index was made by {isolated(wanted.name)} ({wanted.sha256[:12]}…), but that model is now "
            f"{reference.identity.sha256[:12]}…. Run `python -m index build --full` to rebuild the index."
        )
    for old in range(1, _EXPORT):
        shutil.rmtree(export_folder(wanted, old), ignore_errors=True)
    try:
        return export(reference, folder)
    except (CannotExport, ExportUnusable) as error:
        _log.warning("%s cannot be exported, so it runs slower, in sentence-transformers: %s", wanted.name, error)
        return reference
