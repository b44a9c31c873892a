"""Documents in, an Index out: passages, vectors (FAISS), words (BM25), the store on disk."""

from index.added import added_files, left_out
from index.address import Engine, address_of, folder_of
from index.arrays import Rows, Scores
from index.build import build
from index.change import Change, changing
from index.documents import Listed, listed, matching
from index.encoder import Encoded, Encoder, FloatMatrix, Offsets, pieces_per_word
from index.encoders import encoder_for, load_encoder
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
from index.exported import open_model
from index.folder_store import FolderStore
from index.language import language_of
from index.layout import Layout
from index.opened import answering, last_build, open_store
from index.passages import LONGEST_PASSAGE, Passage
from index.progress import Progress, ignore
from index.report import Report
from index.searchable import searchable
from index.settings import DEFAULT_INDEX, Settings, threads
from index.store import Store
from index.watch import changes

__all__ = [
    # where an index is
    "Engine",
    "Layout",
    "address_of",
    "folder_of",
    # reading one
    "LONGEST_PASSAGE",
    "FolderStore",
    "Listed",
    "Passage",
    "Store",
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
    # changing what it is made from
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
    "encoder_for",
    "load_encoder",
    "pieces_per_word",
    # models
    "language_of",
    "open_model",
    "searchable",
    "threads",
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
