"""The structure of the code: which package imports which, sizes of modules and folders, names, no pickle."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from grimp import build_graph

HOME = Path(__file__).parents[1]
MODULES = sorted(path for folder in ("source", "index", "qa") for path in HOME.glob(f"{folder}/**/*.py"))
MODULES.append(HOME / "app.py")

IMPORTS = """
import socket, sys, threading
def refuse(*arguments, **named):
    raise AssertionError("the network was touched")
for name in ("connect", "connect_ex", "bind", "sendto", "listen"):
    setattr(socket, "socket", type("Refusing", (socket.socket,), {name: refuse}))
socket.create_connection = socket.getaddrinfo = socket.gethostbyname = refuse
import source, index, qa
import source.scan, index.__main__, qa.__main__
heavy = {"gradio", "torch", "sentence_transformers", "transformers"} & set(sys.modules)
assert not heavy, f"imported: {heavy}"
assert threading.enumerate() == [threading.main_thread()], threading.enumerate()
print("quiet")
"""


def name(path: Path) -> str:
    return path.relative_to(HOME).as_posix()


def test_importing_is_light_and_starts_nothing() -> None:
    ran = subprocess.run([sys.executable, "-c", IMPORTS], cwd=HOME, capture_output=True, text=True, timeout=120)
    assert ran.stdout == "quiet\n", ran.stderr


def test_the_arrows_between_packages_are_kept() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    found = str(command) if command.exists() else shutil.which("lint-imports")
    assert found, "install import-linter"
    ran = subprocess.run([found, "--no-cache"], cwd=HOME, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "0 broken" in ran.stdout


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("path", [path for path in MODULES if path.name == "__init__.py"], ids=name)
def test_every_name_that_a_package_offers_is_there(path: Path) -> None:
    module = import_module(".".join(path.relative_to(HOME).parent.parts))
    names = getattr(module, "__all__", [])
    assert [each for each in names if not hasattr(module, each)] == []
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_pickle(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert not {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal"} & set(imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant) and node.value.value is False, f"line {node.value.lineno}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert ast.unparse(node.func) not in {"torch.load", "faiss.read_index"}, f"line {node.lineno}"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_modules_and_functions_are_short(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or node.lineno) - node.lineno < 50, f"{node.name} is too long"


@pytest.mark.parametrize("folder", sorted({path.parent for path in MODULES if path.parent != HOME}), ids=name)
def test_folders_are_neither_empty_nor_crowded(folder: Path) -> None:
    assert 4 <= sum(not each.name.startswith("__pycache__") for each in folder.iterdir()) <= 25


def test_no_imports_go_in_a_circle() -> None:
    graph = build_graph("source", "index", "qa")
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    for module in imports:
        assert not any(graph.chain_exists(importer=other, imported=module) for other in imports[module]), module


def test_a_class_has_a_name_of_its_own() -> None:
    places: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(name(path))
    assert {each: found for each, found in places.items() if len(found) > 1} == {}


@pytest.mark.parametrize("package", ["source", "index", "qa"])
def test_packages_are_typed(package: str) -> None:
    assert (HOME / package / "py.typed").exists()


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_only_command_lines_print(path: Path) -> None:
    if path.name in ("__main__.py", "app.py"):
        return
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    assert not [node.lineno for node in calls if isinstance(node.func, ast.Name) and node.func.id == "print"]


def test_the_top_level_is_the_one_that_was_asked_for() -> None:
    for wanted in ("pyproject.toml", "app.py", "qa", "index", "source", "tests"):
        assert (HOME / wanted).exists(), wanted
