"""Commands whose output can't be written, or not in this encoding, and paths that no file has: never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import qa

HOME = Path(__file__).parents[1]
NAME = "größe–😀.md"
TEXT = "# Größe — “quotes” 😀\n\nThe keeper of the lighthouse — Änne Žižková — counted “23 ships” in the harbour.\n"
QUESTION = "Who is the keeper of the lighthouse?"
LONG = "x" * 5000

# Each command runs in a fork of one process that has imported all: imports take most of the time.
_SERVER = """
import json, os, sys
import index.__main__, qa.__main__, app
from signal import alarm

for line in sys.stdin:
    request = json.loads(line)
    child = os.fork()
    if not child:
        alarm(30)
        for target, name in enumerate(("/dev/null", request["stdout"], request["stderr"])):
            if name == "pipe":
                reader, writer = os.pipe()
                os.close(reader)
            else:
                writer = os.open(name, os.O_RDWR | os.O_CREAT)
            os.dup2(writer, target)
            os.close(writer)
        # As Python has them: of standard error, each line is written at once.
        code = request["encoding"]
        streams = [open(number, "w", buffer, code, closefd=False) for number, buffer in [(1, -1), (2, 1)]]
        sys.stdout, sys.stderr = (None, None) if request["closed"] else streams
        module, *arguments = request["command"]
        sys.exit({"index": index.__main__, "qa": qa.__main__, "app": app}[module].main(arguments))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""

Ran = tuple[int, bytes, str]
Run = Callable[..., Ran]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("output")
    (folder / "in").mkdir()
    (folder / "in" / NAME).write_text(TEXT, "utf-8")
    qa.rebuild(folder / "index", [folder / "in"])
    question = {"id": "1", "question": QUESTION, "answers": ["Änne Žižková"], "answerable": True}
    (folder / "questions.jsonl").write_text(json.dumps(question))
    (folder / "answer.json").write_text(json.dumps(qa.answer_json(qa.load(folder / "index").ask(QUESTION))))
    return folder


@pytest.fixture(scope="module")
def run(folder: Path) -> Iterator[Run]:
    if not hasattr(os, "fork"):
        pytest.skip("the system has no forks")
    command = [sys.executable, "-c", _SERVER]
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin and server.stdout

        def run(
            command: list[str], encoding: str = "utf-8", stdout: str = "", stderr: str = "", closed: bool = False
        ) -> Ran:
            assert server.stdin and server.stdout
            files = {name: folder / name for name in ("stdout", "stderr")}
            for file in files.values():
                file.unlink(missing_ok=True)
            streams = {"stdout": stdout or str(files["stdout"]), "stderr": stderr or str(files["stderr"])}
            request = {"command": command, "encoding": encoding, "closed": closed, **streams}
            server.stdin.write(json.dumps(request) + "\n")
            server.stdin.flush()
            status = int(server.stdout.readline())
            printed = files["stdout"].read_bytes() if files["stdout"].exists() else b""
            errors = files["stderr"].read_text("utf-8", "replace") if files["stderr"].exists() else ""
            return status, printed, errors

        yield run
        server.stdin.close()


COMMANDS = {
    "build": ["index", "build", "{in}", "--full", "--index", "{built}"],
    "status": ["index", "status", "--index", "{index}"],
    "documents": ["index", "documents", "--index", "{index}"],
    "documents --json": ["index", "documents", "--json", "--index", "{index}"],
    "verify": ["index", "verify", "--index", "{index}"],
    "ask": ["qa", "ask", QUESTION, "--index", "{index}"],
    "ask --json": ["qa", "ask", QUESTION, "--json", "--index", "{index}"],
    "retrieve": ["qa", "retrieve", QUESTION, "--index", "{index}"],
    "evaluate": ["qa", "evaluate", "{questions.jsonl}", "--index", "{index}"],
    "qa verify": ["qa", "verify", "{answer.json}"],
    "help": ["app", "--help"],
}
every_command = pytest.mark.parametrize("name", COMMANDS)


def written(name: str, folder: Path) -> list[str]:
    return [str(folder / word[1:-1]) if word.startswith("{") else word for word in COMMANDS[name]]


@every_command
def test_what_the_encoding_lacks_is_escaped(run: Run, folder: Path, name: str) -> None:
    status, printed, errors = run(written(name, folder), "ascii")
    assert (status, "Traceback" in errors) == (0, False), errors
    assert printed.isascii() and printed.endswith(b"\n")
    if name.endswith("--json"):
        assert json.loads(printed) == json.loads(run(written(name, folder))[1])


@pytest.mark.parametrize(
    ("encoding", "expected"), [("latin-1", "Größe \\u2014 \\u201c"), ("cp1252", "Größe — “quotes” \\ud83d")]
)
def test_what_the_encoding_has_is_printed(run: Run, folder: Path, encoding: str, expected: str) -> None:
    status, printed, errors = run(written("ask", folder), encoding)
    assert (status, errors) == (0, "")
    assert expected in printed.decode(encoding)


