"""What the figures were measured on, and how much of it others had meanwhile."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    """The processor, its cores, the system and the Python that made the environments."""
    info = Path("/proc/cpuinfo")
    models = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return {
        "cpu": models[0].partition(":")[2].strip() if models else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
    }


class Others:
    """The share of the processor that other programs take: times that were measured beside much of it say little."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._busy, self._own = _busy(), _own()

    def share(self) -> float | None:
        """From the beginning until now; None where the system does not tell."""
        if self._busy is None or (busy := _busy()) is None:
            return None
        room = (time.monotonic() - self._started) * (os.cpu_count() or 1)
        return max(0.0, busy - self._busy - (_own() - self._own)) / room


def _busy() -> float | None:
    """Seconds that all cores have been at work since the machine started."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return None
    user, nice, system, _idle, _waiting, *others = map(int, stat.read_text().split("\n", 1)[0].split()[1:9])
    return sum((user, nice, system, *others)) / os.sysconf("SC_CLK_TCK")


def _own() -> float:
    """Seconds of this process and of those it has started and seen end."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
