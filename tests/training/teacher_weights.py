"""The teacher's weights, all layers or every second one, for a reader to start from.

The twelve layers of `cross-encoder/ms-marco-MiniLM-L-12-v2` were learnt from
MiniLM-L12, and the six of `all-MiniLM-L6-v2` are every second one of the same
MiniLM-L12: six of the cross-encoder's are taken in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper

_NODE = re.compile(r"/(.*)/(?:Gemm_)?MatMul_quant$")
_LAYER = re.compile(r"encoder\.layer\.(\d+)\.")


LAYERS = 12  # of the teacher


def teacher_weights(folder: Path, layers: int) -> dict[str, torch.Tensor]:
    """Tensors by the names of a BertModel with so many layers, and `pooler.dense.*` and `classifier.*`."""
    graph = onnx.load(str(folder / "model.onnx")).graph
    arrays = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    named = [*_plain(arrays), *_embeddings(graph, arrays), *_products(graph, arrays)]
    tensors = {name.removeprefix("bert."): torch.from_numpy(np.array(array, np.float32)) for name, array in named}
    return chosen_layers(tensors, layers)


def chosen_layers(tensors: dict[str, torch.Tensor], layers: int) -> dict[str, torch.Tensor]:
    """Of a model's layers so many, evenly spaced up to the last one."""
    numbers = [int(match.group(1)) for name in tensors if (match := _LAYER.search(name))]
    every = (max(numbers) + 1) // layers
    found: dict[str, torch.Tensor] = {}
    for name, tensor in tensors.items():
        if layer := _LAYER.search(name):
            number = int(layer.group(1)) + 1
            if number % every:
                continue
            name = name.replace(layer.group(), f"encoder.layer.{number // every - 1}.")
        found[name] = tensor
    return found


def _plain(arrays: dict[str, NDArray[Any]]) -> Iterator[tuple[str, NDArray[Any]]]:
    for name, array in arrays.items():
        if name.startswith(("bert.", "classifier.")) and name.endswith((".bias", "LayerNorm.weight")):
            yield name, array


def _embeddings(graph: Any, arrays: dict[str, NDArray[Any]]) -> Iterator[tuple[str, NDArray[Any]]]:
    for node in graph.node:
        if node.op_type == "DequantizeLinear":
            stem = node.input[1].removesuffix("_scale")
            yield stem, _exact(arrays, stem)


def _products(graph: Any, arrays: dict[str, NDArray[Any]]) -> Iterator[tuple[str, NDArray[Any]]]:
    """The constant matrices, as a linear layer keeps them: (out, in)."""
    for node in graph.node:
        if node.op_type == "MatMulInteger" and node.input[1] in arrays:
            stem = node.input[1].removesuffix("_quantized")
            yield _layer_of(node.name), _exact(arrays, stem).T


def _exact(arrays: dict[str, NDArray[Any]], stem: str) -> NDArray[np.float32]:
    """An array in float32 again."""
    values, zero, scale = (arrays[f"{stem}_{each}"].astype(np.float32) for each in ("quantized", "zero_point", "scale"))
    return (values - zero) * scale


def _layer_of(node: str) -> str:
    match = _NODE.match(node)
    assert match, node
    return match.group(1).replace("/", ".") + ".weight"