@every_command
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_a_full_disk_is_told_in_a_sentence(run: Run, folder: Path, name: str) -> None:
    status, _, errors = run(written(name, folder), stdout="/dev/full")
    assert status == 1
    assert errors.splitlines()[-1] == "The output cannot be written (no space left on device)."
    assert "Traceback" not in errors and "Exception" not in errors


@every_command
def test_a_closed_pipe_ends_a_command_silently(run: Run, folder: Path, name: str) -> None:
    status, _, errors = run(written(name, folder), stdout="pipe")
    assert status == 141
    assert not errors or (name == "build" and "Traceback" not in errors and "Exception" not in errors)


@every_command
def test_closed_streams_harm_nothing(run: Run, folder: Path, name: str) -> None:
    status, printed, errors = run(written(name, folder), closed=True)
    assert (status, printed, errors) == (0, b"", "")


@pytest.mark.parametrize("stderr", ["pipe", "/dev/full"])
def test_a_build_is_not_lost_for_its_progress(run: Run, folder: Path, tmp_path: Path, stderr: str) -> None:
    """Where standard error can't be written."""
    status, printed, _ = run(["index", "build", str(folder / "in"), "--index", str(tmp_path / "new")], stderr=stderr)
    assert status == 0
    assert printed == b"Built: 1 document, 1 passage, generation 000001 (1 added).\n"


DEEP = "/".join([LONG[:200]] * 30)
PATHS = [LONG, DEEP, "\udcff", "a\0b"]
FILES = {"{x}", "{index}", "{answer.json}"}


@pytest.mark.parametrize(
    "command",
    [
        "index build {path} --index {x}", "index status --index {path}", "index verify --index {path}",
        "index rollback --index {path}", "index prune --index {path}", "index documents --index {path}",
        "index rollback --to {path} --index {index}", "qa ask who --index {path}",
        "qa ask who --document {path} --index {index}", "qa evaluate {path} --index {index}", "qa verify {path}",
        "qa verify {answer.json} {path}", "app --index {path}", "app --auth {path}", "app --host {path}",
        "app --root-path {path}",
    ],
)  # fmt: skip
def test_a_path_that_no_file_has_is_told_in_a_sentence(run: Run, folder: Path, command: str) -> None:
    words = [str(folder / word[1:-1]) if word in FILES else word for word in command.split()]
    for path in PATHS:
        status, printed, errors = run([path if word == "{path}" else word for word in words])
        assert status in (1, 2) and not printed
        assert errors.endswith("\n") and "Traceback" not in errors


def test_an_index_is_not_built_at_a_path_that_no_file_can_have(run: Run, folder: Path) -> None:
    for path in (LONG, DEEP):
        status, printed, errors = run(["index", "build", str(folder / "in"), "--index", path])
        assert (status, printed) == (1, b"")
        assert errors.startswith("The index cannot be written to /") and "(file name too long)." in errors


@pytest.mark.parametrize("command", ["index", "index build", "qa", "qa ask who", "app", "app --port 7860"])
def test_names_of_files_as_arguments_give_a_terminal_no_orders(run: Run, command: str) -> None:
    """Attack: `python -m index build *` in a folder with files whose names begin like options."""
    status, printed, errors = run([*command.split(), "-\x1b[2J", "--\x1b]0;title\x07a.txt", "--\u202eb\nc.txt"])
    assert (status, printed) == (2, b"")
    usage, _, complaint = errors.partition("error: ")
    assert usage.isascii() and complaint.endswith("\n")
    assert complaint[:-1].isprintable()


def test_an_address_without_a_letter_is_told_in_a_sentence(run: Run) -> None:
    status, _, errors = run(["app", "--host", ""])
    assert status == 2
    assert errors.endswith("app.py: error: argument --host: the address is empty\n")


def test_commands_of_a_shell(folder: Path) -> None:
    """As a shell starts them, with the interpreter's own streams and end."""
    command = f'"{sys.executable}" -m index status --index "{folder / "index"}"'
    for line, expected in [
        (f"PYTHONIOENCODING=ascii {command} | wc -l", (0, "")),
        (f"({command}; echo $? >&2) | true", (0, "141\n")),
        (f"{command} > /dev/full", (1, "The output cannot be written (no space left on device).\n")),
        (f"{command} > /dev/full 2>&1", (1, "")),
        (f"{command} >&- 2>&-", (0, "")),
        (
            f"PYTHONUNBUFFERED=1 {command} --help > /dev/full",
            (1, "The output cannot be written (no space left on device).\n"),
        ),
    ]:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        ran = subprocess.run(["sh", "-c", line], cwd=HOME, env=environment, capture_output=True, text=True, timeout=60)
        assert (ran.returncode, ran.stderr) == expected, line
