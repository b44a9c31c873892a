"""Questions as no one asks them: an Answer comes, whose quotes stand, or a UsageError."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from test_properties import check_answer, check_hits

import qa
from fuzz.seeds import KINDS, seeds
from fuzz.texts import SNIPPETS, text
from qa import UsageError

_ENDINGS = {"plain": "txt", "markdown": "md"}
_HOSTILE = (
    "<script>alert(1)</script> Bridges ${1+1}\n\nThe <b onclick=x>bridge</b> was opened in 1931 by \"Ann\" & 'Bo'. "
)
_ASKED = [
    "Who opened the bridge in 1931?", "How many sail?", "Кто построил мост?", "这座桥多长", "And he?", "What is it?",
    "Who is he?", "Name Sails Erik", "Where does the third lie?",
]  # fmt: skip


def make_sources(folder: Path, kinds: Sequence[str] = KINDS) -> Path:
    """A small document of every format, and one that is all controls and markup."""
    folder.mkdir()
    for kind in kinds:
        for number, data in enumerate(seeds(kind, None)):
            (folder / f"{kind}{number}.{_ENDINGS.get(kind, kind)}").write_bytes(data)
    (folder / "<img src=x onerror=alert(1)>.txt").write_text(_HOSTILE + " ".join(SNIPPETS[:20]), "utf-8")
    (folder / "odd.jsonl").write_text(json.dumps({"id": "\x00\u202e<i>", "title": "\x1b[0m<u>", "text": _HOSTILE * 30}))
    return folder


class Asked:
    """Asks and retrieves; an input is a call's arguments as JSON.

    `few`: nineteen in twenty times of a few passages, because it is reading them that takes the time.
    """

    seconds = 1.0

    def __init__(self, name: str, folder: Path | None) -> None:
        scratch = Path(tempfile.mkdtemp())
        few, all_ = make_sources(scratch / "few", ["csv"]), make_sources(scratch / "sources")
        self._few, self._book = (_book(scratch / "index" / each.name, each) for each in (few, all_))
        self._ids = {
            few: [each.id for each in book.documents()] for few, book in ((True, self._few), (False, self._book))
        }

    def draw(self, random: Random) -> bytes:
        few = random.random() < 0.95
        call = {
            "few": few,
            "question": question(random),
            "history": [question(random) for _ in range(random.choice((0, 0, 1, 3, 30)))],
            "documents": [
                random.choice([*self._ids[few], "", "\ud800", text(random, 50)])
                for _ in range(random.choice((0, 0, 1, 2)))
            ],
            "k": random.choice((1, 3, 20, 1000, 0, -1, 1 << 70)),
        }
        return json.dumps(call).encode()

    def check(self, data: bytes) -> None:
        call: dict[str, Any] = json.loads(data)
        asked, documents, k = call["question"], call["documents"], call["k"]
        book = self._few if call["few"] else self._book
        try:
            answer = book.ask(asked, call["history"], k, documents)
            check_answer(book, answer)
            json.dumps(qa.answer_json(answer), allow_nan=False)
            check_hits(book, book.retrieve(asked, min(k, 50), documents))
        except UsageError as error:
            assert str(error)


def _book(index: Path, sources: Path) -> qa.Book:
    qa.rebuild(index, [sources])
    return qa.load(index)


def question(random: Random) -> str:
    """One that can be answered, or cannot be, or is none."""
    if random.random() < 0.4:
        return random.choice(_ASKED) + random.choice(("", "", text(random, 30)))
    most = random.choice((20, 100, qa.MAX_QUESTION, qa.MAX_QUESTION + 5))
    if random.random() < 0.1:
        return (random.choice("ae漢ا1") + random.choice(("\u0301", "\u200d", "\ufe0f", "\u0488")) * most)[:most]
    return text(random, most)
