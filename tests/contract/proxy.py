"""A TCP proxy that can be slow, deaf, or gone: the network between a reader and its storage."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from threading import Thread


class Proxy:
    """Hands on what comes to `port`. `delay`: seconds a piece of an answer waits. `deaf`: nothing comes through.

    `requests`: of HTTP that came, `answered`: bytes that went back.
    """

    def __init__(self, port: int, target: int) -> None:
        self.port, self._target = port, target
        self.delay = 0.0
        self.deaf = False
        self.requests = self.answered = 0
        self._open: list[socket.socket] = []
        self.start()

    def start(self) -> None:
        """Listens, again."""
        self._listening = socket.create_server(("127.0.0.1", self.port))
        Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def stop(self) -> None:
        """Is gone: what is open breaks, and nobody answers."""
        self._listening.close()
        while self._open:
            with suppress(OSError):
                self._open.pop().shutdown(socket.SHUT_RDWR)

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listening.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self._target), timeout=5)
                except OSError:
                    near.close()
                    continue
                far.settimeout(None)
                self._open += [near, far]
                Thread(target=self._hand_on, args=(near, far, False), daemon=True).start()
                Thread(target=self._hand_on, args=(far, near, True), daemon=True).start()

    def _hand_on(self, source: socket.socket, target: socket.socket, is_answer: bool) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                while self.deaf:
                    time.sleep(0.05)
                if is_answer and self.delay:
                    time.sleep(self.delay)
                self.answered += len(data) * is_answer
                self.requests += data.count(b" HTTP/1.1\r\n") * (not is_answer)
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
