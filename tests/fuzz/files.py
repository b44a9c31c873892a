"""Small files that people keep or send: answers, questions, passwords, the list of what is left out."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from random import Random

from fuzz.jsons import hostile, mutated_json
from fuzz.mutator import mutated_text
from index import StoreError
from index.folder.additions import left_out
from index.folder.layout import Layout
from qa.evaluation.questions import read_questions
from qa.verification.saved_answer import saved_answer, saved_quote, saved_quotes
from qa.web.http.passwords import Hash, read_passwords
from source import UsageError, is_unicode

_PLACE = {"page": 1, "heading": ["Ships"], "paragraph": None, "line": 3}
_DOCUMENT = {"id": "a.txt", "title": "Ships", "path": "a.txt", "sha256": "0" * 64, "extractor": "plain/3"}
_BOX = {"page": 1, "left": 0.1, "top": 0.1, "right": 0.2, "bottom": 0.2}
QUOTE = {
    "text": "Two sail.", "start": 0, "end": 9, "highlights": [{"start": 0, "end": 3}], "document": _DOCUMENT,
    "place": _PLACE, "score": 0.5, "boxes": [_BOX],
    "elsewhere": [{"start": 0, "end": 9, "document": _DOCUMENT, "place": _PLACE}],
}  # fmt: skip
ANSWER = {
    "question": "How many sail?", "answered": True, "confidence": 0.9, "searched_for": "How many sail?",
    "quotes": [QUOTE], "nearest": [],
}  # fmt: skip
_QUESTIONS = [
    {
        "id": "q1", "question": "How many sail?", "answers": ["Two"], "gold_passage_ids": ["a"], "answerable": True,
        "history": ["Who?"],
    },
    {"id": "q2", "question": "Who?", "history": [{"role": "user", "text": "And?"}, {"role": "agent", "text": "x"}]},
    {"id": "f", "question": "Who?", "judged": "Two sail.", "rejected": ["Two sail."], "answers": [], "time": "x"},
]  # fmt: skip
# One that takes no time to try; the numbers are what is mutated.
_HASH = str(Hash(2, 1, 1, b"salt", bytes(32)))
_PASSWORDS = f"# who\nanna:{_HASH}\n\nиван:{_HASH}\n".encode()
_WORDS = [
    b":",
    b"$",
    b"\n",
    b"#",
    b"scrypt$",
    b"anna:",
    b"=",
    b"$99999999999$8$1$",
    _HASH.encode(),
    b"\r\n",
    b"1_0",
    b" ",
]


class Saved:
    """Answers as JSON."""

    seconds = 1.0

    def __init__(self, name: str, folder: Path | None) -> None:
        self._seeds = [QUOTE, ANSWER, {"conversation": [ANSWER]}]

    def draw(self, random: Random) -> bytes:
        return mutated_json(random.choice(self._seeds), random)

    def check(self, data: bytes) -> None:
        try:
            record = json.loads(data)
        except (ValueError, RecursionError):
            return
        for reader in (saved_quote, saved_quotes, saved_answer):
            try:
                reader(record)
            except ValueError:
                continue


class Questions:
    """Files of questions and of verdicts."""

    seconds = 1.0

    def __init__(self, name: str, folder: Path | None) -> None:
        self._file = Path(tempfile.mkdtemp(), "questions.jsonl")

    def draw(self, random: Random) -> bytes:
        lines = [mutated_json(random.choice(_QUESTIONS), random) for _ in range(random.randrange(1, 4))]
        return b"\n".join([*lines, json.dumps(_QUESTIONS[0]).encode()])

    def check(self, data: bytes) -> None:
        self._file.write_bytes(data)
        try:
            questions = read_questions(self._file)
        except UsageError:
            return
        for each in questions:
            assert all(isinstance(text, str) for text in (each.id, each.question, *each.answers, *each.history))
            assert any(map(str.isalnum, each.question))


class PasswordFile:
    """Files of passwords, and that a name in one can be asked for."""

    seconds = 2.0

    def __init__(self, name: str, folder: Path | None) -> None:
        self._file = Path(tempfile.mkdtemp(), "passwords")
        self._file.touch(0o600)

    def draw(self, random: Random) -> bytes:
        return mutated_text(_PASSWORDS, random, _WORDS)

    def check(self, data: bytes) -> None:
        self._file.write_bytes(data)
        try:
            passwords = read_passwords(self._file)
        except UsageError:
            return
        assert not passwords.verify("anna", "\ud800"), "a wrong password fits"
        assert not passwords.verify("", ""), "nobody may log in"


class LeftOut:
    """`left-out.json`."""

    seconds = 1.0

    def __init__(self, name: str, folder: Path | None) -> None:
        self._layout = Layout(Path(tempfile.mkdtemp()))

    def draw(self, random: Random) -> bytes:
        return mutated_json(["a.txt", "b/ж.txt", hostile(random)], random)

    def check(self, data: bytes) -> None:
        self._layout.left_out.write_bytes(data)
        try:
            ids = left_out(self._layout)
        except StoreError:
            return
        assert all(isinstance(id, str) for id in ids) and len(set(ids)) == len(ids)
        assert all(map(is_unicode, ids)), "half of a surrogate pair"
