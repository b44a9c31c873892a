"""From a checkpoint to the reader that ships: ONNX, int8, checked against what was trained.

python tests/training/export_reader.py CHECKPOINT_DIR OUT_DIR
"""

from __future__ import annotations

import argparse
import hashlib
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
from index.exports import model_file, write_model

_SAMPLE = ("Who kept the lighthouse?", "The lighthouse was kept by Anna Smith, who counted 23 ships before the storm.")


def trained(folder: Path) -> Reader:
    """The reader of a checkpoint, ready to be used."""
    reader = Reader(BertConfig.from_pretrained(str(folder), attn_implementation="eager"))
    reader.load_state_dict(weights_in(folder))
    return reader.to("cpu").eval()


def to_onnx(reader: Reader, tokenizer: Any, folder: Path) -> tuple[Path, Path]:
    """Writes the reader in float32 and int8; a text is a batch of its own, so that nothing is masked."""
    sample = _sample(tokenizer, "pt")
    given = {"ids": sample["input_ids"], "types": sample["token_type_ids"]}
    write_model(reader, given, ["spans", "whole"], {name: {1: "pieces"} for name in (*given, "spans")}, folder)
    return folder / model_file("float32"), (folder / model_file("int8")).rename(folder / "reader.onnx")


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
    reader, tokenizer = trained(arguments.checkpoint), tokenizer_in(arguments.checkpoint)
    exact, small = to_onnx(reader, tokenizer, arguments.out)
    with torch.inference_mode():
        given = _sample(tokenizer, "pt")
        spans, whole = reader(given["input_ids"], given["token_type_ids"])
    own = np.concatenate([spans.numpy().ravel(), whole.numpy().ravel()])
    print(f"float32 differs by {np.abs(scores(exact, tokenizer) - own).max():.1e}")
    print(f"int8 differs by {np.abs(scores(small, tokenizer) - own).max():.2f}")
    print(f"{small.stat().st_size / 1e6:.1f} MB, SHA-256 {hashlib.sha256(small.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
