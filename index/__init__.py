"""Documents in, an Index out: passages, vectors (FAISS), words (BM25), the store on disk."""

import source  # noqa: F401 - first: Ctrl-C during the other imports ends a command silently

# isort: split
from index import json_shape
from index.blas import product
from index.encoder.load import encoder_for, load_encoder
from index.encoder.onnx import open_model
from index.encoder.protocol import Encoded, Encoder, broken_share, knows
from index.errors import (
    ClusterUnusable,
    EncoderMissing,
    EngineMissing,
    IndexCorrupt,
    IndexIncompatible,
    IndexMissing,
    IndexUnwritable,
    StoreError,
    StoreUnreachable,
)
from index.folder.additions import Change, added_files, changing, left_out
from index.folder.layout import Layout
from index.folder.store import FolderStore
from index.lance.address import Engine
from index.locate import PATIENCE, Index, address_of, answering, build, folder_of, last_build, locate, open_store
from index.normalize import NormalizedText, searchable
from index.progress import Progress, Report, ignore
from index.settings import DEFAULT_INDEX, Settings, threads
from index.store import Listed, Store, listed, matching
from index.text.language import language_of
from index.text.passages import LONGEST_PASSAGE, Passage, context_of
from index.types import FloatMatrix, Offsets, Rows, Scores
from index.watch import changes

__all__ = [
    # where an index is
    "Engine",
    "Index",
    "Layout",
    "address_of",
    "folder_of",
    "locate",
    # reading one
    "LONGEST_PASSAGE",
    "context_of",
    "FolderStore",
    "Listed",
    "Passage",
    "Store",
    "PATIENCE",
    "answering",
    "listed",
    "matching",
    "open_store",
    # building one
    "Progress",
    "Report",
    "build",
    "ignore",
    "changes",
    "last_build",
    # adding and excluding documents
    "Change",
    "added_files",
    "changing",
    "left_out",
    # the encoder
    "Encoded",
    "Encoder",
    "FloatMatrix",
    "Offsets",
    "Rows",
    "Scores",
    "broken_share",
    "encoder_for",
    "load_encoder",
    "knows",
    "product",
    # models
    "NormalizedText",
    "language_of",
    "open_model",
    "searchable",
    "threads",
    # checking JSON
    "json_shape",
    # settings
    "DEFAULT_INDEX",
    "Settings",
    # errors
    "ClusterUnusable",
    "EncoderMissing",
    "EngineMissing",
    "IndexCorrupt",
    "IndexIncompatible",
    "IndexMissing",
    "IndexUnwritable",
    "StoreError",
    "StoreUnreachable",
]
