"""The web chat: `python app.py [--host H] [--port P] [--index DIR] [--source PATH ...]`."""

from __future__ import annotations

import argparse
import contextlib
import sys
from functools import partial
from pathlib import Path
from threading import Event, Thread

from threadpoolctl import threadpool_limits

from qa import DEFAULT_INDEX, ChapterVerseError, watch
from qa.web.address import check_free
from qa.web.desk import Desk


def main(arguments: list[str] | None = None) -> int:
    """Opens the index, serves the page, prints its address; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        address = _serve(options)
    except ChapterVerseError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    print(f"Chapter & Verse is at {address}", flush=True)
    if options.watch:
        watching = partial(watch, options.index, options.source, partial(print, flush=True))
        Thread(target=watching, name="watch", daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        Event().wait()
    return 0


def _serve(options: argparse.Namespace) -> str:
    check_free(options.host, options.port)
    one_blas_thread()
    desk = Desk(options.index, options.source)
    from qa.web.page import create_app  # last: what is wrong with the port or the index is said before Gradio is there
    from qa.web.serve import launch

    return launch(create_app(desk), options.host, options.port)


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
        "--index", default=DEFAULT_INDEX, type=Path, metavar="DIR", help="index folder (default: %(default)s)"
    )
    parser.add_argument(
        "--source", nargs="+", default=[], metavar="PATH",
        help="what the page's rebuild reads (default: the shipped documents)",
    )  # fmt: skip
    parser.add_argument("--watch", action="store_true", help="rebuild whenever the sources have changed")
    return parser


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port; name one from 1 to 65535")


if __name__ == "__main__":
    sys.exit(main())
