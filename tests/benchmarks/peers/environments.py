"""An environment of its own for each peer, so that none has a say in another's versions."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from systems import HERE, OURS

HOME = HERE.parents[2] / ".bench"
_PROJECT = ("torch", "sentence-transformers", "transformers", "faiss-cpu", "bm25s", "onnxruntime", "numpy")
_PATIENCE = 3600  # seconds
_VERSIONS = """
import importlib.metadata as metadata, json, sys
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
"""


class PeerFailed(Exception):
    """A peer that could not be installed, built or asked; the message is the reason."""


def run(command: list[str], env: dict[str, str] | None = None, cwd: Path | None = None) -> None:
    """Runs `command`; PeerFailed carries the last thing it said."""
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_PATIENCE, env=env, cwd=cwd)
    except subprocess.TimeoutExpired as error:
        raise PeerFailed(f"not done after {_PATIENCE} s") from error
    except subprocess.CalledProcessError as error:
        raise PeerFailed(last_words(error.stderr, error.returncode)) from error


def last_words(said: str, status: int) -> str:
    """The last line of a standard error, or what ended the process if it said nothing."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:300] if lines else f"exit status {status}"


def prepare(peer: str, tell: Callable[[str], None]) -> Path:
    """The Python of the peer's environment, which is made anew when its requirements have changed."""
    if peer == OURS:
        return Path(sys.executable)
    requirements = HERE / peer / "requirements.txt"
    home = HOME / peer
    python = home / "bin" / "python"
    wanted = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    stamp = home / "installed"
    if not stamp.is_file() or stamp.read_text("utf-8") != wanted:
        tell(f"installing {peer} …")
        run([sys.executable, "-m", "venv", "--clear", str(home)])
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        # By itself and first: together with others pip may take a build of several GB of CUDA libraries.
        run([*install, next(line for line in _lines(requirements) if line.startswith("torch=="))])
        run([*install, "--requirement", str(requirements)])
        stamp.write_text(wanted, "utf-8")
    return python


def versions(peer: str, python: Path) -> dict[str, str]:
    """The versions of what the peer's requirements name, as they are installed."""
    file = HERE / peer / "requirements.txt"
    wanted = _PROJECT if peer == OURS else [line.partition("==")[0] for line in _lines(file)]
    ran = subprocess.run([str(python), "-c", _VERSIONS, *wanted], check=True, capture_output=True, text=True)
    found: dict[str, str] = json.loads(ran.stdout)
    return found


def _lines(requirements: Path) -> list[str]:
    lines = (line.strip() for line in requirements.read_text("utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]
