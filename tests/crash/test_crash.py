"""The crash tests in a short form; each is also a command that does more trials."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("cc"), reason="faults are made by a C library that Linux preloads"
)
HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["inject.py", "--every", "30"], "full disk"),
        (["kill.py", "--times", "12"], "12 kills, "),
        (["power.py"], "0 unreadable, 0 mixed"),
        (["flip.py", "--times", "60"], "60 damaged files"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_the_index_survives(command: list[str], said: str, tmp_path: Path) -> None:
    if command[0] != "power.py":
        command = [*command, "--scratch", str(tmp_path)]
    ran = subprocess.run([sys.executable, HERE / command[0], *command[1:]], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert said in ran.stdout
