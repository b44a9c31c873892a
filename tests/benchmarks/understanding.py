"""How well the question is found in what people write around it.

    python tests/benchmarks/understanding.py TRAIN_DIR... [--most N]

Each folder holds a `questions.jsonl`. Prints two tables. *Plain*: of the questions as they are, how many come out
unchanged (white space aside), are taken for keywords or for small talk, or are divided. *Dressed*: English questions
get a greeting, a polite frame, thanks, a signature, a story or a mail around them by seeded rules; how many of them
come out as they were.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import perf_counter

from qa.ask.understand import Intent, understand

_GREETINGS = [
    "Hi,",
    "Hello!",
    "Hi there,",
    "Hey,",
    "Good morning,",
    "Dear team,",
    "Hi Anna,",
    "Dear Dr. Berg,",
    "Hello everyone.",
    "hi",
]
_FRAMES = [
    "could you please tell me: {}", "can you tell me, {}", "I have a question: {}", "Quick question: {}",
    "Just wondering, {}",
    "I would like to know: {}", "please tell me {}", "Could you help me find out: {}", "I was wondering: {}", "so, {}",
    "Sorry to bother you, but I need to know: {}", "Does anyone know {}", "My question is: {}", "I'd like to ask: {}",
]  # fmt: skip
_TAILS = [
    "Thanks!", "Thank you.", "Thanks in advance!", "Thank you very much for your help.", "Many thanks.", "Cheers",
    "Please advise.",
    "Looking forward to your reply.", "Any help would be appreciated.", "Have a nice day!",
]  # fmt: skip
_SIGNATURES = [
    "\nBest,\nAnna",
    "\n\nKind regards,\nTom Smith\nHarbour Office",
    " Best regards, Anna Berg",
    "\n\nThanks,\nAnna",
    "\n-- \nTom Smith",
    "\n\nBest wishes\nA. Berg\n\nSent from my phone",
]
_STORIES = [
    "I have been a reader of yours for many years.", "My colleague and I were talking at lunch yesterday.",
    "I looked everywhere but found nothing.", "I am new here and still finding my way around.",
    "We had a long discussion at home last night.", "I hope you are all well.",
]  # fmt: skip
_QUOTED = "\n\nOn Mon, 3 May 2021 at 10:12, Tom Smith wrote:\n> Hi Anna,\n> did you get my message?\n> Tom"

Dress = Callable[[random.Random, str], str]


def _polite(rng: random.Random, question: str) -> str:
    return f"{rng.choice(_GREETINGS)} {rng.choice(_FRAMES).format(question)} {rng.choice(_TAILS)}"


def _please(rng: random.Random, question: str) -> str:
    bare = question.rstrip("? ")
    return rng.choice(
        [f"{bare}, please?", f"{bare} please?", f"{bare}? Thanks!", f"{bare}, if possible?", f"Please, {question}"]
    )


def _wordy(rng: random.Random, question: str) -> str:
    return f"{rng.choice(_GREETINGS)} {' '.join(rng.sample(_STORIES, 2))} {question} {rng.choice(_TAILS)}"


def _mail(rng: random.Random, question: str) -> str:
    lines = f"{rng.choice(_GREETINGS)}\n\n{rng.choice(_STORIES)}\n{question}\n"
    return lines + rng.choice(_SIGNATURES) + rng.choice(["", _QUOTED])


DRESSES: dict[str, Dress] = {"polite": _polite, "please": _please, "wordy": _wordy, "mail": _mail}


def questions_in(folders: Sequence[Path]) -> Iterator[str]:
    for folder in folders:
        lines = (folder / "questions.jsonl").read_text("utf-8").splitlines()
        yield from (" ".join(json.loads(line)["question"].split()) for line in lines)


def print_plain(questions: Sequence[str]) -> None:
    started = perf_counter()
    understood = [understand(question) for question in questions]
    seconds = perf_counter() - started
    count = len(questions)
    rows = {
        "unchanged": sum(each.question == question for each, question in zip(understood, questions, strict=True)),
        "keywords": sum(each.intent is Intent.KEYWORDS for each in understood),
        "small talk": sum(each.intent.is_small_talk for each in understood),
        "in parts": sum(len(each.parts) > 1 for each in understood),
        "with context": sum(each.context is not None for each in understood),
    }
    print(f"plain, {count:,} questions, {1000 * seconds / count:.2f} ms each")
    for name, number in rows.items():
        print(f"  {name:14} {number:6}  {100 * number / count:6.2f}%")


def print_dressed(questions: Sequence[str], rng: random.Random, *, show: int) -> None:
    print(f"dressed, {len(questions):,} questions each")
    for name, dress in DRESSES.items():
        pairs = [(question, dress(rng, question)) for question in questions]
        wrong = [(text, found) for question, text in pairs if not _same(found := understand(text).question, question)]
        print(f"  {name:14} {100 * (1 - len(wrong) / len(pairs)):6.2f}% come out as they were")
        for text, found in wrong[:show]:
            print(f"      {text!r}\n   -> {found!r}")


def _same(found: str, question: str) -> bool:
    return found.rstrip("? ") == question.rstrip("? ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", type=Path, metavar="TRAIN_DIR")
    parser.add_argument("--most", type=int, default=20_000, metavar="N", help="questions (default: %(default)s)")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="examples of what is not found")
    arguments = parser.parse_args()
    rng = random.Random(0)
    questions = list(questions_in(arguments.sets))
    chosen = rng.sample(questions, min(arguments.most, len(questions)))
    print_plain(chosen)
    print_dressed([each for each in chosen if each.isascii() and each.endswith("?")][:2000], rng, show=arguments.show)


if __name__ == "__main__":
    main()
