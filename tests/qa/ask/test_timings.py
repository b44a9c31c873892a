from __future__ import annotations

import time
from pathlib import Path

import pytest

import qa
from qa.__main__ import main
from qa.ask.timings import stage, timed

pytest_plugins = ["qa_fixtures"]

STAGES = [
    "encoding", "vectors", "words", "fusion", "exact", "late interaction", "reading", "sentences", "confidence",
    "quotes",
]  # fmt: skip


def test_stages_add_up_in_their_order() -> None:
    with timed() as spent:
        for name in ("first", "second", "first"):
            with stage(name):
                time.sleep(0.01)
    assert list(spent) == ["first", "second"]
    assert spent["first"] >= 2 * 0.009 > 0.009 <= spent["second"]


def test_only_stages_inside_timed_are_measured_and_errors_propagate() -> None:
    with timed() as spent, pytest.raises(ValueError, match="in a stage"), stage("failing"):
        raise ValueError("in a stage")
    assert list(spent) == ["failing"]
    with stage("alone"):
        pass
    assert list(spent) == ["failing"]


def test_each_stage_of_an_answer_is_timed(qa_article: qa.Book) -> None:
    started = time.perf_counter()
    with timed() as spent:
        qa_article.ask("Who is Wang Wen?")
    took = time.perf_counter() - started
    assert list(spent) == STAGES
    assert 0 < sum(spent.values()) <= took  # no time is counted twice


@pytest.mark.parametrize(("command", "last"), [("ask", "quotes"), ("retrieve", "passages")])
def test_the_command_line_tells_on_standard_error(
    command: str, last: str, qa_article_index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [command, "Who is Wang Wen?", "--index", str(qa_article_index)]
    assert main(arguments) == 0
    plain = capsys.readouterr()
    assert plain.err == ""
    assert main([*arguments, "--timings"]) == 0
    told = capsys.readouterr()
    assert told.out == plain.out
    lines = told.err.splitlines()
    assert [line[:20].rstrip() for line in lines[:4]] == [
        "imports (CPU time)", "opening the index", "opening the encoder", "encoding",
    ]  # fmt: skip
    assert lines[-1].startswith(last)
    assert all(float(line[20:].removesuffix(" ms")) >= 0 for line in lines)
