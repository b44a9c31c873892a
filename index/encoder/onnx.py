"""The encoder as asking uses it: exported to ONNX, run by ONNX Runtime, no torch.

A text is a batch of its own. So nothing is padded, a text's vectors do not
depend on what it is encoded beside (int8 activations are scaled by batch), and
the cores work on different texts instead of waiting for each other within one.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from index.encoder.identity import Identity
from index.encoder.protocol import Encoded, known_share
from index.normalize import searchable
from index.settings import threads
from index.types import Offsets

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before ONNX Runtime is imported, or it reports to its makers

TOKENIZER = "tokenizer.json"
FACTS = "encoder.json"
PROBE = "The keeper of the lighthouse counted 23 ships before the storm, and wrote them down."
AGREES = 0.97
"""The cosine with the reference from which on a form of the encoder is taken for the same."""

# The fused kernel takes eight times as long as the addition and the normalisation it stands for: 15% of a pass.
_SLOWER = ["SkipLayerNormFusion"]

_A = TypeVar("_A")
_B = TypeVar("_B")


class ExportUnusable(Exception):
    """There is no exported encoder in the folder, or not the one that was written there."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an exported encoder, beside its files.

    `special`: how many special tokens stand before and after a text. `probe`:
    the reference's float32 vector of `PROBE`. `files`: SHA-256 by name.
    """

    sha256: str
    settings: str
    dimension: int
    max_tokens: int
    inputs: list[str]
    query_prompt: str
    document_prompt: str
    special: tuple[int, int]
    precision: str
    probe: list[float]
    files: dict[str, str]

    def dump(self) -> bytes:
        """The facts and their own SHA-256."""
        body = json.dumps(asdict(self)).encode()
        return hashlib.sha256(body).hexdigest().encode() + b"\n" + body

    @classmethod
    def load(cls, data: bytes) -> Facts:
        """Raises ValueError for anything that `dump` did not write."""
        sha256, _, body = data.partition(b"\n")
        if hashlib.sha256(body).hexdigest().encode() != sha256:
            raise ValueError("it was changed after it was written")
        record: dict[str, Any] = json.loads(body)
        if set(record) != {field.name for field in fields(cls)}:
            raise ValueError("another version wrote it")
        return cls(**record)


class OnnxEncoder:
    """The encoder in `folder`, checked file by file before it is parsed, and by its own probe after.

    `precision` overrides the one that the export found good. Raises ExportUnusable.
    """

    def __init__(self, folder: Path, identity: Identity, precision: str | None = None) -> None:
        from tokenizers import Tokenizer  # not before it is needed: a status or a search in code needs no encoder

        self.identity = identity
        try:
            self._facts = Facts.load((folder / FACTS).read_bytes())
            self.precision = precision or self._facts.precision
            self._tokenizer = Tokenizer.from_str(self._file(folder, TOKENIZER).decode())
            self._session = open_model(self._file(folder, model_file(self.precision)))
        except Exception as error:  # the runtime and the tokenizer raise what they like
            raise ExportUnusable(str(error)) from error
        if (self._facts.sha256, self._facts.settings) != (identity.sha256, identity.settings):
            raise ExportUnusable("it is another model's")
        self.dimension = self._facts.dimension
        self.max_tokens = self._facts.max_tokens
        probe = self._encode(self._facts.document_prompt, PROBE)
        if not float(probe.vector @ np.array(self._facts.probe, np.float32)) >= AGREES:
            raise ExportUnusable(f"this processor computes other vectors in {self.precision}")

    def pieces(self, texts: Sequence[str]) -> list[Offsets]:
        read = [searchable(text) for text in texts]
        encoded = self._tokenizer.encode_batch([each.text for each in read], add_special_tokens=False)
        return [
            each.to_original(np.array(made.offsets, np.int64).reshape(-1, 2))
            for each, made in zip(read, encoded, strict=True)
        ]

    def known(self, text: str) -> float:
        encoded = self._tokenizer.encode(text, add_special_tokens=False)
        # The tokenizer's own word for what it has no piece for; by bytes it has a piece for everything.
        unknown = {"[UNK]", "<unk>"}
        pairs = zip(encoded.tokens, encoded.offsets, strict=True)
        return known_share(text, ((start, end, token in unknown) for token, (start, end) in pairs))

    def encode(self, texts: Iterable[str], *, query: bool = False) -> Iterator[Encoded]:
        if query:  # too few and too short to be worth a second thread
            return map(partial(self._encode, self._facts.query_prompt), texts)
        return _in_order(self._pool, partial(self._encode, self._facts.document_prompt), texts)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(threads(), "encoder")

    def _encode(self, prompt: str, text: str) -> Encoded:
        ids, offsets = self._read(prompt + text)
        inputs = {name: np.zeros_like(ids) for name in self._facts.inputs}
        inputs["input_ids"] = ids
        tokens, vector = self._session.run(None, inputs)
        offsets = offsets - len(prompt)
        own = offsets[:, 0] >= 0
        before, after = self._facts.special
        return Encoded(vector[0], tokens[0, before : len(ids[0]) - after][own], offsets[own])

    def _read(self, text: str) -> tuple[NDArray[np.int64], Offsets]:
        """The model's input (1, n), special tokens included, and the offsets of the others."""
        read = searchable(text)
        encoded = self._tokenizer.encode(read.text)
        before, after = self._facts.special
        end = min(len(encoded.ids) - after, before + self.max_tokens)
        ids = encoded.ids[:end] + encoded.ids[len(encoded.ids) - after :]
        offsets = np.array(encoded.offsets[before:end], np.int64).reshape(-1, 2)
        return np.array([ids], np.int64), read.to_original(offsets)

    def _file(self, folder: Path, name: str) -> bytes:
        data = (folder / name).read_bytes()
        if hashlib.sha256(data).hexdigest() != self._facts.files[name]:
            raise ValueError(f"{name} was changed after it was written")
        return data


def model_file(precision: str) -> str:
    """The name of the model in that precision."""
    return f"{precision}.onnx"


def open_model(model: bytes) -> Any:
    """An ONNX Runtime session that runs each text in one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOWER)


def _in_order(pool: ThreadPoolExecutor, function: Callable[[_A], _B], items: Iterable[_A]) -> Iterator[_B]:
    """As `pool.map`, with no more than a few results waiting in memory."""
    waiting: deque[Future[_B]] = deque()
    for item in items:
        waiting.append(pool.submit(function, item))
        if len(waiting) > 4 * threads():
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
