"""What the project is made from and what is made from it: the lock, the licences, the data, the wheel."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import tomllib
import urllib.request
import zipfile
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

import pytest
from licences import HOME, LOOKED_UP, RUN, S3, S3_HOME, SCALE, TEST, audit, is_allowed, locked
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from index.encoder.identity import identity
from index.settings import DEFAULT_MODEL

PROJECT: dict[str, Any] = tomllib.loads((HOME / "pyproject.toml").read_text("utf-8"))
PACKAGES = ("app.py", "index/", "qa/", "source/")
MULTILINGUAL = "qa/weights/multilingual/"  # a package of its own
ARTICLE = "source/documents/valdai-russia-central-asia.txt"
DATA = {
    "index/text/stopwords.json": "dde823f4612becc29b35f274cb89af374700fb13733a7fd3adf8662221bffeba",
    "qa/weights/reader.onnx": "277b53a1d06ac6395792ae80c32435b313a11ae0094443cb923f46bf818b84bd",
    "qa/weights/multilingual/reader.onnx": "3bf50d8a63e4606077b8c9e77e299a3cb468f23059f18d7c70a225bce480fd50",
    "qa/weights/tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ARTICLE: "0bbe1377c21dd5f58135aaf922420679dd98e72a2ededf32e8ad0eed3df3078f",
}
PHRASES = {"qa/ask/understand/about.txt", "qa/ask/understand/phrases.json"}  # written here, too
WRITTEN = {".css", ".js", ".md", ".py", ".ts", ".typed"}  # here, and reviewed as such


def versions(lock: Path) -> dict[str, str]:
    return {canonicalize_name(each.name): str(each.specifier).removeprefix("==") for each in locked(lock)}


def named(lines: list[str]) -> dict[str, Requirement]:
    return {canonicalize_name(each.name): each for each in map(Requirement, lines)}


# The lock


EXTRAS = PROJECT["project"]["optional-dependencies"]
SEVERAL = [*EXTRAS["test"], *EXTRAS["lance"], *EXTRAS["ray"]]


@pytest.mark.parametrize(
    ("lock", "extra"), [(RUN, []), (TEST, EXTRAS["test"] + EXTRAS["multilingual"]), (SCALE, SEVERAL)]
)
def test_the_lock_has_all_that_the_project_names(lock: Path, extra: list[str]) -> None:
    there = versions(lock)
    groups = [PROJECT["project"]["dependencies"], PROJECT["dependency-groups"]["build"], extra]
    for lines in groups:
        for name, wanted in named(lines).items():
            if name != "torch":
                assert wanted.specifier.contains(there[name]), f"{wanted}: run `make lock`"
    assert set(PROJECT["build-system"]["requires"]) <= set(PROJECT["dependency-groups"]["build"])


@pytest.mark.parametrize("lock", [RUN, TEST, SCALE, S3])
def test_every_locked_package_has_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert "://" not in text
    entries = [line for line in text.replace(" \\\n", " ").splitlines() if line[:1].isalnum()]
    assert len(entries) >= len(versions(lock))
    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_every_npm_package_has_a_hash_no_address_and_an_allowed_licence() -> None:
    packages = json.loads((HOME / "package-lock.json").read_text("utf-8"))["packages"]
    entries = {path: each for path, each in packages.items() if path}
    assert entries and set(packages[""]) == {"name", "license", "devDependencies", "engines"}  # nothing is shipped
    for path, each in entries.items():
        assert each["integrity"].startswith("sha512-") and "resolved" not in each, path
        assert is_allowed(each["license"]), f"{path}: {each['license']}"


def test_what_runs_is_what_is_tested() -> None:
    assert versions(RUN).items() <= versions(TEST).items() <= versions(SCALE).items()


def test_what_is_installed_is_what_is_locked() -> None:
    there = versions(TEST)
    assert {name: version(name) for name in there} == there, "run `make .venv/test`"


def test_torch_is_pinned_and_what_every_build_of_it_needs_is_locked() -> None:
    pinned = named(PROJECT["project"]["dependencies"])["torch"]
    (known,) = PROJECT["tool"]["uv"]["dependency-metadata"]
    assert str(pinned) == f"{known['name']}=={known['version']}"
    assert version("torch").split("+")[0] == known["version"]
    needs = {name for name, each in named(requires("torch") or []).items() if each.marker is None}
    assert needs == set(named(known["requires-dist"]))
    assert needs <= set(versions(RUN)) and "torch" not in versions(TEST)
    assert f"pip install {pinned}\n" in (HOME / "Containerfile").read_text("utf-8")


# Licences


@pytest.mark.parametrize(("lock", "home"), [(TEST, None), (SCALE, None), (S3, S3_HOME)])
def test_every_licence_is_allowed(lock: Path, home: str | None) -> None:
    try:
        refused = [(name, expression) for name, _, expression in audit(lock, home) if not is_allowed(expression)]
    except PackageNotFoundError as error:
        assert lock != TEST
        pytest.skip(f"{error.name} is not installed; `make audit` installs all")
    assert refused == []
    assert lock == S3 or set(LOOKED_UP) <= set(versions(lock)), "not needed any more"


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True),
        ("GPL-3.0-or-later", False),
        ("MIT AND GPL-2.0-only", False),
        ("MPL-1.1 OR GPL-2.0-only OR LGPL-2.1-or-later", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("MIT OR GPL-2.0-only AND AGPL-3.0-only", True),
        ("(MIT OR GPL-2.0-only) AND AGPL-3.0-only", False),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("GPL-3.0-only WITH GCC-exception-3.1", False),
        ("GNU General Public License v3 (GPLv3)", False),
        ("", False),
    ],
)
def test_an_expression_is_read_as_spdx_says(expression: str, allowed: bool) -> None:
    assert is_allowed(expression) is allowed


# Data


def test_the_data_is_what_was_released() -> None:
    for name, sha256 in DATA.items():
        assert hashlib.sha256((HOME / name).read_bytes()).hexdigest() == sha256, name


def test_the_other_files_of_the_default_model_are_the_released_ones() -> None:
    # Its weights are checked whenever it is loaded; here its tokenizer, its vocabulary, its pooling.
    assert identity(DEFAULT_MODEL).settings == "2ded93884c1840b4fdb4909054f73aa3904996bd70e4d058ac516df5323c9897"


# The wheel


def tracked() -> list[str]:
    """What is committed, or new and not ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.splitlines() if (HOME / name).is_file()]


