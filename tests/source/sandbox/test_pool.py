"""Files that are parsed in a process apart: what they give, and what happens when that process fails."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread

import pytest
from pdf_fixtures import paragraph, pdf

from source import scan
from source.document_json import dump_parts
from source.errors import ChapterVerseError, Damaged, SourceError, SourceUnreadable, TooLarge
from source.formats.pdf import read_pdf
from source.sandbox import pool as pool_module
from source.sandbox.pool import ParserPool

LINES = ["Words in the file, which are", "on two lines."]
FACTS = {"id": "a.pdf", "title": "a", "path": "a.pdf"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf([paragraph(LINES)]))
    return path


def test_a_document_from_a_parser_process_is_unchanged(file: Path) -> None:
    (document,) = scan([file]).documents()
    direct = read_pdf(file.read_bytes(), id="a.pdf", title="a", path=document.path, sha256=document.sha256)
    assert document == direct
    assert document.corners is not None and direct.corners is not None
    assert document.corners.tolist() == direct.corners.tolist()


def test_an_error_comes_as_it_was_raised(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"no pdf at all")
    with pytest.raises(Damaged, match=r"a\.pdf is damaged or not a PDF\. Try saving it again"):
        list(scan([path]).documents())
    with pytest.raises(SourceUnreadable, match="not a regular file"):
        os.mkfifo(tmp_path / "pipe.pdf")
        list(scan([tmp_path / "pipe.pdf"]).documents())


def test_a_process_that_ends_or_hangs_loses_its_file_and_no_other(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack: a file at which the parser hangs, crashes or takes all memory."""
    fake = tmp_path / "source" / "sandbox"
    fake.mkdir(parents=True)
    for package in (fake.parent, fake):
        (package / "__init__.py").write_text("")
    (fake / "worker.py").write_text("import os, sys, time\nprint(flush=True)\nline = sys.stdin.readline()\n%s\n")
    program = (fake / "worker.py").read_text()
    for does, complaint in (
        ("os.abort()", "exited with status -6"),
        ("time.sleep(60)", "took longer than 1 seconds"),
        ("print('nonsense', flush=True); time.sleep(60)", "exited with status -9"),
        ('print(\'{"document": 9999999, "corners": 0}\', flush=True); os._exit(3)', "exited with status"),
        ('print(\'{"error": "os", "message": "x"}\', flush=True); time.sleep(60)', "exited with status"),
    ):
        (fake / "worker.py").write_text(program % does)
        with monkeypatch.context() as patched:
            patched.setattr(pool_module, "_ROOT", tmp_path)
            start = time.monotonic()
            with pytest.raises(TooLarge if "longer" in complaint else SourceUnreadable, match=complaint):
                ParserPool(seconds=0.95).read(file, **FACTS)
            assert time.monotonic() - start < 20
    assert ParserPool().read(file, **FACTS).text == "\n".join(LINES)


