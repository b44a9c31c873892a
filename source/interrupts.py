"""Ctrl-C before there is anything to finish: it ends the process at once and silently.

Python's own handler raises KeyboardInterrupt, wherever the main thread happens to be: in the middle of an import that
is a traceback, and in a callback of the import system it is lost. The operating system's default needs no such luck.
This module is the first one that the commands import.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from signal import SIG_DFL, SIGINT, default_int_handler, getsignal, signal
from threading import current_thread, main_thread


def end_on_interrupt() -> None:
    """Lets Ctrl-C end the process, unless it is ignored or handled otherwise."""
    if getsignal(SIGINT) is default_int_handler and current_thread() is main_thread():
        signal(SIGINT, SIG_DFL)


def raise_on_interrupt() -> None:
    """Lets Ctrl-C raise KeyboardInterrupt again, for what has to be cleaned up."""
    if getsignal(SIGINT) is SIG_DFL and current_thread() is main_thread():
        signal(SIGINT, default_int_handler)


def _is_command() -> bool:
    """Whether this process runs one of the project's commands, and not a program that uses the packages."""
    script = getattr(sys.modules["__main__"], "__file__", None)
    if script:
        return Path(script).resolve() == Path(__file__).resolve().parents[1] / "app.py"
    modules = {("-m", "index"), ("-m", "qa")}
    return sys.argv[:1] == ["-m"] and not modules.isdisjoint(pairwise(sys.orig_argv))


if _is_command():
    end_on_interrupt()
