"""The web chat: `python app.py [--host H] [--port P] [--index DIR] [--source PATH ...]`; see docs/serving.md."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from signal import SIG_DFL, SIGINT, SIGTERM, signal
from threading import Event, Thread
from types import FrameType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from threadpoolctl import threadpool_limits

from qa import DEFAULT_INDEX, ChapterVerseError, UsageError, watch
from qa.web.http.config import Config
from qa.web.http.hosts import check_free
from qa.web.http.passwords import read_passwords
from qa.web.state import AppState
from source import printable

if TYPE_CHECKING:
    from qa.web.serve import RunningServer

_SIGNALS = (SIGINT, SIGTERM)
_FINISHING = 30.0  # seconds that answers have when the server is asked to end


def _say(text: object) -> None:
    print(printable(str(text)), flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Opens the index, serves the page, prints its address; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        serving = _serve(options)
    except ChapterVerseError as error:
        print(printable(str(error)), file=sys.stderr)
        return error.exit_status
    _say(f"Chapter & Verse is at {serving.address}")
    if options.watch:
        watching = partial(watch, options.index, options.source, _say)
        Thread(target=watching, name="watch", daemon=True).start()
    _asked_to_end().wait()
    serving.finish(_FINISHING)
    return 0


def _asked_to_end() -> Event:
    """Is set when the process is asked to end (Ctrl-C, SIGTERM). Asked again, it ends at once."""
    asked = Event()

    def note(number: int, frame: FrameType | None) -> None:
        asked.set()
        for each in _SIGNALS:
            signal(each, SIG_DFL)

    for each in _SIGNALS:
        signal(each, note)
    return asked


def _serve(options: argparse.Namespace) -> RunningServer:
    check_free(options.host, options.port)
    rules = _rules(options)
    one_blas_thread()
    state = _state(options)
    from qa.web.page.page import (
        create_app,
    )
    from qa.web.serve import launch

    return launch(create_app(state, options.max_upload), options.host, options.port, state, rules)


def _rules(options: argparse.Namespace) -> Config:
    if options.mcp and find_spec("mcp") is None:
        raise UsageError("--mcp needs a package that is not installed; run `pip install '.[mcp]'`.")
    return Config(
        passwords=read_passwords(options.auth) if options.auth else None,
        read_only=options.read_only,
        mcp=options.mcp,
        max_upload=options.max_upload,
        root=options.root_path,
        log=_say if options.access_log else None,
    )


def _state(options: argparse.Namespace) -> AppState:
    log = _say if options.access_log == "questions" else None
    return AppState(options.index, options.source, read_only=options.read_only, log=log)


def one_blas_thread() -> None:
    """Lets BLAS compute in one thread, in this process and for good.

    Questions come in threads of their own, and share the cores already. OpenBLAS
    takes such a limit from the main thread alone, so that `index/tokens.py`, which
    sets one for each product, has no say in the others.
    """
    threadpool_limits(1, user_api="blas")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="app.py", description="Question your documents in a web chat.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", default=7860, type=_port, help="port to listen on (default: %(default)s)")
    parser.add_argument(
        "--index", default=DEFAULT_INDEX, metavar="DIR", help="index folder, or an address (default: %(default)s)"
    )
    parser.add_argument(
        "--source", nargs="+", default=[], metavar="PATH",
        help="what the page's rebuild reads (default: the shipped documents)",
    )  # fmt: skip
    parser.add_argument("--watch", action="store_true", help="rebuild whenever the sources have changed")
    _add_rules(parser.add_argument_group("for operators", "docs/serving.md says more"))
    return parser


def _add_rules(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--read-only", action="store_true", help="no uploads, rebuilds or removals through the server")
    group.add_argument(
        "--auth", type=Path, metavar="FILE", help="ask for a login; FILE has what `python -m qa password NAME` prints"
    )
    group.add_argument("--mcp", action="store_true", help="offer the endpoints as tools of an MCP server, too")
    group.add_argument(
        "--max-upload", type=_megabytes, default=50, metavar="MB", help="largest upload (default: %(default)s)"
    )
    group.add_argument(
        "--root-path", type=_root, default="/", metavar="ADDRESS",
        help="where readers find the page behind a reverse proxy: https://example.org/qa, or the path alone",
    )  # fmt: skip
    group.add_argument(
        "--access-log", nargs="?", const="requests", choices=["requests", "questions"], metavar="questions",
        help="print a line for each request; with `questions`, what is asked as well",
    )  # fmt: skip


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port; name one from 1 to 65535")


def _megabytes(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 100_000:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no size; name whole megabytes from 1 to 100000")


def _root(text: str) -> str:
    scheme, host, path, query, fragment = urlsplit(text)
    is_address = scheme in ("http", "https") and host
    is_path = path.startswith("/") and not scheme and not host
    if (is_address or is_path) and not query and not fragment:
        return text.rstrip("/")
    raise argparse.ArgumentTypeError(f"{text!r} is no address; name one as https://example.org/qa, or the path as /qa")


if __name__ == "__main__":
    sys.exit(main())
