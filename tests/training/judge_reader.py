"""How well a reader reads, before it is in the product: its own choice among the first passages.

    python tests/training/judge_reader.py READER_DIR SET_DIR... [--most N] [--read K] [--validation]

Retrieval is the product's. Of each question the first K passages are read, and
the passage, the words and whether it is answered are the reader's choice. Prints
hit@1 (of the retriever, of the reader), whether the sentence with the best words
holds a gold answer, token F1 of the words, and AUROC over all questions.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from examples import parts
from numpy.typing import NDArray
from reader_model import MOST_PIECES
from tokenizers import Tokenizer

import qa
from index import build
from index.exported import open_model
from index.models import DEFAULT_MODEL, model_folder
from qa.conversation import Understood
from qa.measures import auroc, token_f1
from qa.questions import Question, read_questions
from qa.retrieve import candidates, queries

_LONGEST = 30  # word pieces of an answer


class Read(NamedTuple):
    """Where the best words start and end, whether the text answers (log-odds), and how relevant it is."""

    start: int
    end: int
    answers: float
    relevance: float


class Judged:
    """A reader of a folder, as it is exported."""

    def __init__(self, folder: Path) -> None:
        self.session = open_model((folder / "reader.onnx").read_bytes())
        self.tokenizer = Tokenizer.from_file(str(model_folder(DEFAULT_MODEL) / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MOST_PIECES, strategy="only_second")

    def read(self, question: str, text: str) -> Read:
        """The best words of `text`, and the two scores of the whole."""
        encoded = self.tokenizer.encode(question, text)
        given = {"ids": np.array([encoded.ids], np.int64), "types": np.array([encoded.type_ids], np.int64)}
        spans, whole = self.session.run(None, given)
        inside = np.array([sequence == 1 for sequence in encoded.sequence_ids])
        offsets = np.array(encoded.offsets)[inside]
        starts, ends = (_log_softmax(spans[0, inside, column]) for column in (0, 1))
        pairs = np.where(_ordered(len(offsets)), starts[:, None] + ends[None], -np.inf)
        first, last = np.unravel_index(int(pairs.argmax()), pairs.shape)
        answers, relevance = (float(each) for each in whole[0])
        return Read(int(offsets[first][0]), int(offsets[last][1]), answers, relevance)


def _ordered(count: int) -> NDArray[np.bool_]:
    return np.triu(np.tril(np.ones((count, count), bool), _LONGEST - 1))


def _log_softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    shifted = scores - scores.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()), np.float32)


def judge(reader: Judged, book: qa.Book, questions: Sequence[Question], count: int) -> dict[str, float]:
    """The figures of a set."""
    outcomes = [_outcome(reader, book, question, count) for question in questions]
    can = [outcome for outcome in outcomes if outcome.answerable]
    answerable = [outcome.answerable for outcome in outcomes]
    return {
        "n": len(outcomes),
        "answerable": len(can),
        "hit@1 of the retriever": float(np.mean([outcome.first for outcome in can])),
        "hit@1": float(np.mean([outcome.chosen for outcome in can])),
        "in sentence": float(np.mean([outcome.in_sentence for outcome in can])),
        "token F1": float(np.mean([outcome.f1 for outcome in can])),
        "AUROC of answers": auroc([outcome.answers for outcome in outcomes], answerable),
        "AUROC of relevance": auroc([outcome.relevance for outcome in outcomes], answerable),
    }


class Outcome(NamedTuple):
    """What a question came to."""

    answerable: bool
    first: bool
    chosen: bool
    in_sentence: bool
    f1: float
    answers: float
    relevance: float


def _outcome(reader: Judged, book: qa.Book, question: Question, count: int) -> Outcome:
    store = book.store
    found = candidates(store, queries(Understood(question.question), book.encoder))[:count]
    passages = [store.passage(each.passage) for each in found]
    read = [reader.read(question.question, passage.text) for passage in passages]
    chosen = max(range(len(found)), key=lambda i: read[i].answers + found[i].score)
    passage, start, end = passages[chosen], read[chosen].start, read[chosen].end
    document = book.document(passage.document_id)
    sentences = [span for span in store.sentences(found[chosen].passage) if span.start <= passage.span.start + start]
    sentence = document.text[sentences[-1].start : sentences[-1].end] if sentences else ""
    return Outcome(
        answerable=question.answerable,
        first=passages[0].document_id in question.gold_passage_ids,
        chosen=passage.document_id in question.gold_passage_ids,
        in_sentence=any(gold in sentence for gold in question.answers),
        f1=max((token_f1(passage.text[start:end], gold) for gold in question.answers), default=0.0),
        answers=max(each.answers for each in read),
        relevance=max(each.relevance for each in read),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reader", type=Path)
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--most", type=int, default=400)
    parser.add_argument("--read", type=int, default=5)
    parser.add_argument("--validation", action="store_true", help="only questions that were not trained on")
    arguments = parser.parse_args()
    reader = Judged(arguments.reader)
    for folder in arguments.sets:
        questions = read_questions(folder / "questions.jsonl")
        if arguments.validation:
            part = parts(folder)
            questions = [each for each in questions if part[each.id] == "validation"]
        random.Random(0).shuffle(questions)
        with tempfile.TemporaryDirectory() as scratch:
            build(Path(scratch), [folder / "passages.jsonl"])
            figures = judge(reader, qa.load(scratch), questions[: arguments.most], arguments.read)
        print(folder.name, *(f"{name} {value:.3f}" for name, value in figures.items()), sep="  ", flush=True)


if __name__ == "__main__":
    main()
