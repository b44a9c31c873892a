"""What was asked of a server, how long it took and what came."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np


@dataclass
class Tally:
    """What was asked, how long it took (seconds) and what came."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    shed: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    memory: list[float] = field(default_factory=list)
    """Megabytes, second by second."""

    async def time(self, what: str, asked: Awaitable[httpx.Response]) -> Any:
        """Waits for an answer; its JSON, or None if there is none."""
        began = time.perf_counter()
        try:
            response = await asked
        except httpx.HTTPError as error:
            return self._failed(what, type(error).__name__)
        seconds = time.perf_counter() - began
        if response.status_code == 503:
            self.shed[what].append(seconds)
            return None
        self.took[what].append(seconds)
        if response.status_code != 200:
            return self._failed(what, f"{response.status_code} {response.text[:80]}")
        found = response.json() if response.headers["content-type"] == "application/json" else response.text
        if isinstance(found, dict) and "error" in found:
            return self._failed(what, found["error"])
        return found

    def _failed(self, what: str, why: str) -> None:
        self.errors[what] += 1
        self.said[f"{what}: {why}"] += 1

    def print(self, title: str) -> None:
        """The table, in Markdown."""
        print(f"{title}\n")
        print(f"| what | requests | errors | shed | p50 ms | p95 ms | p99 ms |\n|{' --- |' * 7}")
        for what in sorted({*self.took, *self.errors, *self.shed}):
            self._print_row(what, self.took[what], self.errors[what], len(self.shed[what]))
            if self.shed[what]:
                self._print_row(f"{what}: shed", self.shed[what], 0, len(self.shed[what]))
        warm = self.memory[len(self.memory) // 10 :]
        print(f"\nServer memory, MB: {self.memory[0]:.0f} at the start, {warm[0]:.0f} after a tenth of the time, then")
        print(f"{min(warm):.0f} to {max(warm):.0f}, {warm[-1]:.0f} at the end")
        for why, count in self.said.most_common(5):
            print(f"{count} × {why}")

    def _print_row(self, what: str, took: list[float], errors: int, shed: int) -> None:
        times = np.percentile(np.array(took or [np.nan]) * 1000, [50, 95, 99])
        print(f"| {what} | {' | '.join(f'{number:,.0f}' for number in (len(took), errors, shed, *times))} |")
