"""The encoder to build with, and the encoder to ask with."""

from __future__ import annotations

import logging
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

from index.encoder.identity import Identity, identity
from index.encoder.onnx import ExportUnusable, OnnxEncoder
from index.encoder.protocol import Encoder
from index.errors import EncoderMissing, IndexIncompatible
from index.settings import DEFAULT_MODEL, Settings, cache_folder
from source import printable

_EXPORT = 2
"""Raised whenever an export is to be made anew."""

_log = logging.getLogger("chapter-verse")


def load_encoder(name: str) -> Encoder:
    """The encoder to build an index with: the exported one, or the reference where a GPU runs it.

    Raises EncoderMissing.
    """
    from index.encoder.sentence_transformer import SentenceTransformerEncoder, sees_gpu

    return SentenceTransformerEncoder(name) if sees_gpu() else encoder_of(identity(name))


def encoder_for(made_by: Identity) -> Encoder:
    """The encoder that an index says made it, to ask it with.

    What it names may be any folder, and a model's files can have Python load what
    they like: one that this machine has not built with is loaded only by its user's
    word. Raises EncoderMissing, or as `encoder_of`.
    """
    meant = (DEFAULT_MODEL, Settings.from_environment().model)
    if made_by.name not in meant and not export_folder(made_by).exists():
        raise EncoderMissing(
            f"The index was made by the encoder {printable(made_by.name)[:200]}, which was never built with here; "
            "set CHAPTER_VERSE_MODEL to its name if you trust it, or build the index anew."
        )
    return encoder_of(made_by)


@lru_cache(maxsize=2)
def encoder_of(wanted: Identity) -> Encoder:
    """The encoder with these weights and settings, loaded once for all who ask in this process.

    It comes from the cache; only where that has none that is whole, torch is
    imported and the model exported, and where it cannot be exported it is used
    as it is. Raises EncoderMissing, or IndexIncompatible if the model of that
    name has become another one.
    """
    folder = export_folder(wanted)
    for precision in (None, "float32"):
        try:
            return OnnxEncoder(folder, wanted, precision)
        except ExportUnusable:
            continue
    return _export(wanted, folder)


def export_folder(wanted: Identity, number: int = _EXPORT) -> Path:
    """Where the exported form of a model is kept; an older form has a lower number."""
    return cache_folder() / "encoders" / f"{wanted.sha256[:16]}-{wanted.settings[:16]}-{number}"


def _export(wanted: Identity, folder: Path) -> Encoder:
    from index.encoder.export import CannotExport, export
    from index.encoder.sentence_transformer import SentenceTransformerEncoder

    reference = SentenceTransformerEncoder(wanted.name)
    if reference.identity != wanted:
        raise IndexIncompatible(
            f"The index was made by {wanted.name} ({wanted.sha256[:12]}…), and that model is now "
            f"{reference.identity.sha256[:12]}…; run `python -m index build --full` to make a new index."
        )
    for old in range(1, _EXPORT):
        shutil.rmtree(export_folder(wanted, old), ignore_errors=True)
    try:
        return export(reference, folder)
    except OSError as error:
        _log.warning("The encoder cannot be kept in %s (%s): each start takes longer.", folder.parent, error.strerror)
    except (CannotExport, ExportUnusable) as error:
        _log.warning("%s cannot be exported and runs in sentence-transformers, slower: %s", wanted.name, error)
        return reference
    with tempfile.TemporaryDirectory() as scratch:
        return export(reference, Path(scratch) / "encoder")
