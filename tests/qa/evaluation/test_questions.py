from __future__ import annotations

import json
from pathlib import Path

import pytest

from qa.evaluation.questions import read_questions
from source import UsageError

BRIDGE = {
    "id": "1",
    "question": "When was the Zorblax bridge opened?",
    "answers": ["1931"],
    "gold_passage_ids": ["bridge"],
}


def test_histories_are_strings_or_turns_of_the_user(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    turns = [
        "first?",
        {"role": "user", "text": "second?"},
        {"role": "assistant", "text": "An answer."},
        {"text": "third?"},
    ]
    path.write_text(json.dumps({**BRIDGE, "history": turns}))
    (question,) = read_questions(path)
    assert question.history == ("first?", "second?", "third?")


def test_a_byte_order_mark_blank_lines_and_rare_line_breaks(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    lines = [json.dumps({**BRIDGE, "question": "Who\u2028spoke\x85?"}, ensure_ascii=False), "", json.dumps(BRIDGE)]
    path.write_bytes("\r\n".join(lines).encode("utf-8-sig"))
    assert [question.question for question in read_questions(path)] == ["Who\u2028spoke\x85?", BRIDGE["question"]]


def test_a_question_without_a_word_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(json.dumps({**BRIDGE, "question": text}) for text in ("", " ?", "Why?")))
    assert [question.question for question in read_questions(path)] == ["Why?"]


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "not JSON",
        "[]",
        "null",
        '"text"',
        "{}",
        '{"id": 1}',
        '{"id": 1, "question": 5}',
        '{"id": 1, "question": "who?", "answers": "Anna"}',
        '{"id": 1, "question": "who?", "answers": 5}',
        '{"id": 1, "question": "who?", "gold_passage_ids": "bridge"}',
        '{"id": 1, "question": "who?", "history": "who?"}',
        '{"id": 1, "question": "who?", "history": [5]}',
        '{"id": 1, "question": "who?", "history": [{"role": "user"}]}',
        '{"id": 1, "question": "who?", "history": [{"role": "user", "text": 5}]}',
        "[" * 100_000,
    ],
)  # fmt: skip
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(json.dumps(BRIDGE) + "\n\n" + line)
    with pytest.raises(UsageError, match=r"questions\.jsonl, line 3 is not"):
        read_questions(path)


def test_documents_are_a_list_of_ids(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    for good, read in ((["a.txt", "b"], ("a.txt", "b")), ([], ()), (None, ())):
        path.write_text(json.dumps({**BRIDGE, "documents": good}))
        assert read_questions(path)[0].documents == read
    wrong: list[object] = ["a.txt", 5, {}, ["a.txt", 5], ["\ud800"]]
    for bad in wrong:
        path.write_text(json.dumps(BRIDGE) + "\n" + json.dumps({**BRIDGE, "documents": bad}))
        with pytest.raises(UsageError, match=r'The "documents" of .*, line 2 are not a list of document ids'):
            read_questions(path)


def test_verdicts_on_other_documents_stay_apart(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    verdict = {**BRIDGE, "judged": ""}
    path.write_text("\n".join(json.dumps({**verdict, "documents": each}) for each in (["a"], ["b"], ["a"])))
    assert [question.documents for question in read_questions(path)] == [("a",), ("b",)]


def test_files_that_hold_no_questions(tmp_path: Path) -> None:
    for content, message in ((b"\n \n", "has no questions"), (b"\xff\xfe\x00", "can't be read as UTF-8")):
        (tmp_path / "q.jsonl").write_bytes(content)
        with pytest.raises(UsageError, match=message):
            read_questions(tmp_path / "q.jsonl")
    with pytest.raises(UsageError, match="No such file"):
        read_questions(tmp_path / "missing.jsonl")
