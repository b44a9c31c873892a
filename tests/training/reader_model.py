"""The reader: MiniLM over question and passage together, with four scores.

`[CLS] question [SEP] context passage [SEP]` goes through a BERT encoder. Each word piece
of the passage gets a start and an end score (Devlin et al. 2019, section 4.3); [CLS] gets
whether the passage answers, and how relevant it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional
from transformers import BertConfig, BertModel

MOST_PIECES = 288
_NEVER = -1e4
_MOST_WORDS = 100_000  # in a vocabulary whose vectors are learnt: of more, most are never seen
_LOG_ODDS = 0.3  # of an answer, for each unit of a cross-encoder's score, to start from


@dataclass(frozen=True)
class Batch:
    """Examples of like length: ids, types, mask (n, pieces); `passage` (n, pieces) marks what may be quoted.

    `starts`, `ends`: (n, pieces), 1 where an answer starts or ends; all 0 where none does, or where is not known.
    `answers`: (n,), 1 or 0. `relevance`: (n,), the teacher's score, nan where it was not asked.
    """

    ids: torch.Tensor
    types: torch.Tensor
    mask: torch.Tensor
    passage: torch.Tensor
    starts: torch.Tensor
    ends: torch.Tensor
    answers: torch.Tensor
    relevance: torch.Tensor

    def to(self, device: str) -> Batch:
        return Batch(**{each.name: getattr(self, each.name).to(device) for each in fields(self)})


def config_of(folder: Path, layers: int) -> BertConfig:
    """The configuration of a reader that starts from a BertModel; MiniLM's, with `layers`, if the folder has none."""
    kwargs = {"num_hidden_layers": layers, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    # Without dropout: an example is seen once or twice, and a step takes a fifth less time. Attention is computed
    # eagerly: on CPUs the fused one takes three times as long to go back through.
    if (folder / "config.json").exists():
        return BertConfig.from_pretrained(str(folder), attn_implementation="eager", **kwargs)
    return BertConfig(
        hidden_size=384, num_attention_heads=12, intermediate_size=1536, attn_implementation="eager", **kwargs
    )


class Reader(nn.Module):
    """The model as it is trained; `forward` is what is exported, or `OfWords`."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.encoder = BertModel(config, add_pooling_layer=False)
        self.learns_words = config.vocab_size <= _MOST_WORDS
        if not self.learns_words:
            self.encoder.embeddings.word_embeddings.weight.requires_grad_(False)
        width = config.hidden_size
        self.span = nn.Linear(width, 2)
        self.pooled = nn.Sequential(nn.Linear(width, width), nn.Tanh())
        self.whole = nn.Linear(width, 2)

    def forward(
        self, ids: torch.Tensor, types: torch.Tensor, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Start and end scores (n, pieces, 2); whether it answers, and relevance (n, 2)."""
        return self.read(self.words(ids), types, mask)

    def words(self, ids: torch.Tensor) -> torch.Tensor:
        """(n, pieces, width): the vectors of word pieces."""
        found: torch.Tensor = self.encoder.embeddings.word_embeddings(ids)
        return found

    def read(
        self, words: torch.Tensor, types: torch.Tensor, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """As `forward`, of the vectors of the word pieces."""
        states = self.encoder(inputs_embeds=words, token_type_ids=types, attention_mask=mask).last_hidden_state
        return self.span(states), self.whole(self.pooled(states[:, 0]))

    def start_from(self, weights: dict[str, torch.Tensor], relevance: float) -> None:
        """Takes a model's layers for the encoder's; of a cross-encoder also the head, for both scores of the whole.

        `relevance`: how many times a cross-encoder's score the relevance is.
        """
        head = ("pooler.", "classifier.")
        self.encoder.load_state_dict({name: tensor for name, tensor in weights.items() if not name.startswith(head)})
        if "classifier.weight" not in weights:
            return
        self.pooled[0].load_state_dict({name: weights[f"pooler.dense.{name}"] for name in ("weight", "bias")})
        with torch.no_grad():
            for row, scale in enumerate((_LOG_ODDS, relevance)):
                self.whole.weight[row] = weights["classifier.weight"][0] * scale
                self.whole.bias[row] = weights["classifier.bias"][0] * scale

    def loss(self, batch: Batch) -> dict[str, torch.Tensor]:
        """The parts of the loss."""
        spans, whole = (scores.float() for scores in self(batch.ids, batch.types, batch.mask))
        parts = {"answers": functional.binary_cross_entropy_with_logits(whole[:, 0], batch.answers)}
        if (has := batch.starts.any(1)).any():
            starts = _any_of(spans[..., 0], batch.starts, batch.passage)[has]
            ends = _any_of(spans[..., 1], batch.ends, batch.passage)[has]
            parts["spans"] = (starts + ends).mean() / 2
        if (known := ~batch.relevance.isnan()).any():
            parts["relevance"] = functional.mse_loss(whole[known, 1], batch.relevance[known])
        return parts


class OfWords(nn.Module):
    """A reader that is given the vectors of word pieces: where they are not learnt, those that have them keep them."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.reader = reader

    def forward(self, words: torch.Tensor, types: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.reader.read(words, types)


def _any_of(scores: torch.Tensor, right: torch.Tensor, allowed: torch.Tensor) -> torch.Tensor:
    """(n,): −log of the probability of the right places together (marginal likelihood: Clark & Gardner 2018)."""
    scores = scores.masked_fill(~allowed, _NEVER)
    right_scores = scores.masked_fill(right == 0, _NEVER)
    return torch.logsumexp(scores, 1) - torch.logsumexp(right_scores, 1)


def batch_of(encoded: Sequence[dict[str, list[int] | float]], pad: int = 0) -> Batch:
    """Stacks examples as `train_reader.encode` makes them."""
    # Few different shapes: for each one, kernels and memory are kept.
    longest = -(-max(len(each["ids"]) for each in encoded) // 16) * 16  # type: ignore[arg-type]

    def stack(name: str, fill: int) -> torch.Tensor:
        rows = [[*each[name], *[fill] * (longest - len(each[name]))] for each in encoded]  # type: ignore[misc,arg-type]
        return torch.tensor(rows)

    def numbers(name: str) -> torch.Tensor:
        return torch.tensor([float(each[name]) for each in encoded])  # type: ignore[arg-type]

    ids = stack("ids", pad)
    return Batch(
        ids=ids, types=stack("types", 0), mask=(ids != pad).long(), passage=stack("passage", 0).bool(),
        starts=stack("starts", 0), ends=stack("ends", 0), answers=numbers("answers"), relevance=numbers("relevance"),
    )  # fmt: skip
