"""Whether a server can listen where it is told to; known before Gradio is imported."""

from __future__ import annotations

import socket
from errno import EACCES, EADDRINUSE

from qa import ChapterVerseError, UsageError


class PortTakenError(ChapterVerseError):
    """Another program listens there."""

    @classmethod
    def of(cls, port: int) -> PortTakenError:
        return cls(f"Port {port} is in use; choose another with --port.")


def check_free(host: str, port: int) -> None:
    """Raises PortTakenError or UsageError unless a server can listen there."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError as error:
        if error.errno == EADDRINUSE:
            raise PortTakenError.of(port) from error
        if error.errno == EACCES:
            message = f"Port {port} is not yours to open; choose one above 1023 with --port."
            raise UsageError(message) from error
        raise UsageError(f"This machine has no address {host}; name one of its own with --host.") from error
