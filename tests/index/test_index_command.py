import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pdf_fixtures import paragraph, pdf

from index.__main__ import main

pytestmark = pytest.mark.usefixtures("encoder")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "ships.txt"
    path.write_text("The keeper counted the ships. They went north.\n")
    return path


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_build_status_verify(tmp_path: Path, source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "index"
    assert run("build", source, "--index", root) == 0
    out, err = capsys.readouterr()
    assert out == "Built: 1 document, 1 passage, generation 000001 (1 added).\n"
    assert err.splitlines() == ["encoding…", "finishing…"]
    assert run("build", source, "--index", root) == 0
    assert capsys.readouterr().out.startswith("Up to date: 1 document")
    assert run("build", "--full", source, "--index", root) == 0
    assert capsys.readouterr().out.endswith("generation 000002.\n")
    assert run("status", "--index", root) == 0
    out = capsys.readouterr().out
    assert "generation  000002, built 20" in out
    assert "all-MiniLM-L6-v2 (53aa51172d14)" in out
    assert "passages    1\n" in out
    assert f"source      {source}" in out
    assert run("verify", "--index", root) == 0
    assert "All files in 2 generations are intact." in capsys.readouterr().out


def test_skipped_files_are_reported(tmp_path: Path, source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    source.rename(tmp_path / "in" / "ships.txt")
    (tmp_path / "in" / "empty.txt").write_bytes(b"")
    assert run("build", tmp_path / "in", "--index", tmp_path / "index") == 0
    for _ in range(2):  # an up-to-date build says it again
        assert "Skipped: " in capsys.readouterr().err
        run("build", tmp_path / "in", "--index", tmp_path / "index")
    capsys.readouterr()
    run("status", "--index", tmp_path / "index")
    assert "skipped     " in capsys.readouterr().out


def test_files_of_other_kinds_are_counted_in_every_build_and_status(
    tmp_path: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, index = tmp_path / "in", tmp_path / "index"
    folder.mkdir()
    source.rename(folder / "ships.txt")
    for names in (["a.zzz"], ["a.zzz", "b.yyy"]):
        (folder / names[-1]).write_bytes(b"x")
        for _ in range(2):  # an up-to-date build says it again
            assert run("build", folder, "--index", index) == 0
            assert f"{len(names)} file" in capsys.readouterr().err
        run("status", "--index", index)
        assert ".zzz (1)" in capsys.readouterr().out
    run("status", "--index", index, "--json")
    status = json.loads(capsys.readouterr().out)
    assert "2 files left out: .yyy (1), .zzz (1)." in status["skipped"][0]
    assert list(map(Path, status["sources"])) == [folder / "ships.txt"]


def test_warnings_name_the_document_and_its_pages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, root = tmp_path / "scan.pdf", tmp_path / "index"
    path.write_bytes(pdf([paragraph(["The keeper counted the ships."]), [], []]))
    assert run("build", path, "--index", root) == 0
    assert "1 document may have extraction problems; see `python -m index status`." in capsys.readouterr().err
    run("status", "--index", root)
    assert "warnings    scan.pdf: no text: pages 2–3\n" in capsys.readouterr().out


def test_a_damaged_index_does_not_verify(tmp_path: Path, source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "index"
    run("build", source, "--index", root)
    next(root.rglob("tokens.npy")).write_bytes(b"")
    capsys.readouterr()
    for command in ("verify", "status"):
        assert run(command, "--index", root) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert err.count("\n") == 1
        assert "tokens.npy is damaged. Run `python -m index build --index DIR`" in err


@pytest.mark.parametrize(
    ("name", "data", "status", "said"),
    [
        ("none.txt", None, 2, "No such file or folder"),
        ("a.exe", b"MZ", 1, "unsupported file type"),
        ("a.txt", b"", 1, "a.txt is empty."),
        ("a.txt", b"\0\1\2" * 99, 1, "is not text in a known encoding"),
        ("a.jsonl", b'{"id": 1, "text": "t"}\n{\n', 1, "line 2 is not JSON"),
        ("a.jsonl", b'{"id": 1, "text": "t"}\n{"id": 1, "text": "t"}\n', 1, "Two documents have the id '1', both in"),
    ],
)
def test_bad_sources_are_one_sentence_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, data: bytes | None, status: int, said: str
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    assert run("build", tmp_path / name, "--index", tmp_path / "index") == status
    out, err = capsys.readouterr()
    assert out == ""
    lines = [line for line in err.splitlines() if not line.endswith("…")]
    assert len(lines) == 1
    assert said in lines[0]


def test_a_missing_index_and_an_unwritable_folder(
    tmp_path: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("status", "--index", tmp_path / "none") == 1
    assert "No index found in" in capsys.readouterr().err
    for command in (["build", source], ["status"]):
        assert run(*command, "--index", source) == 1
        assert capsys.readouterr().err == f"{source} is a file, not an index. Name a folder with --index.\n"
    (source.parent / "other").mkdir()
    (source.parent / "other" / "file.txt").touch()
    assert run("build", source, "--index", source.parent / "other") == 1
    assert "holds other files but no index" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="interrupts are sent otherwise here")
def test_an_interrupt_ends_a_build_without_a_traceback(tmp_path: Path) -> None:
    with (tmp_path / "long.csv").open("w") as file:
        file.writelines(f"The keeper of the lighthouse,{number},counted ships\n" for number in range(200_000))
    command = [sys.executable, "-m", "index", "build", str(tmp_path / "long.csv"), "--index", str(tmp_path / "index")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as building:
        assert building.stderr
        while "encoding" not in building.stderr.readline():
            pass
        building.send_signal(signal.SIGINT)
        _, err = building.communicate(timeout=60)
    assert (building.returncode, "Traceback" in err) == (130, False), err


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["build", "--nonsense"]])
def test_wrong_usage_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m index" in capsys.readouterr().err
