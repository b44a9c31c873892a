"""From a checkpoint to the reader that ships: ONNX, int8, checked against what was trained.

python tests/training/export_reader.py CHECKPOINT_DIR OUT_DIR
"""

from __future__ import annotations

import argparse
import hashlib
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from reader_model import Reader
from train_reader import tokenizer_in
from training import weights_in
from transformers import BertConfig

from index.encoder.onnx import open_model
from index.exports import to_int8

_OPSET = 17
_SAMPLE = ("Who kept the lighthouse?", "The lighthouse was kept by Anna Smith, who counted 23 ships before the storm.")


def trained(folder: Path) -> Reader:
    """The reader of a checkpoint, ready to be used."""
    reader = Reader(BertConfig.from_pretrained(str(folder), attn_implementation="eager"))
    reader.load_state_dict(weights_in(folder))
    return reader.to("cpu").eval()


def to_onnx(reader: Reader, tokenizer: Any, target: Path) -> None:
    """Writes the reader in float32; a text is a batch of its own, so that nothing is masked."""
    sample = _sample(tokenizer, "pt")
    axes = {name: {1: "pieces"} for name in ("ids", "types", "spans")}
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            reader, (sample["input_ids"], sample["token_type_ids"]), str(target), input_names=["ids", "types"],
            output_names=["spans", "whole"], dynamic_axes=axes, opset_version=_OPSET, dynamo=False,
        )  # fmt: skip


def _sample(tokenizer: Any, tensors: str) -> Any:
    return tokenizer(*_SAMPLE, return_tensors=tensors, return_token_type_ids=True)


def scores(model: Path, tokenizer: Any) -> NDArray[np.float32]:
    """What the exported reader says of the sample."""
    given = _sample(tokenizer, "np")
    spans, whole = open_model(model.read_bytes()).run(
        None, {"ids": given["input_ids"], "types": given["token_type_ids"]}
    )
    return np.concatenate([spans.ravel(), whole.ravel()])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    exact, small = arguments.out / "float32.onnx", arguments.out / "reader.onnx"
    reader, tokenizer = trained(arguments.checkpoint), tokenizer_in(arguments.checkpoint)
    to_onnx(reader, tokenizer, exact)
    to_int8(exact, small)
    with torch.inference_mode():
        given = _sample(tokenizer, "pt")
        spans, whole = reader(given["input_ids"], given["token_type_ids"])
    own = np.concatenate([spans.numpy().ravel(), whole.numpy().ravel()])
    print(f"float32 differs by {np.abs(scores(exact, tokenizer) - own).max():.1e}")
    print(f"int8 differs by {np.abs(scores(small, tokenizer) - own).max():.2f}")
    print(f"{small.stat().st_size / 1e6:.1f} MB, SHA-256 {hashlib.sha256(small.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
