"""The reference encoder: sentence-transformers itself, on a GPU if torch finds one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.encoder.identity import identity, unpacked
from index.encoder.protocol import Encoded, WordPiece, beyond_prompt, known_share, unit
from index.errors import EncoderMissing
from index.exports import prepare_torch
from index.normalize import searchable
from index.settings import threads
from index.types import Offsets
from source import PerProcess, forked, isolated

_WINDOW = 256  # texts that are sorted by length before batching
_BATCH_TOKENS = 4096  # word pieces in a batch, with padding: the fastest from 1k to 16k on two cores


class SentenceTransformerEncoder:
    """Any sentence-transformers model with a fast tokenizer.

    Importing its dependencies takes seconds and most of a gigabyte. So it is used to
    export models, on GPUs, and for models that can't be exported. Raises EncoderMissing
    if the model is missing or unsuitable.
    """

    precision = "float32"

    def __init__(self, name: str) -> None:
        self.identity = identity(name)
        self._model = PerProcess(partial(_load, name))
        special = int(self.tokenizer.num_special_tokens_to_add())
        self.max_tokens = int(self.model.max_seq_length) - special
        self.dimension = int(self.model.get_embedding_dimension())
        # A fast tokenizer fails ("Already borrowed") if one thread changes its padding while another uses it.
        self._tokenizing = PerProcess(Lock)

    @property
    def model(self) -> Any:
        """The sentence-transformers model."""
        return self._model()

    @property
    def tokenizer(self) -> Any:
        """The model's tokenizer."""
        return self.model.tokenizer

    def pieces(self, texts: Sequence[str]) -> list[Offsets]:
        if not texts:
            return []
        read = [searchable(text) for text in texts]
        plain = [each.text for each in read]
        with self._tokenizing():
            encoded = self.tokenizer(plain, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        found = (np.array(offsets, np.int64).reshape(-1, 2) for offsets in encoded["offset_mapping"])
        return [each.to_original(offsets) for each, offsets in zip(read, found, strict=True)]

    def known(self, text: str) -> float:
        with self._tokenizing():
            encoded = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        tokens = self.tokenizer.convert_ids_to_tokens(encoded["input_ids"])
        pairs = zip(tokens, encoded["offset_mapping"], strict=True)
        return known_share(text, (WordPiece(start, end, token) for token, (start, end) in pairs))

    def encode(self, texts: Iterable[str], *, query: bool = False) -> Iterator[Encoded]:
        import torch

        # A question is too short for several threads: on a busy machine they would wait for each other.
        torch.set_num_threads(1 if query or forked() else threads())
        prompt = self.prompt(query=query)
        remaining = iter(texts)
        while window := [prompt + text for text in islice(remaining, _WINDOW)]:
            encoded = dict(self._encode(window, len(prompt)))
            yield from (encoded[i] for i in range(len(window)))

    def _encode(self, texts: list[str], prompt: int) -> Iterator[tuple[int, Encoded]]:
        import torch

        for batch in _batches([len(pieces) for pieces in self.pieces(texts)]):
            features, offsets, own = self._features([texts[i] for i in batch])
            with torch.inference_mode():
                out = self.model.forward(features)
            tokens = out["token_embeddings"].float().cpu().numpy()
            vectors = out["sentence_embedding"].float().cpu().numpy()
            for row, i in enumerate(batch):
                spans = offsets[row] - prompt
                keep = own[row] & beyond_prompt(spans)
                yield i, Encoded(unit(vectors[row]), unit(tokens[row, keep]), np.maximum(spans[keep], 0))

    def prompt(self, *, query: bool) -> str:
        """The prefix that the model expects before a question or before a passage."""
        return self.model.prompts.get("query" if query else "document") or ""

    def _features(self, texts: list[str]) -> tuple[dict[str, Any], Offsets, NDArray[np.bool_]]:
        """The model's input, each token's offsets, and which tokens are the text's own."""
        read = [searchable(text) for text in texts]
        with self._tokenizing():
            features = self.tokenizer(
                [each.text for each in read],
                padding=True,
                truncation=True,
                max_length=self.model.max_seq_length,
                return_offsets_mapping=True,
                return_special_tokens_mask=True,
                return_tensors="pt",
            )
        found = features.pop("offset_mapping").numpy()
        offsets = np.stack([each.to_original(rows) for each, rows in zip(read, found, strict=True)])
        special = features.pop("special_tokens_mask").numpy().astype(bool)
        return dict(features.to(self.model.device)), offsets, ~special


def sees_gpu() -> bool:
    """Whether torch has a GPU; a CPU build of torch is recognised without importing it."""
    try:
        if version("torch").endswith("+cpu"):
            return False
    except PackageNotFoundError:
        return False
    import torch

    return bool(torch.cuda.is_available() or torch.backends.mps.is_available())


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Batches of texts of similar length, to keep the padding small."""
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        if batch and (len(batch) + 1) * (lengths[batch[0]] + 2) > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def _load(name: str) -> Any:
    try:
        prepare_torch()
        from sentence_transformers import SentenceTransformer

        with unpacked(name) as folder:
            model = SentenceTransformer(str(folder), local_files_only=True)
    except EncoderMissing:
        raise
    except Exception as error:
        raise EncoderMissing(
            f"The encoder {isolated(name)} cannot be loaded ({type(error).__name__}). "
            "Name a folder with a complete sentence-transformers model."
        ) from error
    if not getattr(model.tokenizer, "is_fast", False):
        raise EncoderMissing(f"The encoder {isolated(name)} has no fast tokenizer. Choose a model that has one.")
    return model.eval()
