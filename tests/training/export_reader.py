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
from reader_model import OfWords, Reader
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
    given = sample_of(reader, tokenizer)
    model = reader if reader.learns_words else OfWords(reader)
    write_model(model, given, ["spans", "whole"], {name: {1: "pieces"} for name in (*given, "spans")}, folder)
    return folder / model_file("float32"), (folder / model_file("int8")).rename(folder / "reader.onnx")


def sample_of(reader: Reader, tokenizer: Any) -> dict[str, torch.Tensor]:
    """The sample as the exported reader's input."""
    made = tokenizer(*_SAMPLE, return_tensors="pt", return_token_type_ids=True)
    ids, types = made["input_ids"], made["token_type_ids"]
    return {"ids": ids, "types": types} if reader.learns_words else {"words": reader.words(ids), "types": types}


def joined(spans: Any, whole: Any) -> NDArray[np.float32]:
    """All scores in one array."""
    return np.concatenate([np.asarray(spans).ravel(), np.asarray(whole).ravel()])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    reader, tokenizer = trained(arguments.checkpoint), tokenizer_in(arguments.checkpoint)
    with torch.inference_mode():
        exact, small = to_onnx(reader, tokenizer, arguments.out)
        given = sample_of(reader, tokenizer)
        own = joined(*(reader(*given.values()) if reader.learns_words else reader.read(*given.values())))
    for precision, file in (("float32", exact), ("int8", small)):
        ours = joined(*open_model(file.read_bytes()).run(None, {name: each.numpy() for name, each in given.items()}))
        print(f"{precision} differs by {np.abs(ours - own).max():.1e}")
    print(f"{small.stat().st_size / 1e6:.1f} MB, SHA-256 {hashlib.sha256(small.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
