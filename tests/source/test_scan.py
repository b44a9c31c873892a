import errno
import hashlib
import json
import os
import re
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from source import SHIPPED, UNREAD, scan
from source.errors import (
    BadCollection,
    ChapterVerseError,
    DuplicateId,
    NotText,
    SourceEmpty,
    SourceError,
    SourceMissing,
    SourceUnreadable,
    UnknownFormat,
)


def ids(*sources: Path) -> list[str]:
    return [document.id for document in scan(sources).documents()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32-le", "cp1251"])
@pytest.mark.parametrize("ending", [".txt", ".text", ".md", ".MARKDOWN"])
def test_text_is_the_decoded_file_itself(tmp_path: Path, encoding: str, ending: str) -> None:
    text = (
        "# Заголовок\r\n\r\n  Первый абзац о маяке и кораблях на севере.\r\n\n\n* второй пункт \t\rконец рассказа\n\n"
    )
    path = tmp_path / f"note{ending}"
    path.write_bytes(text.encode(encoding))
    (document,) = scan([path]).documents()
    assert document.text == text
    assert document.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert document.id == path.name


def test_the_shipped_documents_are_read_by_default() -> None:
    (document,) = scan().documents()
    path = SHIPPED / "valdai-russia-central-asia.txt"
    assert document.text == path.read_bytes().decode()
    assert document.path == "source/documents/valdai-russia-central-asia.txt" or Path(document.path) == path


def test_a_folder_gives_its_known_files_in_order_and_no_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.txt", "a.md", "sub/c.TXT", ".hidden.txt", ".git/d.txt", "sub/.e.md", "picture.png", "plain"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("Some words here.")
    assert ids(tmp_path) == ["a.md", "b.txt", "sub/c.TXT"]


def test_a_hidden_file_that_is_named_is_read(tmp_path: Path) -> None:
    path = tmp_path / ".note.txt"
    path.write_text("Words.")
    assert ids(path) == [".note.txt"]


def test_a_folder_named_like_a_file_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "x.txt").mkdir()
    (tmp_path / "x.txt" / "y.txt").write_text("Words.")
    assert ids(tmp_path) == ["x.txt/y.txt"]
    assert ids(tmp_path / "x.txt") == ["y.txt"]


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n ", b"\xef\xbb\xbf"])
def test_an_empty_file_is_an_error_if_named_and_noted_in_a_folder(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "empty.txt"
    path.write_bytes(data)
    (tmp_path / "full.txt").write_text("Words.")
    with pytest.raises(SourceEmpty, match=r"is empty\.$"):
        ids(path)
    scanned = scan([tmp_path])
    assert [document.id for document in scanned.documents()] == ["full.txt"]
    (note,) = scanned.skipped
    assert isinstance(note, SourceEmpty)
    assert "empty.txt" in str(note)


def test_a_binary_file_is_an_error_if_named_and_noted_in_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "binary.txt"
    path.write_bytes(b"\x89PNG\0\0\0" * 50)
    (tmp_path / "full.txt").write_text("Words.")
    with pytest.raises(NotText, match=r"binary\.txt is not text"):
        ids(path)
    scanned = scan([tmp_path])
    assert len(list(scanned.documents())) == 1
    assert isinstance(scanned.skipped[0], NotText)


def test_a_missing_source_is_a_usage_error(tmp_path: Path) -> None:
    for name in (tmp_path / "none", tmp_path / "none.txt", Path("x" * 5000), Path("a\0b.txt")):
        with pytest.raises(SourceMissing, match="No such file or folder") as caught:
            scan([name])
        assert caught.value.exit_status == 2


def test_an_unknown_ending_and_a_folder_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.exe"
    path.write_bytes(b"MZ")
    grouped = r"documents \(PDF, .*\), .*tables \(CSV, .*\), .*collections \(JSON Lines, zip\)\.$"
    with pytest.raises(UnknownFormat, match=rf"a\.exe: unsupported file type\. Supported: {grouped}"):
        scan([path])
    with pytest.raises(SourceEmpty, match="No readable documents found in "):
        scan([tmp_path])


@pytest.mark.timeout(20)
def test_a_pipe_or_a_device_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "device.txt").symlink_to("/dev/zero")
    (tmp_path / "full.txt").write_text("Words.")
    for name in ("pipe.txt", "device.txt"):
        with pytest.raises(SourceUnreadable, match="not a regular file"):
            ids(tmp_path / name)
    scanned = scan([tmp_path])
    assert [document.id for document in scanned.documents()] == ["full.txt"]
    assert len(scanned.skipped) == 2


