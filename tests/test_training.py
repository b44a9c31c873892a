"""The reader's training, on a handful of examples: it learns, goes on where it was stopped, is exported as it is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from index.encoder.identity import model_folder
from index.encoder.sentence_transformer import SentenceTransformerEncoder
from index.settings import DEFAULT_MODEL

sys.path.append(str(Path(__file__).parent / "training"))
from invented import write_invented
from near_misses import NearMisses

TRAINING = Path(__file__).parent / "training"
PLACES = ["Graz", "Lima", "Oslo", "Cork", "Bern", "Riga"]
KINDS = {"gold", "retrieved", "unanswerable", "statement"}
NEAR_MISSES = {"cut", "swapped", "turned", "renamed"}
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
    kinds = {line["kind"] for line in lines}
    assert {"gold", "retrieved", "unanswerable"} < kinds < {*KINDS, *NEAR_MISSES}
    for line in lines:
        answers = {line["text"][start:end] for start, end in line["spans"]}
        assert bool(answers) == bool(line["answers"]) == (line["kind"] in ("gold", "statement"))
        if line["kind"] == "gold":
            assert answers <= set(PEOPLE)
        if line["kind"] == "cut":
            assert not any(person in line["text"] for person in PEOPLE)
    trained_on = {line["id"] for line in lines}
    assert 0 < len(trained_on) < 2 * len(PLACES), "some articles are left for validation"


def test_invented_documents_hold_their_answers_where_they_say(tmp_path: Path) -> None:
    for part in ("train", "validation"):
        questions, regions, near = write_invented(tmp_path / part, 40, part)
        assert {question.answerable for question in questions} == {True, False}
        for question in questions:
            if question.answerable:
                name, region = regions[question.id]
                text = (tmp_path / part / name).read_text("utf-8")[region.start : region.end]
                assert all(answer in text for answer in question.answers)
            else:
                assert (tmp_path / part / near[question.id][0]).exists()
    assert not {file.name for file in (tmp_path / "train").iterdir()} & {
        file.name for file in (tmp_path / "validation").iterdir()
    }


def test_near_misses_change_what_is_asked_or_what_is_said() -> None:
    text = "The mill in Graz was built by Anna Berg in 1901. The mill in Lima burnt down in 1950."
    misses = NearMisses([text, "It opened in " + ", in ".join(f"{place}burg" for place in PLACES)], Random(1))
    question = "Who first built the mill in Graz?"
    assert misses.turned(question) == "Who last built the mill in Graz?"
    swapped, renamed = misses.swapped(question, text), misses.renamed(question, text, ["Anna Berg"])
    assert swapped and swapped.startswith("Who first built the mill in ") and "Graz" not in swapped
    assert renamed and "Graz" not in renamed and "Anna Berg in 1901" in renamed
    assert misses.renamed("Who is Anna?", text, ["Anna Berg"]) is None


@pytest.mark.timeout(900)  # torch waits long for its threads on a machine that has other work
def test_training_learns_resumes_and_exports(folder: Path, examples: Path) -> None:
    made = folder / "reader"
    start = ("--start", model_folder(DEFAULT_MODEL), "--layers", 2, "--epochs", 8)
    run("train_reader.py", made, examples, *start, "--pause", 3)
    assert json.loads((made / "state.json").read_text())["step"] == 3
    run("train_reader.py", made, examples, *start)
    losses = [json.loads(line) for line in (made / "log.jsonl").open()]
    assert json.loads((made / "state.json").read_text())["step"] == losses[-1]["of"] > 3
    assert losses[-1]["answers"] < 0.7
    said = run("export_reader.py", made, folder / "out")
    assert "float32 differs by" in said and float(said.split("differs by ")[1].split()[0]) < 1e-3
    size = (folder / "out" / "reader.onnx").stat().st_size
    assert size < 20_000_000


@pytest.mark.timeout(900)
def test_a_distilled_encoder_is_one_that_indexes_can_use(folder: Path, examples: Path) -> None:
    packaged = Path(model_folder(DEFAULT_MODEL))
    run("distil_encoder.py", folder / "student", examples, "--tokens", packaged)
    assert json.loads((folder / "student" / "state.json").read_text())["step"] == 1
    student = SentenceTransformerEncoder(str(folder / "student" / "encoder"))
    (ours,), (theirs,) = (
        each.encode(["Anna led it."]) for each in (student, SentenceTransformerEncoder(str(packaged)))
    )
    assert ours.vector @ theirs.vector > 0.9  # it starts from the one that it learns from
    assert ours.tokens.shape == theirs.tokens.shape
