"""The encoder exported to ONNX and run by ONNX Runtime, without torch.

Each text is a batch of its own. So nothing is padded, the vectors of a text don't
depend on the texts beside it (int8 activations are scaled per batch), and the cores
work on different texts instead of waiting for each other on one.

Why our own: one pass yields the text's vector and its token vectors with their
offsets, which fastembed doesn't return; it was 6.5 times as fast as
sentence-transformers; and it needs no torch, which sentence-transformers imports
even with its ONNX backend.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from index.encoder.identity import Identity
from index.encoder.protocol import Encoded, WordPiece, beyond_prompt, known_share
from index.exports import TOKENIZER, ExportFacts, ExportUnusable, model_file
from index.normalize import searchable
from index.settings import threads
from index.types import Offsets
from source import PerProcess, submit

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before ONNX Runtime is imported; otherwise it sends telemetry

FACTS = "encoder.json"
PROBE = "The keeper of the lighthouse counted 23 ships before the storm, and wrote them down."
AGREES = 0.97
"""The lowest cosine with the reference's vectors at which an export counts as the same encoder."""

# The fused kernel takes eight times as long as the addition and normalisation it replaces: 15% of a pass.
_SLOWER = ["SkipLayerNormFusion"]

_SHORT = 10_000  # characters that are tokenised in 10 ms; no question is longer

_A = TypeVar("_A")
_B = TypeVar("_B")


@dataclass(frozen=True, slots=True)
class Facts(ExportFacts):
    """The metadata of an exported encoder.

    `inputs`: names of the model's inputs. `special`: numbers of special tokens before and
    after a text. `probe`: the reference's float32 vector of `PROBE`.
    """

    sha256: str
    settings: str
    dimension: int
    max_tokens: int
    inputs: list[str]
    query_prompt: str
    document_prompt: str
    special: tuple[int, int]
    probe: list[float]


class OnnxEncoder:
    """An exported encoder. Its files are checked by SHA-256 before they are parsed, its vectors by a probe text.

    `precision`: overrides the export's default. Raises ExportUnusable.
    """

    def __init__(self, folder: Path, identity: Identity, precision: str | None = None) -> None:
        self.identity = identity
        try:
            self._facts = Facts.load((folder / FACTS).read_bytes())
            self.precision = precision or self._facts.precision
            # The bytes are held, for a forked process; ONNX Runtime holds those of the model in any case.
            files = (self._facts.read(folder, name) for name in (TOKENIZER, model_file(self.precision)))
            self._model = PerProcess(partial(_opened, *files))
            self._model()
        except Exception as error:  # the runtime and the tokenizer raise all kinds of exceptions
            raise ExportUnusable(str(error)) from error
        if (self._facts.sha256, self._facts.settings) != (identity.sha256, identity.settings):
            raise ExportUnusable("it is another model's")
        self._pool = PerProcess(lambda: ThreadPoolExecutor(threads(), "encoder"))
        self.dimension = self._facts.dimension
        self.max_tokens = self._facts.max_tokens
        probe = self._encode(self._facts.document_prompt, PROBE)
        if not float(probe.vector @ np.array(self._facts.probe, np.float32)) >= AGREES:
            raise ExportUnusable(f"this processor computes other vectors in {self.precision}")

    def pieces(self, texts: Sequence[str]) -> list[Offsets]:
        return list(map(self._pieces, texts))

    def _pieces(self, text: str) -> Offsets:
        read = searchable(text)
        tokenizer, _ = self._model()
        encoded = _tokenized(tokenizer, read.text)
        return read.to_original(np.array(encoded.offsets, np.int64).reshape(-1, 2))

    def known(self, text: str) -> float:
        tokenizer, _ = self._model()
        encoded = tokenizer.encode(text, add_special_tokens=False)
        pairs = zip(encoded.tokens, encoded.offsets, strict=True)
        return known_share(text, (WordPiece(start, end, token) for token, (start, end) in pairs))

    def encode(self, texts: Iterable[str], *, query: bool = False) -> Iterator[Encoded]:
        if query:  # too few and too short to benefit from threads
            return map(partial(self._encode, self._facts.query_prompt), texts)
        return _in_order(self._pool(), partial(self._encode, self._facts.document_prompt), texts)

    def _encode(self, prompt: str, text: str) -> Encoded:
        tokenizer, session = self._model()
        ids, offsets = self._read(tokenizer, prompt + text)
        inputs = {name: np.zeros_like(ids) for name in self._facts.inputs}
        inputs["input_ids"] = ids
        tokens, vector = session.run(None, inputs)
        offsets = offsets - len(prompt)
        own = beyond_prompt(offsets)
        before, after = self._facts.special
        return Encoded(vector[0], tokens[0, before : len(ids[0]) - after][own], np.maximum(offsets[own], 0))

    def _read(self, tokenizer: Any, text: str) -> tuple[NDArray[np.int64], Offsets]:
        """The model's input (1, n) with special tokens, and the offsets of the text's own tokens."""
        read = searchable(text)
        encoded = tokenizer.encode(read.text)
        before, after = self._facts.special
        end = min(len(encoded.ids) - after, before + self.max_tokens)
        ids = encoded.ids[:end] + encoded.ids[len(encoded.ids) - after :]
        offsets = np.array(encoded.offsets[before:end], np.int64).reshape(-1, 2)
        return np.array([ids], np.int64), read.to_original(offsets)


def _opened(tokenizer: bytes, model: bytes) -> tuple[Any, Any]:
    """The tokenizer and the session of a model."""
    from tokenizers import Tokenizer  # only on demand: many commands need no encoder

    return Tokenizer.from_str(tokenizer.decode()), open_model(model)


def open_model(model: bytes) -> Any:
    """Opens an ONNX Runtime session that runs each text in one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOWER)


def _tokenized(tokenizer: Any, text: str) -> Any:
    """The text's word pieces.

    `encode` keeps other Python threads waiting. `encode_batch` doesn't, but panics if it can't start its threads, and
    then never tries again.
    """
    if len(text) > _SHORT:
        try:
            return tokenizer.encode_batch([text], add_special_tokens=False)[0]
        except BaseException as error:  # a panic is no Exception, and its class can't be imported
            if type(error).__name__ != "PanicException":
                raise
    return tokenizer.encode(text, add_special_tokens=False)


def _in_order(pool: ThreadPoolExecutor, function: Callable[[_A], _B], items: Iterable[_A]) -> Iterator[_B]:
    """As `pool.map`, but lazy: only a few results are held in memory."""
    pending: deque[Future[_B]] = deque()
    for item in items:
        pending.append(submit(pool, function, item))
        if len(pending) > 4 * threads():
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()
