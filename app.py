"""The web chat: `python app.py [--host H] [--port P] [--index DIR] [--source PATH ...]`; see docs/serving.md."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

from qa import DEFAULT_INDEX, ChapterVerseError, UsageError, watch
from qa.web.http.config import Config
from qa.web.http.hosts import check_free, public_root
from qa.web.http.passwords import read_passwords
from qa.web.output import unblocked_output
from qa.web.state import AppState
from source import CommandParser, end_on_interrupt, printable, run_command

if TYPE_CHECKING:
    from qa.web.serve import RunningServer

_GRACE = 30.0  # seconds that running requests get to finish at shutdown


def _say(text: object) -> None:
    sys.stdout.write(f"{printable(str(text))}\n")


def main(arguments: list[str] | None = None) -> int:
    """Opens the index, serves the page until it is asked to stop; returns the exit status."""
    return run_command(partial(_run, arguments))


def _run(arguments: list[str] | None) -> int:
    options = _parser().parse_args(arguments)
    with unblocked_output():
        server, shutdown = _serve(options)
        _say(f"Chapter & Verse is at {server.address}")
        if options.watch:
            Thread(target=partial(_watch, options), name="watch", daemon=True).start()
        shutdown.wait()
        server.finish(_GRACE)
        logging.disable()  # what fails from now on fails because the process ends
    return 0


def _watch(options: argparse.Namespace) -> None:
    try:
        watch(options.index, options.source, _say)
    except ChapterVerseError as error:  # what to watch can't be determined; the page goes on
        _say(error)


def _shutdown_requested() -> Event:
    """An event that Ctrl-C, SIGTERM and the end of the terminal set; a second signal kills the process at once."""
    signals = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as `nohup` has it
        signals.append(signal.SIGHUP)
    requested = Event()

    def note(number: int, frame: FrameType | None) -> None:
        requested.set()
        for each in signals:
            signal.signal(each, signal.SIG_DFL)

    for each in signals:
        signal.signal(each, note)
    return requested


def _serve(options: argparse.Namespace) -> tuple[RunningServer, Event]:
    """Starts the server; also returns the event that asks for its end.

    Until it has something to finish, a signal ends the process at once.
    """
    end_on_interrupt()  # Gradio could lose a KeyboardInterrupt
    check_free(options.host, options.port)
    config = _config(options)
    one_blas_thread()
    state = _state(options)
    from qa.web.page.page import create_app  # imports Gradio, which takes seconds: wrong options are reported first
    from qa.web.serve import launch

    app = create_app(state, options.max_upload)
    requested = _shutdown_requested()
    return launch(app, options.host, options.port, state, config), requested


def _config(options: argparse.Namespace) -> Config:
    if options.mcp and find_spec("mcp") is None:
        raise UsageError("--mcp needs a package that isn't installed. Run `pip install '.[mcp]'`.")
    return Config(
        passwords=read_passwords(options.auth) if options.auth else None,
        mcp=options.mcp,
        max_upload=options.max_upload,
        root=options.root_path,
        log=_say if options.access_log else None,
    )


def _state(options: argparse.Namespace) -> AppState:
    log = _say if options.access_log == "questions" else None
    return AppState(options.index, options.source, read_only=options.read_only, log=log)


def one_blas_thread() -> None:
    """Limits BLAS to one thread for the rest of this process.

    Each question runs in a thread of its own, so the cores are shared already.
    OpenBLAS takes such a limit only from the main thread, so the limit that
    `index/blas.py` sets for each product has no effect in the other threads.
    """
    threadpool_limits(1, user_api="blas")


def _parser() -> CommandParser:
    parser = CommandParser(prog="app.py", description="Ask your documents questions in a web chat.")
    parser.add_argument("--host", default="127.0.0.1", type=_host, help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", default=7860, type=_port, help="port to listen on (default: %(default)s)")
    parser.add_argument(
        "--index", default=DEFAULT_INDEX, metavar="DIR", help="index folder or storage URL (default: %(default)s)"
    )
    parser.add_argument(
        "--source", nargs="+", action="extend", default=[], metavar="PATH",
        help='what "Rescan source files" on the page reads (default: the sources the index was built from)',
    )  # fmt: skip
    parser.add_argument("--watch", action="store_true", help="rebuild whenever the sources have changed")
    _add_operator_options(parser.add_argument_group("for operators", "see docs/serving.md"))
    return parser


def _add_operator_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--read-only", action="store_true", help="no uploads, rebuilds or removals through the server")
    group.add_argument(
        "--auth", type=Path, metavar="FILE",
        help="require a login; FILE holds the lines printed by `python -m qa password NAME`",
    )  # fmt: skip
    group.add_argument("--mcp", action="store_true", help="also expose the endpoints as MCP tools")
    group.add_argument(
        "--max-upload", type=_megabytes, default=50, metavar="MB", help="largest upload (default: %(default)s)"
    )
    group.add_argument(
        "--root-path", type=_root, default="/", metavar="ADDRESS",
        help="public address behind a reverse proxy: https://example.org/qa, or only its path",
    )  # fmt: skip
    group.add_argument(
        "--access-log", nargs="?", const="requests", choices=["requests", "questions"], metavar="questions",
        help="print a line for each request; with `questions`, the questions too",
    )  # fmt: skip


def _host(text: str) -> str:
    if text.strip():
        return text
    raise argparse.ArgumentTypeError("the address is empty")


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"invalid port {text!r} (must be 1–65535)")


def _megabytes(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 100_000:
        return int(text)
    raise argparse.ArgumentTypeError(f"invalid size {text!r} (must be 1–100000 megabytes)")


def _root(text: str) -> str:
    try:
        return public_root(text)
    except ValueError:  # an IPv6 address without its brackets, say
        message = f"invalid address {text!r} (expected https://example.org/qa or /qa)"
        raise argparse.ArgumentTypeError(message) from None


if __name__ == "__main__":
    sys.exit(main())