def build(home: Path) -> tuple[Path, Path]:
    """The wheel and the sdist of a copy of the project."""
    hatchling(home, "-t", "wheel", "-t", "sdist")
    (wheel,), (sdist,) = (home / "dist").glob("*.whl"), (home / "dist").glob("*.tar.gz")
    return wheel, sdist


def hatchling(home: Path, *targets: str) -> None:
    command = [sys.executable, "-m", "hatchling", "build", *targets, "-d", str(home / "dist")]
    ran = subprocess.run(command, cwd=home, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project without what only lies about: environments, caches."""
    if not (HOME / ".git").exists():
        pytest.skip("only a checkout knows what belongs to it")
    home = tmp_path_factory.mktemp("checkout")
    for name in tracked():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(HOME / name, home / name)
    return home


@pytest.fixture(scope="module")
def built(checkout: Path) -> tuple[Path, Path]:
    return build(checkout)


def test_the_wheel_has_every_file_of_the_packages_and_no_other(built: tuple[Path, Path]) -> None:
    wheel, sdist = built
    names = zipfile.ZipFile(wheel).namelist()
    packaged = {name for name in names if ".dist-info/" not in name}
    own = {name for name in tracked() if name.startswith(PACKAGES) and not name.startswith(MULTILINGUAL)}
    assert packaged == own
    data = {name for name in DATA if not name.startswith(MULTILINGUAL)}
    assert {name for name in packaged if Path(name).suffix not in WRITTEN} == {*data, *PHRASES}
    assert {Path(name).name for name in names if "/licenses/" in name} == {"LICENSE", "NOTICE"}
    with tarfile.open(sdist) as archive:
        released = {name.partition("/")[2] for name in archive.getnames()}
    assert released - {"PKG-INFO"} <= set(tracked())
    assert packaged | {"NOTICE", "requirements.txt", "tests/test_supply.py"} <= released


def test_the_multilingual_reader_is_a_package_of_its_own(checkout: Path) -> None:
    home = checkout / MULTILINGUAL
    hatchling(home, "-t", "wheel")
    (wheel,) = (home / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packaged = {name for name in archive.namelist() if ".dist-info/" not in name}
        assert packaged == {f"{MULTILINGUAL}reader.onnx", f"{MULTILINGUAL}CARD.md"}
        (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        assert f"\nVersion: {PROJECT['project']['version']}\n" in archive.read(metadata).decode()


def test_the_same_bytes_are_built_elsewhere_at_another_time(built: tuple[Path, Path], tmp_path: Path) -> None:
    wheel, sdist = built
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (home,) = tmp_path.iterdir()
    for path in home.rglob("*"):
        os.utime(path, (1e9, 1e9))
        path.chmod(0o700 if path.is_dir() else 0o600)
    again = build(home)
    assert [each.read_bytes() for each in again] == [wheel.read_bytes(), sdist.read_bytes()]


def python(home: Path, *arguments: str) -> subprocess.Popen[str]:
    """Python beside a folder of installed packages, which go before those of this checkout."""
    environment = {**os.environ, "PYTHONPATH": str(home / "packages")}
    command = [sys.executable, *arguments]
    return subprocess.Popen(command, cwd=home, env=environment, stdout=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def installed(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder that is no checkout, with the wheel in its `packages`."""
    home = tmp_path_factory.mktemp("installed")
    options = ["--quiet", "--no-deps", "--no-index", "--target", str(home / "packages")]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(built[0])], check=True, timeout=120)
    return home


def test_the_installed_wheel_builds_asks_and_serves(installed: Path) -> None:
    def said(*arguments: str) -> str:
        with python(installed, *arguments) as process:
            text, _ = process.communicate(timeout=120)
        assert process.returncode == 0, text
        return text

    names = "app, index, qa, source, qa.web.page.page"
    places = said("-c", f"import sys, {names}; print(*(sys.modules[n].__file__ for n in '{names}'.split(', ')))")
    assert all(Path(place).is_relative_to(installed) for place in places.split())
    assert "1 document" in said("-m", "index", "build")
    assert "160,000" in said("-m", "qa", "ask", "How many people study at Russian universities?", "--k", "1")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with python(installed, "-m", "app", "--port", str(port)) as server:
        try:
            assert server.stdout
            address = server.stdout.readline().split()[-1]
            page = urllib.request.urlopen(address, timeout=60).read().decode()
            (path,) = set(re.findall(r"/scripts/page-\w+\.js", page))
            script = urllib.request.urlopen(address.rstrip("/") + path, timeout=60).read().decode()
        finally:
            server.terminate()
    assert script.endswith("export { start };\n")
