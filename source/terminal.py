"""How a command of the project is read and ends: with an exit status, and an error as a sentence."""

from __future__ import annotations

import argparse
import codecs
import io
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

from source.errors import CLOSED_PIPE, INTERRUPTED, ChapterVerseError, reason_of
from source.interrupts import raise_on_interrupt
from source.untrusted_text import isolated, printable

if TYPE_CHECKING:
    from _typeshed import SupportsWrite


class CommandParser(argparse.ArgumentParser):
    """Parses a command's arguments, which may be names of untrusted files (`python -m index build *`)."""

    def error(self, message: str) -> NoReturn:
        """Prints the usage and what is wrong, where argparse would repeat some arguments as they are; exits with 2."""
        super().error(isolated(message))

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        """Prints the help. Raises OSError, which argparse would swallow."""
        (file or sys.stdout).write(self.format_help())


def run_command(command: Callable[[], int]) -> int:
    """Runs a command, from its arguments to its output, and returns its exit status.

    An error that the user can fix, and output that can't be written, become one sentence
    on standard error; Ctrl-C and a closed pipe (`… | head`) end the command silently.
    """
    _prepare_streams()
    try:
        raise_on_interrupt()
        status = command()
    except SystemExit as error:  # of argparse: the help has been printed, or the error
        raise SystemExit(_flushed() or error.code) from None
    except ChapterVerseError as error:
        _complain(f"{error}\n")
        status = error.exit_status
    except KeyboardInterrupt:
        status = INTERRUPTED
    except OSError as error:
        return _failed(error)
    return _flushed() or status


def _prepare_streams() -> None:
    """Lets any text be printed: with escapes for what the encoding lacks, and to nowhere if a stream is closed."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - for as long as it runs
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ESCAPED)


def _flushed() -> int:
    """Writes what has been printed; returns an exit status, 0 if that succeeds."""
    try:
        sys.stdout.flush()
    except OSError as error:
        return _failed(error)
    _complain("")
    return 0


def _failed(error: OSError) -> int:
    """Reports an error of the operating system, most likely about standard output; returns the exit status."""
    _discard(sys.stdout)
    if isinstance(error, BrokenPipeError):
        return CLOSED_PIPE
    what = f"{isolated(error.filename)} cannot be used" if error.filename else "The output cannot be written"
    _complain(f"{what} ({reason_of(error)}).\n")
    return 1


def _complain(message: str) -> None:
    """Writes to standard error; if that can't be written either, the exit status has to do."""
    try:
        sys.stderr.write(printable(message))
        sys.stderr.flush()
    except OSError:
        _discard(sys.stderr)


def _discard(stream: TextIO) -> None:
    """Lets go of what can't be written: Python would try again at exit, and complain."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


_ESCAPED = "chapter-verse-escaped"


def _escaped(error: UnicodeError) -> tuple[str, int]:
    r"""An error handler for encoding that writes characters as JSON does, so that JSON remains valid: \u201c."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error(_ESCAPED, _escaped)
