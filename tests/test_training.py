"""The reader's training, on a handful of examples: it learns, goes on where it was stopped, is exported as it is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

TRAINING = Path(__file__).parent / "training"
PLACES = ["Graz", "Lima", "Oslo", "Cork", "Bern", "Riga"]
PEOPLE = ["Anna Smith", "Omar Haddad", "Li Wei", "Eva Berg", "Ivan Petrov", "Mary Cole"]


def run(script: str, *arguments: object) -> str:
    command = [sys.executable, str(TRAINING / script), *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=400)
    assert ran.returncode == 0, ran.stderr[-3000:]
    return ran.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of passages and questions, some of them unanswerable."""
    made = tmp_path_factory.mktemp("set")
    passages: list[dict[str, object]] = []
    questions: list[dict[str, object]] = []
    for i, (place, person) in enumerate(zip(PLACES, PEOPLE, strict=True)):
        text = f"The choir of {place} was founded in {1900 + i}. It was led by {person} for a long time."
        passages.append({"id": f"p{i}", "text": text})
        led, closed = (f"Who {did} the choir of {place}?" for did in ("first led", "closed"))
        questions.append({"id": f"w{i}", "question": led, "answers": [person], "gold_passage_ids": [f"p{i}"]})
        near = {"answers": [], "answerable": False, "near_passage_ids": [f"p{i}"]}
        questions.append({"id": f"u{i}", "question": closed, **near})
    for name, records in (("passages", passages), ("questions", questions)):
        (made / f"{name}.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    return made


@pytest.fixture(scope="module")
def examples(folder: Path) -> Path:
    run("examples.py", folder / "examples.jsonl", folder)
    return folder / "examples.jsonl"


def test_examples_are_of_every_kind_and_their_spans_are_answers(folder: Path, examples: Path) -> None:
    lines = [json.loads(line) for line in examples.open()]
    assert {line["kind"] for line in lines} == {"gold", "retrieved", "cut", "swapped", "turned", "unanswerable"}
    for line in lines:
        answers = {line["text"][start:end] for start, end in line["spans"]}
        assert answers <= set(PEOPLE)
        assert bool(answers) == (line["kind"] == "gold")
        if line["kind"] == "cut":
            assert not any(person in line["text"] for person in PEOPLE)
    trained_on = {line["id"] for line in lines}
    assert 0 < len(trained_on) < 2 * len(PLACES), "some articles are left for validation"


@pytest.mark.timeout(900)  # torch waits long for its threads on a machine that has other work
def test_training_learns_resumes_and_exports(folder: Path, examples: Path) -> None:
    made = folder / "reader"
    run("train_reader.py", made, examples, "--epochs", 8, "--steps", 3)
    assert json.loads((made / "state.json").read_text())["step"] == 3
    run("train_reader.py", made, examples, "--epochs", 8)
    losses = [json.loads(line) for line in (made / "log.jsonl").open()]
    assert json.loads((made / "state.json").read_text())["step"] == losses[-1]["of"] > 3
    assert losses[-1]["answers"] < 0.7
    said = run("export_reader.py", made, folder / "out")
    assert "float32 differs by" in said and float(said.split("differs by ")[1].split()[0]) < 1e-3
    size = (folder / "out" / "reader.onnx").stat().st_size
    assert size < 25_000_000