def test_links_that_lead_nowhere_or_round_in_circles(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "b.txt")
    (tmp_path / "b.txt").symlink_to(tmp_path / "a.txt")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nothing")
    (tmp_path / "up").symlink_to(tmp_path)
    (tmp_path / "full.txt").write_text("Words.")
    (tmp_path / "linked.txt").symlink_to(tmp_path / "full.txt")
    scanned = scan([tmp_path])
    assert [document.id for document in scanned.documents()] == ["full.txt", "linked.txt"]
    assert len(scanned.skipped) == 3
    assert all(isinstance(note, SourceUnreadable) for note in scanned.skipped)
    with pytest.raises(SourceMissing):
        scan([tmp_path / "a.txt"])


def test_duplicate_ids_name_both_places(tmp_path: Path) -> None:
    """One file of a name must not keep all other documents out."""
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.txt").write_text(f"Words of {folder}.")
    (tmp_path / "two" / "other.txt").write_text("Words.")
    scanned = scan([tmp_path / "one", tmp_path / "two"])
    assert [(each.id, each.text) for each in scanned.documents()] == [
        ("same.txt", "Words of one."),
        ("other.txt", "Words."),
    ]
    (clash,) = scanned.skipped
    assert re.search(r"'same\.txt'.* in .*one/same\.txt and in .*two/same\.txt\. Rename one", str(clash))
    assert clash.files == (tmp_path / "one" / "same.txt", tmp_path / "two" / "same.txt")
    with pytest.raises(DuplicateId, match="Rename one"):
        ids(tmp_path / "one" / "same.txt", tmp_path / "two" / "same.txt")
    assert ids(tmp_path) == ["one/same.txt", "two/other.txt", "two/same.txt"]


def test_a_line_does_not_keep_another_document_out(tmp_path: Path) -> None:
    """Attack: a collection, first in the order of files, that takes the names of other files, and an id twice."""
    lines = [{"id": id, "text": f"{id} {n}"} for n, id in enumerate(["good.txt", "a", "a", "b", "a", "z.txt"])]
    (tmp_path / "c.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\nnonsense")
    (tmp_path / "d.jsonl").write_text('{"id": "b", "text": "Another."}\n{"id": "d", "text": "Mine."}')
    for name in ("good.txt", "z.txt"):
        (tmp_path / name).write_text("The real one.")
    scanned = scan([tmp_path])
    found = {each.id: each.text for each in scanned.documents()}
    assert found == {"a": "a 1", "b": "b 3", "d": "Mine.", "good.txt": "The real one.", "z.txt": "The real one."}
    bad, clash, other = scanned.skipped
    assert "line 7 is not JSON" in str(bad)
    assert "'good.txt', in" in str(clash) and str(clash).endswith(" 3 more of its ids are taken.")
    assert clash.files == (tmp_path / "good.txt", tmp_path / "c.jsonl")
    assert "'b', in" in str(other) and other.files == (tmp_path / "c.jsonl", tmp_path / "d.jsonl")


def test_no_two_names_become_the_same(tmp_path: Path) -> None:
    names = [b"\xff.txt", rb"\xff.txt", rb"\\xff.txt", b"\\\xff.txt", b"\\\\\xff.txt", rb"a\b.txt", rb"a\\b.txt"]
    for name in names:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_text("Words.")
    scanned = scan([tmp_path])
    assert len({each.id for each in scanned.documents()}) == len(names)
    assert not scanned.skipped
    assert len({file.shown_as for file in scanned.files}) == len(names)
    assert {r"\xff.txt", r"\\xff.txt", r"a\b.txt"} < {file.id for file in scanned.files}


