"""`python -m index fetch`: copies of web pages among the sources, from a server on this machine to the answer."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from index_fixtures import fill_disk
from web_fixtures import Site

from index import FolderStore, build, changing
from index.__main__ import main
from index.fetch import Copies, addresses_in
from index.folder.layout import Layout
from qa.__main__ import main as qa_main
from qa.library import Library
from source.web.origin import origin_of, record_of

pytest_plugins = ["web_fixtures"]
pytestmark = pytest.mark.usefixtures("encoder", "no_proxy")

FARES = b"Fares of the ferry\n\nA ticket to Oslo costs 40 crowns in winter.\n"
Run = Callable[..., tuple[int, list[str], list[str]]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command: its exit status, and the lines of its output and of its errors."""

    def command(*arguments: object) -> tuple[int, list[str], list[str]]:
        capsys.readouterr()
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as error:
            status = int(str(error.code))
        out, err = capsys.readouterr()
        return status, out.splitlines(), err.splitlines()

    return command


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of one document."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "in").mkdir()
    (folder / "in" / "wind.txt").write_text("The wind blew from the north all night.\n")
    build(folder / "index", [folder / "in"])
    return folder / "index"


@pytest.fixture
def root(built: Path, tmp_path: Path) -> Path:
    """A copy of that index."""
    return Path(shutil.copytree(built, tmp_path / "index"))


def test_a_page_is_fetched_read_and_cited(site: Site, root: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    address = site.has("/fares/oslo?year=2026", FARES, "text/plain")
    status, out, err = run("fetch", address.replace("//", "//me:secret@") + "#winter", "--index", root)
    copy = root / "added" / f"{site.place.replace(':', '-')}-fares-oslo-year-2026.txt"
    assert (status, out) == (0, [f"{address} saved as {copy} ({len(FARES)} bytes)"])
    assert err == ["Run `python -m index build` to read what is new."]
    assert copy.read_bytes() == FARES
    assert b"secret" not in record_of(copy).read_bytes()
    assert run("build", "--index", root)[1] == ["Built: 2 documents, 2 passages, generation 000002 (1 added)."]
    origin = origin_of(copy)
    assert origin
    assert qa_main(["ask", "How much is a ticket to Oslo?", "--index", str(root)]) == 0
    assert (
        f"  — Fares of the ferry, paragraph 1, line 3 ({address}, fetched {origin.fetched[:10]})\n"
        in capsys.readouterr().out
    )
    assert qa_main(["ask", "How much is a ticket to Oslo?", "--index", str(root), "--json"]) == 0
    quote = json.loads(capsys.readouterr().out)["quotes"][0]
    assert (quote["document"]["address"], quote["document"]["fetched"]) == (address, origin.fetched)
    assert quote["document"]["id"] == copy.name
    listed = [line.split("\t") for line in run("documents", "--index", root)[1]]
    assert listed == [["wind.txt", "wind", "1 passage"], [copy.name, "Fares of the ferry", "1 passage", address]]
    (line,) = run("documents", "--json", "--index", root)[1]
    assert [each.get("address") for each in json.loads(line)["documents"]] == [None, address]
    assert f"source      {copy} from {address}" in run("status", "--index", root)[1]


def test_fetching_again_replaces_the_copy(site: Site, root: Path, run: Run) -> None:
    address = site.has("/fares", FARES, "text/plain", ETag='"1"')
    assert run("fetch", address, "--index", root)[0] == 0
    run("build", "--index", root)
    (copy,) = (root / "added").glob("[!.]*")
    origin = origin_of(copy)
    assert origin
    status, out, err = run("fetch", address, "--index", root)
    assert (status, out, err) == (0, [f"{address} has not changed since {origin.fetched[:10]}: {copy}"], [])
    assert origin_of(copy) == origin and site.asked[-1][1]["If-None-Match"] == '"1"'
    assert run("build", "--index", root)[1][0].startswith("Up to date: 2 documents")
    record_of(copy).unlink()
    assert run("build", "--index", root)[1][0].endswith("(1 changed).")
    record_of(copy).write_bytes(origin.dump())
    copy.write_text("edited")  # is no copy any more, so that it is asked for without a condition
    assert run("fetch", address, "--index", root)[1][0].startswith(f"{address} saved as {copy}")
    assert "If-None-Match" not in site.asked[-1][1] and copy.read_bytes() == FARES
    site.has("/fares", b"# Fares\n\nA ticket to Oslo costs 60 crowns.\n", "text/markdown")
    assert run("fetch", address, "--index", root)[0] == 0
    assert sorted(path.name for path in (root / "added").iterdir()) == [
        f".{copy.stem}.md.origin.json",
        f"{copy.stem}.md",
    ]


def test_each_address_has_its_line_and_its_remedy(site: Site, root: Path, run: Run) -> None:
    one, two = site.has("/one", b"Ships.", "text/plain"), site.has("/two", b"More ships.", "text/plain")
    gone, film = site.at("/gone"), site.has("/film", b"\0", "x/\x1b[2J")
    status, out, err = run("fetch", one, gone, one + "#part", film, two, "--index", root)
    assert status == 1
    assert [line.split(" ")[0] for line in out] == [one, two]
    assert err[0] == f"{gone} is not there (HTTP 404). Check the address."
    assert err[1].startswith(f"{film} is ") and "\x1b" not in err[1] and "which is not read. Supported: " in err[1]
    assert err[2:] == ["Run `python -m index build` to read what is new."]
    status, out, err = run("fetch", gone, "--index", root)
    assert (status, out, len(err)) == (1, [], 1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["ftp://me:secret@example.com/"],
            "ftp://example.com/ does not begin with http:// or https://. Copy the address",
        ),
        (["https://example.com/\x1b[2J"], "https://example.com/␛[2J has a space or a control character in it. Copy"),
        (["--into", "{root}", "{page}"], "{root} is an index, not a source."),
        (["--into", "{root}/generations", "{page}"], "{root}/generations is part of an index, not a source."),
        (["--into", "{root}/../file", "{page}"], "{root}/../file is not a folder. Name another one with --into."),
        (["--index", "{root}/../none", "{page}"], "There is no index in {root}/../none to add to. Name a folder with"),
        ([], "python -m index fetch: error: the following arguments are required: URL"),
    ],
)
def test_a_wrong_call_fetches_nothing(site: Site, root: Path, run: Run, arguments: list[str], said: str) -> None:
    page = site.has("/page", b"Ships.", "text/plain")
    (root / "../file").write_text("")
    given = [each.format(root=root, page=page) for each in arguments]
    status, out, err = run("fetch", *given, *(["--index", root] if "--index" not in given else []))
    assert (status, out) == (2, []) and err[-1].startswith(said.format(root=root)), err
    assert not site.asked and not (root / "../none").exists()
    if given:
        assert run("fetch", page, *given, *(["--index", root] if "--index" not in given else []))[0] == 2
        assert not site.asked


