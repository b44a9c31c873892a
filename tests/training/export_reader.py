"""From a checkpoint to the reader that ships: ONNX, int8, checked against what was trained.

python tests/training/export_reader.py CHECKPOINT_DIR OUT_DIR
"""

from __future__ import annotations

import argparse
import hashlib
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import QuantType, quantize_dynamic
from reader_model import Reader
from safetensors.torch import load_file
from transformers import AutoTokenizer

from index.models import DEFAULT_MODEL, model_folder

_OPSET = 17
_SAMPLE = ("Who kept the lighthouse?", "The lighthouse was kept by Anna Smith, who counted 23 ships before the storm.")


def trained(folder: Path) -> Reader:
    """The reader of a checkpoint, ready to be used."""
    tensors = load_file(folder / "last.safetensors")
    reader = Reader()
    reader.load_state_dict({n.removeprefix("model."): t for n, t in tensors.items() if n.startswith("model.")})
    return reader.eval()


def to_onnx(reader: Reader, target: Path) -> None:
    """Writes the reader in float32; a text is a batch of its own, so that nothing is masked."""
    tokenizer = AutoTokenizer.from_pretrained(str(model_folder(DEFAULT_MODEL)))
    sample = tokenizer(*_SAMPLE, return_tensors="pt")
    axes = {name: {1: "pieces"} for name in ("ids", "types", "spans")}
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            reader, (sample["input_ids"], sample["token_type_ids"]), str(target), input_names=["ids", "types"],
            output_names=["spans", "whole"], dynamic_axes=axes, opset_version=_OPSET, dynamo=False,
        )  # fmt: skip


def to_int8(source: Path, target: Path) -> None:
    """Matrices and embeddings in int8."""
    quantize_dynamic(
        source, target, per_channel=True, weight_type=QuantType.QInt8, extra_options={"MatMulConstBOnly": True}
    )


def scores(model: Path, sample: tuple[str, str]) -> NDArray[np.float32]:
    """What the exported reader says of a sample."""
    tokenizer = AutoTokenizer.from_pretrained(str(model_folder(DEFAULT_MODEL)))
    given = tokenizer(*sample, return_tensors="np")
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    spans, whole = session.run(None, {"ids": given["input_ids"], "types": given["token_type_ids"]})
    return np.concatenate([spans.ravel(), whole.ravel()])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    exact, small = arguments.out / "float32.onnx", arguments.out / "reader.onnx"
    reader = trained(arguments.checkpoint)
    to_onnx(reader, exact)
    to_int8(exact, small)
    tokenizer = AutoTokenizer.from_pretrained(str(model_folder(DEFAULT_MODEL)))
    with torch.inference_mode():
        given = tokenizer(*_SAMPLE, return_tensors="pt")
        spans, whole = reader(given["input_ids"], given["token_type_ids"])
    own = np.concatenate([spans.numpy().ravel(), whole.numpy().ravel()])
    print(f"float32 differs by {np.abs(scores(exact, _SAMPLE) - own).max():.1e}")
    print(f"int8 differs by {np.abs(scores(small, _SAMPLE) - own).max():.2f}")
    print(f"{small.stat().st_size / 1e6:.1f} MB, SHA-256 {hashlib.sha256(small.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
