"""Distils two encoders into one of six layers: one for its passage vectors, one for its token vectors.

    python tests/training/distil_encoder.py FOLDER EXAMPLES.jsonl... --tokens MODEL_DIR
        [--start MODEL_DIR] [--rate R] [--steps N] [--pause N]

FOLDER gets the checkpoints (`training.py`), and at the end `encoder/`, a sentence-transformers model. The student
starts from the packaged MiniLM, or from evenly chosen layers of `--start`. It learns, from the texts and questions of
examples, the directions of the token vectors of `--tokens` (a BertModel with the same vocabulary), and, by a linear
layer over the mean of its own, those of MiniLM's passage vectors (Reimers & Gurevych 2020, section 2). So that one pass
gives both.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from reader_model import config_of
from torch import nn
from torch.nn import functional
from train_reader import tokenizer_in, weights_of
from training import DEVICE, Training, batches, halves
from transformers import BatchEncoding, BertConfig, BertModel

from index.encoder.identity import model_folder
from index.settings import DEFAULT_MODEL

_LAYERS = 6
_MOST_PIECES = 256
_WEIGHTS = {"tokens": 1.0, "vector": 1.0}


def bert(folder: Path, layers: int) -> BertModel:
    """A model's encoder, or evenly chosen layers of it, without dropout."""
    model = BertModel(config_of(folder, layers), add_pooling_layer=False)
    model.load_state_dict(weights_of(folder, layers))
    return model


class Student(nn.Module):
    """The encoder as it is trained: its states are token vectors, `dense` makes the passage vector of their mean."""

    def __init__(self, start: Path) -> None:
        super().__init__()
        self.encoder = bert(start, _LAYERS)
        self.dense = nn.Linear(384, 384, bias=False)
        nn.init.eye_(self.dense.weight)

    def forward(self, texts: BatchEncoding) -> tuple[torch.Tensor, torch.Tensor]:
        """The token vectors (n, pieces, 384) and passage vectors (n, 384) of texts, of any length."""
        states = self.encoder(**texts).last_hidden_state
        return states, self.dense(mean_of(states.float(), texts["attention_mask"]))


def mean_of(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """(n, width): the mean state of each text's word pieces."""
    weights = mask[..., None].float()
    return (states * weights).sum(1) / weights.sum(1)


class Teachers:
    """The two encoders that are distilled."""

    def __init__(self, tokens: Path) -> None:
        vectors = Path(model_folder(DEFAULT_MODEL))
        layers = BertConfig.from_pretrained(str(tokens)).num_hidden_layers
        self.tokens, self.vectors = bert(tokens, layers).to(DEVICE).eval(), bert(vectors, _LAYERS).to(DEVICE).eval()

    @torch.no_grad()
    def __call__(self, texts: BatchEncoding) -> tuple[torch.Tensor, torch.Tensor]:
        vectors = self.vectors(**texts).last_hidden_state.float()
        return self.tokens(**texts).last_hidden_state, mean_of(vectors, texts["attention_mask"])


def losses(student: Student, teachers: Teachers, texts: BatchEncoding) -> dict[str, torch.Tensor]:
    """How far the directions are apart: 1 − cosine, of the tokens between [CLS] and [SEP], and of the passages."""
    with halves():
        (tokens, vectors), (right_tokens, right_vectors) = student(texts), teachers(texts)
    own = texts["attention_mask"].bool()
    own[:, 0] = False
    return {
        "tokens": 1 - functional.cosine_similarity(tokens[own].float(), right_tokens[own].float(), dim=-1).mean(),
        "vector": 1 - functional.cosine_similarity(vectors, right_vectors, dim=-1).mean(),
    }


def write(student: Student, folder: Path) -> None:
    """Writes the student as a sentence-transformers model."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling, Transformer

    transformer = Transformer(model_folder(DEFAULT_MODEL), max_seq_length=_MOST_PIECES)
    transformer.auto_model.load_state_dict(student.encoder.state_dict(), strict=False)
    dense = Dense(384, 384, bias=False, activation_function=nn.Identity())
    dense.linear.load_state_dict(student.dense.state_dict())
    SentenceTransformer(modules=[transformer, Pooling(384), dense, Normalize()], device="cpu").save(str(folder))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("examples", type=Path, nargs="+")
    parser.add_argument("--tokens", type=Path, required=True, metavar="MODEL_DIR")
    parser.add_argument("--start", type=Path, default=Path(model_folder(DEFAULT_MODEL)), metavar="MODEL_DIR")
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--pause", type=int, help="stop after so many; the same command goes on")
    arguments = parser.parse_args()
    lines = [json.loads(line) for path in arguments.examples for line in path.open(encoding="utf-8")]
    texts = sorted({text for line in lines for text in (line["text"], line["question"])})
    order = batches(texts, len, _MOST_PIECES, 0)[: arguments.steps]
    tokenizer = tokenizer_in(Path(model_folder(DEFAULT_MODEL)))
    student, teachers = Student(arguments.start), Teachers(arguments.tokens)
    training = Training(arguments.folder, student, arguments.rate, _WEIGHTS)
    for batch in order[training.step : arguments.pause]:
        encoded = tokenizer(
            batch, padding=True, truncation=True, max_length=_MOST_PIECES, pad_to_multiple_of=16, return_tensors="pt"
        )
        training.learn(losses(student, teachers, encoded.to(DEVICE)), len(order))
    training.save()
    write(student, arguments.folder / "encoder")


if __name__ == "__main__":
    main()