def test_a_bad_collection_is_an_error_if_named_and_noted_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "set.jsonl").write_text('{"id": "a", "text": "t"}\nnonsense\n')
    (tmp_path / "text.txt").write_text("Words.")
    with pytest.raises(BadCollection, match=r"set\.jsonl, line 2 is not JSON"):
        ids(tmp_path / "set.jsonl")
    scanned = scan([tmp_path])
    assert [document.id for document in scanned.documents()] == ["a", "text.txt"]
    assert "set.jsonl, line 2 is not JSON" in str(scanned.skipped[0])


def test_a_file_name_that_is_not_utf_8_gets_a_unicode_id(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")).write_text("Words.")
    (document,) = scan([tmp_path]).documents()
    assert document.id == "caf\\xe9.txt"
    assert document.path.encode().endswith(b"caf\\xe9.txt")


def test_a_file_below_the_working_folder_is_shown_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text("Words.")
    monkeypatch.chdir(tmp_path)
    (inside,) = scan([tmp_path / "sub"]).documents()
    assert inside.path == "sub/a.txt"
    monkeypatch.chdir(tmp_path / "sub")
    (tmp_path / "b.txt").write_text("Words.")
    (outside,) = scan([tmp_path / "b.txt"]).documents()
    assert outside.path == (tmp_path / "b.txt").as_posix()


def test_excluded_documents_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Words.")
    (tmp_path / "b.txt").write_text("Words.")
    (tmp_path / "set.jsonl").write_text('{"id": "b.txt", "text": "t"}\n{"id": "r", "text": "t"}\n')
    scanned = scan([tmp_path], without=["b.txt", "none"])  # even where two would claim the id
    assert [document.id for document in scanned.documents()] == ["a.txt", "r"]
    assert [file.id for file in scanned.files] == ["a.txt", "set.jsonl"]
    with pytest.raises(SourceEmpty):
        scan([tmp_path / "a.txt"], without=["a.txt"])


def test_a_folder_that_cannot_be_listed_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or else its documents would leave the index without a word."""
    for name in ("a.txt", "sub/b.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("The keeper counted the ships.")
    listed = os.scandir

    def scandir(path: str) -> Any:
        if Path(path).name == "sub":
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    scanned = scan([tmp_path])
    assert [document.id for document in scanned.documents()] == ["a.txt"]
    assert "sub cannot be read (permission denied)" in str(*scanned.skipped)
    with pytest.raises(SourceUnreadable, match="sub cannot be read"):
        scan([tmp_path / "sub"])


@pytest.mark.parametrize("code", ["EIO", "ESTALE", "ETIMEDOUT", "ENOTCONN", "EHOSTDOWN", "EREMOTEIO"])
def test_a_disk_or_network_that_fails_removes_no_document(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network drive that is away for a moment would take its documents out of the index."""
    number = getattr(errno, code, errno.EIO)

    def scandir(path: str) -> Any:
        raise OSError(number, os.strerror(number), path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(ChapterVerseError, match=r" could not be read: .*\. Fix that and try again\.") as raised:
        scan([tmp_path])
    assert not isinstance(raised.value, SourceError)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file that cannot be read for lack of a disk error")
@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
def test_a_file_that_the_disk_does_not_give_stops_the_scan(tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to("/proc/self/mem")  # reading it is an input/output error
    (tmp_path / "b.txt").write_text("Words.")
    scanned = scan([tmp_path])
    for read in (scanned.look, lambda: list(scanned.documents())):
        with pytest.raises(ChapterVerseError, match=rf"{name} could not be read: input/output error") as raised:
            read()
        assert not isinstance(raised.value, SourceError)


def test_a_folder_that_is_an_index_is_skipped_even_if_a_part_of_it_is_missing(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One.")
    for name, parts in (("whole", ["generations", "segments"]), ("damaged", ["segments"])):
        for part in parts:
            (tmp_path / name / part / "1").mkdir(parents=True)
            (tmp_path / name / part / "1" / "documents.jsonl").write_text('{"id": "a.txt", "text": "One."}')
        for part in ("CURRENT", "writer"):
            (tmp_path / name / part).write_text("{}")
    (tmp_path / "music" / "segments").mkdir(parents=True)
    (tmp_path / "music" / "segments" / "b.txt").write_text("Two.")
    assert ids(tmp_path) == ["a.txt", "music/segments/b.txt"]


def test_no_file_is_skipped_because_too_many_are_open(tmp_path: Path) -> None:
    """Its documents would vanish from the index."""
    resource: Any = pytest.importorskip("resource")
    (tmp_path / "a.txt").write_text("One.")
    ready = scan([tmp_path])
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        for read in (lambda: scan([tmp_path]), lambda: list(ready.documents())):
            with pytest.raises(ChapterVerseError, match=r"could not be .*too many open files") as raised:
                read()
            assert not isinstance(raised.value, SourceError)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert [each.id for each in ready.documents()] == ["a.txt"]


def test_a_file_that_is_too_large_to_be_read_is_not_hashed(tmp_path: Path) -> None:
    for name in ("big.txt", "a.txt"):
        (tmp_path / name).write_text("Words.")
    os.truncate(tmp_path / "big.txt", 200 << 30)
    scanned = scan([tmp_path])
    start = time.monotonic()
    assert scanned.look()[scanned.files[1].shown_as] == UNREAD
    assert [each.id for each in scanned.documents()] == ["a.txt"]
    assert time.monotonic() - start < 10
    assert str(*scanned.skipped).endswith("big.txt is too large (204,800 MB; the limit is 1,024 MB). Split it.")


def test_a_scan_listens_while_it_hashes_a_large_file(tmp_path: Path) -> None:
    """A collection may be of any size; an interrupted build must not wait for its hash."""
    (tmp_path / "big.jsonl").touch()
    os.truncate(tmp_path / "big.jsonl", 200 << 30)
    heard: list[float] = []

    def give_up() -> None:
        heard.append(time.monotonic())
        if len(heard) > 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan([tmp_path]).look(give_up)
    assert time.monotonic() - heard[-1] < 2


def test_files_that_no_extractor_reads_are_counted_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.txt", "b.zzz", "in/c.zzz", "in/Makefile", ".hidden.zzz", "d.XYZ"):
        (tmp_path / name).write_text("Some words.")
    scanned = scan([tmp_path])
    assert [file.id for file in scanned.files] == ["a.txt"]
    (line,) = map(str, scanned.skipped)
    assert "4 files left out: .zzz (2), without an ending (1), .xyz (1). To include them, save" in line


def test_pictures_that_are_not_recognised_are_counted_in_one_line_too(tmp_path: Path) -> None:
    for name in ("a.txt", "b.png", "c.png", "d.zzz"):
        (tmp_path / name).write_text("Some words.")
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        for name in ("f.txt", "g.JPG", "h.zzz", ".hidden", "i.doc"):
            archive.writestr(name, "Some words.")
    scanned = scan([tmp_path])
    assert [each.id for each in scanned.found()] == ["a.txt", "e.zip/f.txt"]
    lines = [str(error).partition(": ")[2] for error in scanned.skipped]
    assert lines[0].startswith("3 files left out: .png (2), .zzz (1). To include pictures, rebuild with OCR")
    assert lines[1].startswith("1 file left out: .zzz (1). To include them, save")
    assert "old format of Office" in str(scanned.skipped[2])
    assert lines[3].startswith("1 file left out: .jpg (1). To include pictures")
    assert str(scanned.skipped[3]).startswith("Mails and archives")
