"""Who asks a server: readers of its page, and programs."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from tally import Tally


@dataclass
class Server:
    """A running `python app.py`, and whoever asks it."""

    url: str
    pid: int
    source: Path
    questions: list[str]
    tally: Tally
    client: httpx.AsyncClient

    async def act(self, what: str, action: str, **fields: Any) -> Any:
        """As the page does."""
        data = {"data": {"action": action, "language": "en", **fields}}
        return await self.tally.time(what, self.client.post("/act", json=data))

    async def program(self, question: str) -> None:
        """As `curl` does, in two steps that count as one."""

        async def asked() -> httpx.Response:
            begun = await self.client.post("/gradio_api/call/ask", json={"data": [question, [], []]})
            if begun.status_code != 200:
                return begun
            return await self.client.get(f"/gradio_api/call/ask/{begun.json()['event_id']}")

        await self.tally.time("/ask", asked())

    async def read(self, until: float, number: int) -> None:
        """A reader of the page, or a program, until then."""
        drawn = random.Random(number)
        answers: list[dict[str, Any]] = []
        while True:
            await asyncio.sleep(drawn.uniform(0.5, 2))
            if time.monotonic() > until:
                return
            dice = drawn.random()
            quoted = answers and (answers[-1]["quotes"] or answers[-1]["nearest"])
            if dice < 1 / 6:
                await self.program(drawn.choice(self.questions))
            elif dice < 1 / 3 and quoted:
                await self._open(quoted)
            elif dice < 0.4 and answers:
                await self.act("draw", "draw", answers=answers)
            else:
                history = [each["question"] for each in answers]
                found = await self.act("ask", "ask", question=drawn.choice(self.questions), history=history)
                answers = [*answers[-9:], found["answer"]] if found else answers

    async def _open(self, quotes: list[dict[str, Any]]) -> None:
        opened = await self.act("open", "open", quotes=quotes, at=0)
        if opened:
            named = {"document": opened["document"], "sha256": opened["sha256"], "offset": quotes[0]["start"]}
            await self.act("part", "part", quotes=quotes, **named)

    async def watch_memory(self) -> None:
        """Notes it every second, for ever."""
        while True:
            self.tally.memory.append(self._memory())
            await asyncio.sleep(1)

    def _memory(self) -> float:
        lines = Path(f"/proc/{self.pid}/status").read_text("ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024
