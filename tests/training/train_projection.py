"""Trains the late-interaction head: a projection of the frozen encoder's token vectors, and weights for a question's.

    python tests/training/train_projection.py OUT.safetensors SET_DIR... [--dimension D] [--judge EVAL_DIR...]

The score is MaxSim (Khattab & Zaharia 2020) of the projected vectors, each of a
question's word pieces weighed by a learnt function of its own vector. A question
learns to put its passage before those that our own retriever puts near it, and
before the other questions' (cross-entropy, as in Karpukhin et al. 2020, section 3.2).
Beside it `--judge` shows hit@1, hit@5 and MRR of the thirty passages of the first
stage in that order: as shipped, and by the head in float32 and in int8.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from examples import occurrences
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

import qa
from index import build
from qa.ask.conversation import ContextualQuestion
from qa.ask.retrieve import RERANKED, first_stage, make_queries
from qa.evaluation.metrics import hit_at, reciprocal_rank
from qa.evaluation.questions import Question, read_questions

_NEGATIVES = 5
_BATCH = 16
_SAMPLE = 300  # passages of each set, to take principal components of
_SCALE = 20.0  # of scores, before the softmax; learnt from here on
Floats = NDArray[np.float32]


class Triple(NamedTuple):
    """A question's token vectors, the row of its passage, rows of passages that look like it."""

    question: Floats
    gold: int
    negatives: list[int]


class Head(nn.Module):
    """The projection (dimension, width), and the weight of a question's word pieces."""

    def __init__(self, width: int, dimension: int) -> None:
        super().__init__()
        self.projection = nn.Linear(width, dimension, bias=False)
        self.weight = nn.Linear(width, 1)
        nn.init.zeros_(self.weight.weight)
        nn.init.zeros_(self.weight.bias)
        self.scale = nn.Parameter(torch.tensor(_SCALE))

    def start_from(self, tokens: Floats) -> None:
        """Takes the principal components of token vectors for the projection: untrained, they already lose little."""
        _, vectors = np.linalg.eigh(tokens.T @ tokens)
        count = self.projection.weight.shape[0]
        with torch.no_grad():
            self.projection.weight.copy_(torch.from_numpy(vectors[:, ::-1][:, :count].T.copy()))

    def vectors(self, tokens: torch.Tensor) -> torch.Tensor:
        return functional.normalize(self.projection(tokens), dim=-1)

    def weights(self, tokens: torch.Tensor) -> torch.Tensor:
        """(n,): positive, 1 on average."""
        weights = functional.softplus(self.weight(tokens)[..., 0])
        return weights / weights.mean()

    def scores(self, question: torch.Tensor, passages: Sequence[torch.Tensor]) -> torch.Tensor:
        """(passages,): MaxSim of one question with projected passages."""
        asked, weights = self.vectors(question), self.weights(question)
        together = asked @ torch.cat(list(passages)).T
        best = [part.max(dim=1).values for part in torch.split(together, [len(p) for p in passages], dim=1)]
        return (torch.stack(best) * weights).mean(dim=1)


class Set:
    """A set's index, with the token vectors of its passages."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        build(scratch, [folder / "passages.jsonl"])
        self.book = qa.load(scratch)
        self.store = self.book.store
        self.questions = read_questions(folder / "questions.jsonl")
        self.tokens = [self._tokens(row) for row in range(len(self.store))]
        self.ids = [self.store.passage(row).document_id for row in range(len(self.store))]

    def _tokens(self, row: int) -> Floats:
        tokens = self.store.tokens(np.array([row]))
        return np.asarray(tokens.vectors * tokens.scales[:, None], np.float32)

    def candidates(self, question: Question) -> tuple[Floats, list[int]]:
        """The question's token vectors, and the rows of the first stage, best first."""
        wanted = make_queries(ContextualQuestion(question.question), self.book.encoder)
        pool, fused = first_stage(self.store, wanted)
        return wanted[0].encoded.tokens, [int(row) for row in pool[np.argsort(-fused, kind="stable")[:RERANKED]]]

    def triples(self) -> list[Triple]:
        found = []
        rows_of: dict[str, list[int]] = {}
        for row, id in enumerate(self.ids):
            rows_of.setdefault(id, []).append(row)
        for question in self.questions:
            rows = [row for id in sorted(question.gold_passage_ids) for row in rows_of.get(id, [])]
            gold = [row for row in rows if occurrences(self.store.passage(row).text, question.answers)]
            if question.answerable and gold and not question.history:
                tokens, near = self.candidates(question)
                wrong = [row for row in near if not occurrences(self.store.passage(row).text, question.answers)]
                found.append(Triple(tokens, gold[0], wrong[:10]))
        return found


