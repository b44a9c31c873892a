"""The documentation: its examples run, its links lead somewhere, and the modules and functions it names exist."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import index.__main__
import qa.__main__

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")] + sorted(ROOT.glob("docs/*.md"))
ARCHITECTURE = ROOT / "docs" / "ARCHITECTURE.md"


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", without_code(page.read_text("utf-8")), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


def test_the_examples_in_python_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / "python.md").read_text("utf-8")
    blocks = list(re.finditer(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    assert len(blocks) > 10
    names: dict[str, object] = {}
    for block in blocks:
        line = text.count("\n", 0, block.start(1))
        exec(compile("\n" * line + block[1], "docs/python.md", "exec"), names)


@pytest.mark.skipif(sys.platform == "win32", reason="the examples are for a POSIX shell")
@pytest.mark.parametrize("page", ["README.md", "docs/quickstart.md"])
def test_the_sessions_print_what_they_show(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """But for percentages, which depend on the processor."""
    monkeypatch.chdir(tmp_path)
    if page == "README.md":
        index.__main__.main(["build"])
    for language, block in re.findall(r"^```(sh|console)\n(.*?)^```$", (ROOT / page).read_text("utf-8"), BLOCK):
        if language == "sh" and "<<" in block:
            subprocess.run(["sh", "-ec", block], check=True)
        for command, shown in re.findall(
            r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block if language == "console" else "", re.MULTILINE
        ):
            capsys.readouterr()
            if run(shlex.split(command), command):
                assert re.sub(r"\d+%", "%", capsys.readouterr().out.strip()) == re.sub(r"\d+%", "%", shown.strip())


BLOCK = re.MULTILINE | re.DOTALL


def run(words: list[str], command: str) -> bool:
    """Runs a command of a session; whether it is one that prints and ends."""
    match words:
        case [("python" | ".venv/bin/python"), "-m", ("index" | "qa") as module, *arguments]:
            assert (index if module == "index" else qa).__main__.main(arguments) == 0
            return True
        case ["python", "app.py"]:
            return False
    subprocess.run(["sh", "-ec", command], check=True)
    return False


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    lost = []
    for link in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_files_that_are_named_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    paths = re.findall(r"(?<![\w./\-])((?:source|index|qa|tests|docs)/[\w./\-]*[\w/])", text)
    assert [path for path in paths if not re.search(r"\b[A-Z]{3,}\b", path) and not found(path)] == []


def found(path: str) -> bool:
    return (ROOT / path).exists() or (ROOT / "tests" / path).exists()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_modules_and_functions_that_are_named_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    names = re.findall(r"`((?:source|index|qa)(?:\.\w+)+)(?:\([^`]*\))?`", text)
    files = ("py", "md", "js", "json", "jsonl", "css")
    assert [each for each in names if each.rpartition(".")[2] not in files and not defined(each)] == []


def defined(dotted: str) -> bool:
    """Whether a dotted name is a module, or defined in one."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        stem = ROOT.joinpath(*parts[:length])
        file = stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")
        if file.exists():
            return has(ast.parse(file.read_text("utf-8")), parts[length:])
    return False


def has(tree: ast.Module | ast.ClassDef, names: list[str]) -> bool:
    if not names:
        return True
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == names[0]:
            return has(node, names[1:])
        if names[0] in bound(node):
            return True
    return False


def bound(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name for alias in node.names}
    if isinstance(node, ast.AnnAssign):
        return {ast.unparse(node.target)}
    return {ast.unparse(target) for target in node.targets} if isinstance(node, ast.Assign) else set()


def sections() -> list[tuple[str, str]]:
    parts = re.split(r"^### `([\w./]+)`\n", ARCHITECTURE.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], (part.split("\n## ")[0] for part in parts[1::2]), strict=True))


@pytest.mark.parametrize(("folder", "text"), sections(), ids=[folder for folder, _ in sections()])
def test_a_folders_section_names_files_of_that_folder(folder: str, text: str) -> None:
    assert (ROOT / folder).exists()
    files = set(re.findall(r"`(\w+\.(?:py|js|css))`", text))
    assert {file for file in files if not list((ROOT / folder).rglob(file))} == set()


def test_every_folder_has_its_section() -> None:
    """A folder of one format is described with the others."""
    text = ARCHITECTURE.read_text("utf-8")
    modules = (path for package in ("source", "index", "qa") for path in ROOT.glob(f"{package}/**/*.py"))
    folders = {name(path.parent) for path in modules}
    assert {folder for folder in folders if f"`{folder}/`" not in text and "source/formats/" not in folder} == set()


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").split()) <= 1200
