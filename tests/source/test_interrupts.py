"""Ctrl-C while a command is still importing its modules."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="interrupts are sent otherwise here")

# Found by Python as it starts: an interrupt at the moment at which a module is imported.
CUSTOMIZED = """
import os, signal, sys

class Interrupting:
    def find_spec(name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting)
"""


def interrupted_at(folder: Path, module: str, command: list[str]) -> tuple[int, str]:
    (folder / "sitecustomize.py").write_text(CUSTOMIZED.format(module=module))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(HOME)])}
    ran = subprocess.run(
        [sys.executable, *command], cwd=HOME, env=environment, capture_output=True, text=True, timeout=60
    )
    assert ran.stdout == ""
    return ran.returncode, ran.stderr


@pytest.mark.parametrize("module", ["numpy", "source.terminal"])
@pytest.mark.parametrize("command", ["-m qa ask who", "-m index status", "app.py"])
def test_an_interrupt_during_the_imports_ends_a_command_silently(tmp_path: Path, module: str, command: str) -> None:
    words = [*command.split(), "--index", str(tmp_path / "none")]
    assert interrupted_at(tmp_path, module, words) == (-signal.SIGINT, "")


def test_a_program_that_uses_the_packages_still_gets_its_interrupt(tmp_path: Path) -> None:
    code = "try:\n    import qa\nexcept KeyboardInterrupt:\n    raise SystemExit(3)"
    assert interrupted_at(tmp_path, "numpy", ["-c", code]) == (3, "")
    (tmp_path / "app.py").write_text(code)
    assert interrupted_at(tmp_path, "numpy", [str(tmp_path / "app.py")]) == (3, "")