def train(sets: Sequence[Set], dimension: int, epochs: int) -> Head:
    """The head, from all sets in turn; a batch is of one set."""
    torch.manual_seed(0)
    drawn = random.Random(0)
    head = Head(sets[0].book.encoder.dimension, dimension)
    sample = [
        each.tokens[row] for each in sets for row in drawn.sample(range(len(each.store)), min(500, len(each.store)))
    ]
    head.start_from(np.concatenate(sample))
    optimiser = torch.optim.AdamW(head.parameters(), lr=1e-3, weight_decay=0.0)
    tasks = [(each, triple) for each in sets for triple in each.triples()]
    batches = []
    for each in sets:
        own = [triple for of, triple in tasks if of is each]
        drawn.shuffle(own)
        batches += [(each, own[i : i + _BATCH]) for i in range(0, len(own), _BATCH)]
    total = epochs * len(batches)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-3, total_steps=total, pct_start=0.05)
    started, losses = time.monotonic(), []
    for epoch in range(epochs):
        drawn.shuffle(batches)
        for each, batch in batches:
            loss = _loss(head, each, batch, drawn)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        print(
            f"epoch {epoch + 1}: loss {np.mean(losses[-len(batches) :]):.4f}, {time.monotonic() - started:.0f} s",
            flush=True,
        )
    return head


def _loss(head: Head, of: Set, batch: Sequence[Triple], drawn: random.Random) -> torch.Tensor:
    rows: dict[int, int] = {}
    for triple in batch:
        for row in [triple.gold, *drawn.sample(triple.negatives, min(_NEGATIVES, len(triple.negatives)))]:
            rows.setdefault(row, len(rows))
    passages = [head.vectors(torch.from_numpy(of.tokens[row])) for row in rows]
    scores = torch.stack([head.scores(torch.from_numpy(triple.question), passages) for triple in batch])
    right = torch.tensor([rows[triple.gold] for triple in batch])
    return functional.cross_entropy(head.scale * scores, right)


def judge(head: Head, of: Set, most: int) -> None:
    """Prints the figures of the three orders."""
    questions = [q for q in of.questions if q.answerable and q.gold_passage_ids and not q.history]
    random.Random(0).shuffle(questions)
    with torch.inference_mode():
        small = [head.vectors(torch.from_numpy(tokens)) for tokens in of.tokens]
        bytes_ = [torch.round(each * 127) / 127 for each in small]
        relevance: dict[str, list[list[bool]]] = {"as shipped": [], "head": [], "head, int8": []}
        for question in questions[:most]:
            tokens, near = of.candidates(question)
            shipped = [(tokens @ of.tokens[row].T).max(axis=1).mean() for row in near]
            asked = torch.from_numpy(tokens)
            orders = {
                "as shipped": np.array(shipped),
                "head": head.scores(asked, [small[row] for row in near]).numpy(),
                "head, int8": head.scores(asked, [bytes_[row] for row in near]).numpy(),
            }
            for name, scores in orders.items():
                ids = list(dict.fromkeys(of.ids[near[i]] for i in np.argsort(-scores, kind="stable")))
                relevance[name].append([id in question.gold_passage_ids for id in ids])
    for name, found in relevance.items():
        figures = [np.mean([hit_at(r, 1) for r in found]), np.mean([hit_at(r, 5) for r in found])]
        mrr = np.mean([reciprocal_rank(r) for r in found])
        print(
            f"  {name:12} hit@1 {figures[0]:.3f}  hit@5 {figures[1]:.3f}  MRR {mrr:.3f}  (n {len(found)})", flush=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--dimension", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--judge", type=Path, nargs="*", default=[])
    parser.add_argument("--most", type=int, default=500)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        sets = [Set(folder, Path(scratch) / f"train-{i}") for i, folder in enumerate(arguments.sets)]
        head = train(sets, arguments.dimension, arguments.epochs)
        weights = {"projection": head.projection.weight, "weight": head.weight.weight[0], "bias": head.weight.bias}
        save_file({name: tensor.detach().contiguous() for name, tensor in weights.items()}, arguments.out)
        for i, folder in enumerate(arguments.judge):
            print(folder.name)
            judge(head, Set(folder, Path(scratch) / f"judge-{i}"), arguments.most)


if __name__ == "__main__":
    main()
