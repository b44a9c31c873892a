"""Files that hold several documents: mails with attachments, mailboxes, archives."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from mail_fixtures import mail, mailbox
from sheet_fixtures import rows, xlsx, zipped

from source import Scanned, SourceError, SourceFile, ids_in, scan
from source.errors import Damaged, SourceEmpty, TooLarge
from source.files import BEGINNING, Start
from source.sandbox import containers


def found(*sources: Path) -> tuple[dict[str, str], list[str]]:
    """The text of each document by its id, and the errors."""
    run = scan(sources)
    run.look()
    documents = {document.id: document.text for document in run.documents()}
    return documents, [str(error) for error in run.skipped]


def test_what_is_attached_to_a_mail_is_a_document_in_that_mail(tmp_path: Path) -> None:
    inner = mail("Inner", "Three sail.", {"deep.txt": b"Four sail."})
    data = mail(attached={"a.txt": b"Red paint.", "A.TXT": b"Blue.", "b.xlsx": b"no", "c.bin": b"x", "in.eml": inner})
    (tmp_path / "ships.eml").write_bytes(data)
    run = scan([tmp_path / "ships.eml"])
    run.look()
    documents = {document.id: document for document in run.documents()}
    assert list(documents) == [
        "ships.eml", "ships.eml/a.txt", "ships.eml/A.TXT", "ships.eml/in.eml", "ships.eml/in.eml/deep.txt",
    ]  # fmt: skip
    place = documents["ships.eml/a.txt"].place(0)
    assert place.heading == ("in mail “Ships”, Anna Berg, 2031-05-14",)
    assert documents["ships.eml/in.eml/deep.txt"].place(0).heading == ("in mail “Inner”, Anna Berg, 2031-05-14",)
    assert {document.path for document in documents.values()} == {str(tmp_path / "ships.eml")}
    (error,) = run.skipped
    assert "ships.eml/b.xlsx is damaged" in str(error) and error.files == (tmp_path / "ships.eml",)
    file = SourceFile(tmp_path / "ships.eml", "ships.eml", "ships.eml")
    assert [*ids_in(file)][:2] == ["ships.eml", "ships.eml/a.txt"]


def test_a_mailbox_is_read_in_batches_and_what_is_known_is_not_read_again(
    tmp_path: Path,
) -> None:
    mails = [mail(f"Ship {n}", f"Ship {n} sails.\n\n>From here on\n") for n in range(450)]
    path = tmp_path / "all.mbox"
    path.write_bytes(mailbox(*mails))
    run = scan([path])
    run.look()
    first = list(run.found())
    assert [each.id for each in first[:2]] == ["all.mbox/1", "all.mbox/2"] and len(first) == 450
    known = {each.fingerprint: each.id for each in first if each.id != "all.mbox/7"}
    again = list(run.found(known.get))
    assert [each.id for each in again if each.document] == ["all.mbox/7"]
    assert [each.id for each in again] == [each.id for each in first]
    document = again[6].document
    assert document and document.title == "Ship 6"
    assert document.text.endswith("Ship 6 sails.\n\nFrom here on")


def test_the_batches_of_a_mailbox_do_not_overlap(tmp_path: Path) -> None:
    path = tmp_path / "a.mbox"
    path.write_bytes(mailbox(*(mail(f"{n}", "x" * 300_000) for n in range(9))))
    start: Start | None = BEGINNING
    names, batches = [], 0
    while start is not None:
        members, errors, start = containers.listed(path, start, "a.mbox")
        names += [member.name for member in members]
        batches += 1
        assert not errors
    assert names == [str(n) for n in range(1, 10)] and batches == 3


def test_an_archive_is_read_as_a_folder(tmp_path: Path) -> None:
    members: dict[str, str | bytes] = {
        "a/ships.txt": "Two sail.", "../../up.md": "# Up\n\nThree.", "b.xlsx": xlsx(rows(["x", "y"])),
        "photo.heic": "x",
        "mail.eml": mail(attached={"n.txt": b"Red."}), "in.zip": zipped({"x.txt": "x"}), "bad.pdf": "no",
        ".hidden/x.txt": "x", "__MACOSX/x.txt": "x",
    }  # fmt: skip
    (tmp_path / "all.zip").write_bytes(zipped(members))
    documents, errors = found(tmp_path)
    assert sorted(documents) == [
        "all.zip/a/ships.txt", "all.zip/b.xlsx", "all.zip/mail.eml", "all.zip/mail.eml/n.txt", "all.zip/up.md",
    ]  # fmt: skip
    assert documents["all.zip/a/ships.txt"] == "Two sail."
    assert len(errors) == 3 and "all.zip: 1 file left out: .heic (1)." in errors[0]
    assert any("all.zip/in.zip is inside an archive. Unpack it first." in error for error in errors)
    assert any("all.zip/bad.pdf is damaged" in error for error in errors)


def test_hostile_containers_are_refused(tmp_path: Path) -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"0" * (40 << 20))
    for name, data, kind in [
        ("bomb.zip", out.getvalue(), TooLarge), ("cut.zip", zipped({"a.txt": "x"})[:-30], Damaged),
        ("empty.zip", zipped({}), SourceEmpty), ("none.mbox", b"no mails here", Damaged), ("x.eml", b"x", Damaged),
    ]:  # fmt: skip
        (tmp_path / name).write_bytes(data)
        with pytest.raises(kind):
            found(tmp_path / name)


def test_a_mail_too_large_is_reported_and_the_next_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "_LONGEST_MAIL", 10_000)
    path = tmp_path / "a.mbox"
    path.write_bytes(mailbox(mail(text="x\n" * 20_000), mail("Next")))
    members, errors, following = containers.listed(path, BEGINNING, "a.mbox")
    assert [member.name for member in members] == ["2"] and following is None
    assert [type(error) for error in errors] == [TooLarge]


def test_a_document_in_a_container_takes_no_other_files_name(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(mail(attached={"b.txt": b"Theirs."}))
    (tmp_path / "b.txt").write_text("Ours.")
    run = scan([tmp_path])
    run.look()
    read = {each.id: each for each in run.found() if isinstance(each, Scanned)}
    assert set(read) == {"a.eml", "a.eml/b.txt", "b.txt"}
    document = read["b.txt"].document
    assert document and document.text == "Ours."
    assert not [error for error in run.skipped if isinstance(error, SourceError)]
