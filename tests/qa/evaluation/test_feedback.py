"""Users' verdicts on answers are saved, and an evaluation can ask them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from qa_fixtures import build_book

import qa
from qa.__main__ import main
from qa.evaluation import feedback
from qa.evaluation.feedback import FeedbackRefused, record
from qa.evaluation.questions import read_questions
from source import UsageError

FILES = {
    "bridge.txt": "The Zorblax bridge was opened in 1931. It is painted green.\n",
    "choir.txt": "Anna Smith founded the choir of Graz. The choir sings on Sundays.\n",
}
QUESTION = "When was the Zorblax bridge opened?"
UNANSWERED = "How do I reset my password?"


@pytest.fixture(scope="module")
def qa_judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an index."""
    folder = tmp_path_factory.mktemp("judged")
    build_book(folder, FILES)
    return folder / "index"


def first(index: Path, question: str = QUESTION) -> qa.Quote:
    answer = qa.load(index).ask(question)
    return (answer.quotes or answer.nearest)[0]


def figures(index: Path, path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, float | None]:
    capsys.readouterr()
    assert main(["evaluate", str(path), "--index", str(index), "--json"]) == 0
    read: dict[str, float | None] = json.loads(capsys.readouterr().out)
    return read


def test_a_right_quote_is_a_question_with_its_answer(
    qa_judged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "folder" / "verdicts.jsonl"
    record(path, QUESTION, [], first(qa_judged), right=True)
    line = json.loads(path.read_text())
    assert line["answers"] == ["1931"] and line["gold_passage_ids"] == ["bridge.txt"]
    assert line["answerable"] is True and line["history"] == [] and line["time"].endswith("+00:00")
    got = figures(qa_judged, path, capsys)
    for name in ("hit@1", "answer_in_quote@1", "highlight_f1", "coverage@90", "answered", "n"):
        assert got[name] == 1, name
    assert "rejected@1" not in got


def test_a_rejected_quote_counts_as_wrong_while_it_is_the_first(
    qa_judged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "verdicts.jsonl"
    quote = first(qa_judged)
    record(path, QUESTION, [], quote, right=False)
    line = json.loads(path.read_text())
    assert line["answers"] == line["gold_passage_ids"] == [] and line["rejected"] == [quote.text]
    got = figures(qa_judged, path, capsys)
    assert (got["rejected@1"], got["coverage@90"], got["n"]) == (1, 0, 1)
    assert got["hit@1"] is None and got["answer_in_quote@1"] is None  # the right answer isn't known
    record(path, QUESTION, [], replace(quote, text="Something else."), right=True)
    assert figures(qa_judged, path, capsys)["answer_in_quote@1"] == 0
    path.unlink()
    record(path, QUESTION, [], first(qa_judged, "Who founded the choir of Graz?"), right=False)
    got = figures(qa_judged, path, capsys)
    assert got["rejected@1"] == 0 and got["coverage@90"] is None  # there is no verdict on the first quote


def test_a_verdict_on_not_answered_is_right_or_wrong(
    qa_judged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "verdicts.jsonl"
    record(path, UNANSWERED, [], None, right=True)
    record(path, QUESTION, [], first(qa_judged), right=True)
    got = figures(qa_judged, path, capsys)
    assert (got["n"], got["n_answerable"], got["answered_unanswerable"], got["answerable_auroc"]) == (2, 1, 0, 1)
    record(path, UNANSWERED, [], None, right=False)
    got = figures(qa_judged, path, capsys)
    assert (got["n"], got["n_answerable"], got["hit@1"], got["answered"]) == (2, 2, 1, 0.5)


def test_the_last_verdict_on_a_quote_counts_and_all_on_a_question_are_one(qa_judged: Path, tmp_path: Path) -> None:
    path = tmp_path / "verdicts.jsonl"
    quote = first(qa_judged)
    other = replace(quote, text="It is painted green.", highlights=())
    for each, right in ((quote, False), (other, True), (None, True), (quote, True), (other, False)):
        record(path, QUESTION, [], each, right)
    (question,) = read_questions(path)
    assert (question.answers, question.rejected) == (("1931",), (other.text,))
    assert question.answerable  # although a user said that nothing answers
    record(path, QUESTION, ["What of the Zorblax bridge?"], quote, right=False)
    assert [each.history for each in read_questions(path)] == [(), ("What of the Zorblax bridge?",)]
    ordinary = {"id": "1", "question": QUESTION, "answers": ["1999"]}
    path.write_text(path.read_text() + json.dumps(ordinary) + "\n" + json.dumps(ordinary) + "\n")
    assert [each.answers for each in read_questions(path)] == [("1999",), ("1999",), ("1931",), ()]


def test_without_a_highlight_the_whole_quote_answers(qa_judged: Path, tmp_path: Path) -> None:
    quote = replace(first(qa_judged), highlights=())
    record(tmp_path / "v.jsonl", QUESTION, [], quote, right=True)
    assert json.loads((tmp_path / "v.jsonl").read_text())["answers"] == [quote.text]


def test_lines_of_many_writers_never_mix(qa_judged: Path, tmp_path: Path) -> None:
    """Half a line in the file, and many writers at once."""
    path = tmp_path / "verdicts.jsonl"
    quote = replace(first(qa_judged), text="long " * 5000, highlights=())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: record(path, f"Question {n}?", [], quote, right=True), range(60)))
    assert {each.question for each in read_questions(path)} == {f"Question {n}?" for n in range(60)}
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_verdict_after_an_incomplete_line_begins_a_new_line(qa_judged: Path, tmp_path: Path) -> None:
    path = tmp_path / "verdicts.jsonl"
    path.write_text('{"id": "1", "quest')
    record(path, QUESTION, [], None, right=True)
    assert json.loads(path.read_text().split("\n")[1])["question"] == QUESTION


def test_a_verdict_that_cannot_be_saved_is_refused(
    qa_judged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "verdicts.jsonl"
    for question in ("", "a" * 3000, "\ud800a"):
        with pytest.raises(UsageError):
            record(path, question, [], None, right=True)
    assert not path.exists()
    with pytest.raises(FeedbackRefused, match=r"cannot be written .* Check the permissions"):
        record(tmp_path, QUESTION, [], None, right=True)
    record(path, QUESTION, [], None, right=True)
    before = path.read_bytes()
    monkeypatch.setattr(feedback, "LARGEST", len(before) + 10)
    with pytest.raises(FeedbackRefused, match=r"is full \([\d,]+ bytes\)\. Move it elsewhere"):
        record(path, QUESTION, [], None, right=True)
    assert path.read_bytes() == before


def test_a_verdict_has_to_be_admitted_and_not_too_long(qa_judged: Path, tmp_path: Path) -> None:
    """Attack: questions and histories as long as they may be, to fill the file."""
    path, sizes, longest = tmp_path / "verdicts.jsonl", list[int](), "a" + "\x01" * 1999
    record(path, QUESTION, [], None, True, sizes.append)
    assert sizes == [path.stat().st_size]

    def refuse(size: int) -> None:
        raise UsageError("not now")

    with pytest.raises(UsageError, match="not now"):
        record(path, QUESTION, [], None, True, refuse)
    with pytest.raises(FeedbackRefused, match="too long to be saved"):
        record(path, longest, [longest] * 8, None, True, sizes.append)
    assert sizes == [path.stat().st_size]


def test_the_disk_keeps_some_room(qa_judged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback, "_RESERVE", 1 << 60)
    with pytest.raises(FeedbackRefused, match="the disk is almost full"):
        record(tmp_path / "verdicts.jsonl", QUESTION, [], None, True)
    assert not (tmp_path / "verdicts.jsonl").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_a_link_is_not_written_through(qa_judged: Path, tmp_path: Path) -> None:
    """In an index from somebody else, a link might lead anywhere."""
    (tmp_path / "precious.txt").write_text("precious")
    (tmp_path / "feedback.jsonl").symlink_to(tmp_path / "precious.txt")
    with pytest.raises(FeedbackRefused, match=r"feedback\.jsonl cannot be written"):
        record(tmp_path / "feedback.jsonl", QUESTION, [], first(qa_judged), True)
    assert (tmp_path / "precious.txt").read_text() == "precious"


def test_a_full_disk_is_named(qa_judged: Path) -> None:
    with pytest.raises(FeedbackRefused, match="cannot be written"):
        record(Path("/dev/full"), QUESTION, [], None, right=True)
