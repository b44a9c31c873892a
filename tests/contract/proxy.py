"""A TCP proxy that can be slow, deaf or gone: the network between a server and its storage."""

from __future__ import annotations

import re
import socket
import time
from contextlib import suppress
from threading import Thread

_METHOD = re.compile(rb"^([A-Z]+) \S+ HTTP/1\.1\r\n", re.MULTILINE)


class Proxy:
    """Forwards connections from `port` to `target`, with faults on demand.

    `delay`: seconds before each piece of a response. `deaf`: forwards nothing. `pieces`: how many pieces of responses
    are still forwarded; after that the proxy is gone, or deaf if `hangs`. `requests`: the number of HTTP requests,
    `methods`: their methods, `answered`: bytes of the responses.
    """

    def __init__(self, port: int, target: int) -> None:
        self.port, self._target = port, target
        self.methods: set[bytes] = set()
        self.requests = self.answered = 0
        self._open: list[socket.socket] = []
        self._listen()
        self.mend()

    def mend(self) -> None:
        """Ends all faults."""
        self.delay = 0.0
        self.deaf = self.hangs = False
        self.pieces: int | None = None
        if self._listening.fileno() < 0:
            self._listen()

    def stop(self) -> None:
        """Goes away: open connections break, and new ones are refused."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # closing alone would still accept one connection
        self._listening.close()
        with suppress(IndexError):
            while True:
                _end(self._open.pop())

    def _listen(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", self.port))
        Thread(target=self._accept, args=(self._listening,), daemon=True).start()

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
                Thread(target=self._ask, args=(near, far), daemon=True).start()
                Thread(target=self._answer, args=(far, near), daemon=True).start()

    def _ask(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while data := near.recv(1 << 16):
                methods = _METHOD.findall(data)
                self.methods.update(methods)
                self.requests += len(methods)
                self._hand_on(data, far)
        _end(near, far)

    def _answer(self, far: socket.socket, near: socket.socket) -> None:
        with suppress(OSError):
            while data := far.recv(1 << 16):
                self._count()
                self.answered += len(data)
                time.sleep(self.delay)
                self._hand_on(data, near)
        _end(near, far)

    def _count(self) -> None:
        if self.pieces is not None:
            self.pieces -= 1
            if self.pieces < 0:
                self.deaf = self.hangs
                if not self.hangs:
                    self.stop()

    def _hand_on(self, data: bytes, target: socket.socket) -> None:
        while self.deaf:
            time.sleep(0.05)
        target.sendall(data)


def _end(*connections: socket.socket) -> None:
    for each in connections:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