def test_no_file_is_blamed_for_a_parser_that_does_not_start(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Skipping the files would remove their documents from the index."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "__init__.py").write_text("raise SystemExit(1)")
    scanned = scan([tmp_path])
    with monkeypatch.context() as patched:
        patched.setattr(pool_module, "_ROOT", tmp_path)
        with pytest.raises(ChapterVerseError, match=r"not be started \(its process exited with status 1\)") as ended:
            list(scanned.documents())
        patched.setattr(sys, "executable", str(tmp_path / "none"))
        with pytest.raises(ChapterVerseError, match=r"not be started \(no such file") as missing:
            list(scanned.documents())
    assert not any(isinstance(error.value, SourceError) for error in (ended, missing))
    assert [document.id for document in scanned.documents()] == ["a.pdf"]


def test_files_are_parsed_under_a_limit_on_memory_that_cannot_be_raised(file: Path) -> None:
    pytest.importorskip("resource")
    program = """
import resource, sys
from source import scan
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
print([document.id for document in scan(sys.argv[1:]).documents()])
"""
    done = subprocess.run([sys.executable, "-c", program, file], capture_output=True, text=True, check=True)
    assert done.stdout == "['a.pdf']\n"


def test_a_process_serves_many_files(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = 0
    worker = pool_module._ParserProcess

    def counting() -> pool_module._ParserProcess:
        nonlocal started
        started += 1
        return worker()

    monkeypatch.setattr(pool_module, "_ParserProcess", counting)
    workers = ParserPool()
    for _ in range(3):
        assert workers.read(file, **FACTS).id == "a.pdf"
    file.write_bytes(b"broken")
    with pytest.raises(Damaged):
        workers.read(file, **FACTS)
    workers.close()
    assert started <= 2


def test_a_parser_sees_no_secrets_and_writes_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack: a parser that was taken over."""
    monkeypatch.setenv("A_PASSWORD", "secret")
    process = pool_module._ParserProcess()._process
    environment = Path(f"/proc/{process.pid}/environ").read_bytes()
    process.kill()
    process.wait()
    assert b"secret" not in environment


def test_documents_keep_the_order_of_their_files_and_failures_are_noted(tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"{number:02}.pdf").write_bytes(pdf([paragraph([f"This is document number {number}."])]))
        (tmp_path / f"{number:02}.txt").write_text(f"This is text number {number}.")
    (tmp_path / "05.pdf").write_bytes(b"broken")
    scanned = scan([tmp_path])
    names = [f"{number:02}.{ending}" for number in range(12) for ending in ("pdf", "txt")]
    names.remove("05.pdf")
    assert [document.id for document in scanned.documents()] == names
    assert [str(error) for error in scanned.skipped] == [
        f"{tmp_path.as_posix()}/05.pdf is damaged or not a PDF. Try saving it again."
    ]


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(5 << 30)
    with pytest.raises(TooLarge, match=r"is too large \(5,120 MB; the limit is 1,024 MB\)"):
        list(scan([path]).documents())


def test_names_in_any_script_and_with_control_characters(tmp_path: Path) -> None:
    names = ["中文 文件.pdf", "new\nline.pdf", "tab\tbell\a.pdf", "-rf.pdf", "Ünï\u202ecode.pdf"]
    for name in names:
        (tmp_path / name).write_bytes(pdf([paragraph(["The keeper counted the ships."])]))
    assert {document.id for document in scan([tmp_path]).documents()} == set(names)


def test_a_file_that_is_written_while_it_is_read_gives_one_of_its_states(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    states = {text: pdf([paragraph([text])]) for text in ("The first state of it.", "The second state of it, longer.")}
    path.write_bytes(states["The first state of it."])
    stop = Event()

    def write() -> None:
        while not stop.is_set():
            for data in states.values():
                path.with_suffix(".new").write_bytes(data)
                path.with_suffix(".new").replace(path)

    writer = Thread(target=write)
    writer.start()
    try:
        for _ in range(5):
            (document,) = scan([path]).documents()
            assert hashlib.sha256(states[document.text]).hexdigest() == document.sha256
    finally:
        stop.set()
        writer.join()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_named(file: Path) -> None:
    file.chmod(0)
    with pytest.raises(SourceUnreadable, match="permission denied"):
        list(scan([file]).documents())


def test_a_file_deleted_during_a_scan_is_noted(tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        (tmp_path / name).write_bytes(pdf([paragraph(LINES)]))
    scanned = scan([tmp_path])
    (tmp_path / "b.pdf").unlink()
    assert [document.id for document in scanned.documents()] == ["a.pdf"]
    assert "b.pdf cannot be read (no such file" in str(scanned.skipped[0])


def test_a_parser_cannot_choose_the_id_or_path_of_a_document(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forged = read_pdf(file.read_bytes(), id="contract.txt", title="x", path="contract.txt", sha256="0" * 64)
    monkeypatch.setattr(pool_module._ParserProcess, "_exchange", lambda self, request: dump_parts(forged))
    (document,) = scan([file]).documents()
    assert (document.id, Path(document.path).name) == ("a.pdf", "a.pdf")


def test_closing_ends_the_running_processes(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "source" / "sandbox").mkdir(parents=True)
    (tmp_path / "source" / "__init__.py").write_text("")
    (tmp_path / "source" / "sandbox" / "__init__.py").write_text("")
    (tmp_path / "source" / "sandbox" / "worker.py").write_text("import time\nprint(flush=True)\ntime.sleep(60)\n")
    monkeypatch.setattr(pool_module, "_ROOT", tmp_path)
    workers = ParserPool()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(workers.read, file, **FACTS)
        time.sleep(0.5)
        start = time.monotonic()
        workers.close()
        with pytest.raises(SourceUnreadable, match="exited with status -9"):
            reading.result(10)
        assert time.monotonic() - start < 5
    with pytest.raises(RuntimeError, match="closed"):
        workers.read(file, **FACTS)


def test_stopping_a_scan_does_not_wait_for_its_parsers(tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        (tmp_path / name).write_bytes(pdf([paragraph([f"Line {n} of many." for n in range(40)])] * 1000))

    def give_up() -> None:
        raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        list(scan([tmp_path]).found(on_wait=give_up))
    assert time.monotonic() - start < 2


def test_a_process_that_was_killed_while_it_had_nothing_to_do_costs_no_file(file: Path) -> None:
    workers = ParserPool()
    assert workers.read(file, **FACTS).text
    (idle,) = workers._free
    idle.kill()
    idle._process.wait()
    assert workers.read(file, **FACTS).text
    assert workers._free != [idle]
    workers.close()


def test_an_interrupted_request_leaves_no_answer_for_the_next_one(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workers = ParserPool()
    with monkeypatch.context() as patched:
        patched.setattr(pool_module, "load_parts", lambda parts: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            workers.read(file, id="first", title="", path="")
    assert workers._free == []
    assert workers.read(file, id="second", title="", path="").id == "second"
    workers.close()