def test_a_folder_of_ones_own(site: Site, run: Run, tmp_path: Path) -> None:
    root, pages = tmp_path / "index", tmp_path / "in" / "pages"
    address = site.has("/page.txt", b"Two ships sail.", "text/plain")
    assert run("fetch", address, "--into", pages, "--index", root)[0] == 0  # before there is an index
    build(root, [tmp_path / "in"])
    address = site.has("/more.txt", b"Two ships sail.", "text/plain")
    status, out, err = run("fetch", address, "--into", pages, "--index", root)
    copy = pages / f"{site.place.replace(':', '-')}-more.txt"
    assert (status, out) == (0, [f"{address} saved as {copy} (15 bytes)"])
    assert err == ["Run `python -m index build` to read what is new."]  # the folder is below a source
    assert [FolderStore(root).document(0).address] == [site.at("/page.txt")]
    status, out, err = run("fetch", address, "--into", tmp_path / "other", "--index", root)
    assert err == [f"Name {tmp_path / 'other'} as a source of the next build: python -m index build SOURCE …"]
    (tmp_path / "file").write_text("")
    status, out, err = run("fetch", address, "--into", tmp_path / "file" / "x", "--index", root)
    assert status == 1 and err[-1].endswith("Name another folder with --into.")


def test_no_other_file_is_overwritten(site: Site, root: Path, run: Run, tmp_path: Path) -> None:
    """Attack: an address whose copy would have the name of a file that is there, or of one outside the folder."""
    pages = tmp_path / "pages"
    copies = Copies(root, pages)
    one, two = (site.has(path, path.encode(), "text/plain") for path in ("/a/b", "/a-b"))
    pages.mkdir()
    mine = pages / f"{site.place.replace(':', '-')}-a-b.txt"
    mine.write_text("mine")
    for _ in range(2):
        for address in (one, two):
            path = next(copies.fetch(addresses_in([address]))).path
            origin = path and origin_of(path)
            assert path and path.parent == pages and origin and origin.address == address
    assert mine.read_text() == "mine" and len(list(pages.glob("*.txt"))) == 3
    outside = site.has("/..%2f..%2f..%2fetc/passwd", b"x", "text/plain")
    kept = next(copies.fetch(addresses_in([outside]))).path
    assert kept and kept.parent == pages and kept.is_file()
    assert not list(pages.glob("*.new")) and not list(pages.glob(".*.new"))


def test_a_removed_page_leaves_nothing(site: Site, root: Path, run: Run) -> None:
    run("fetch", site.has("/page", b"Two ships sail.", "text/plain"), "--index", root)
    run("build", "--index", root)
    (copy,) = (root / "added").glob("[!.]*")
    Library(root).remove([copy.name])
    assert list((root / "added").iterdir()) == []
    run("fetch", site.at("/page"), "--index", root)
    with pytest.raises(RuntimeError), changing(root) as change:  # a change that fails puts both back
        change.delete(copy)
        raise RuntimeError
    assert origin_of(copy)


def test_without_space_on_the_disk_nothing_is_saved(
    site: Site, root: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_disk(monkeypatch)
    status, out, err = run("fetch", site.has("/page", b"Ships.", "text/plain"), "--index", root)
    assert (status, out) == (1, []) and "of disk space must be free" in err[0]
    assert list(Layout(root).added.glob("*")) == []


def test_only_this_command_loads_what_uses_the_network() -> None:
    code = (
        "import sys, index.__main__, qa.__main__\n"
        "print({'source.web.connections', 'source.web.download', 'index.fetch', 'http.client'} & sys.modules.keys())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout == "set()\n"
