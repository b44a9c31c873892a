"""Gradio, imported without what takes longest: `from qa.web.quick_import import gr`.

At every import Gradio parses the source of each of its 80 components to bring
the `.pyi` file beside it up to date, which serves those who write components.
It passes over a class whose source file `inspect` cannot name, so that during
the import, and for Gradio's own classes only, it cannot.

It imports `mcp` where that is installed, for a server that is not used here
(see `qa.web.tools`), so that during the import it is not to be found.

And Python looks for garbage again and again, in hundreds of thousands of new
objects that are all there to stay: a quarter of what is left. So it does not look
during the import, and what was imported is set aside from every later search.
"""

from __future__ import annotations

import gc
import inspect
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["gr"]

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before it is imported, or it reports to its makers


@contextmanager
def _writing_no_stubs() -> Iterator[None]:
    named = inspect.getfile

    def unnamed(thing: Any) -> str:
        if isinstance(thing, type) and thing.__module__.startswith("gradio."):
            raise OSError("not needed")
        return named(thing)

    inspect.getfile = unnamed  # type: ignore[assignment]
    try:
        yield
    finally:
        inspect.getfile = named


@contextmanager
def _finding_no_mcp() -> Iterator[None]:
    if "mcp" in sys.modules:
        yield
        return
    sys.modules["mcp"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["mcp"]


@contextmanager
def _seeking_no_garbage() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


with _writing_no_stubs(), _finding_no_mcp(), _seeking_no_garbage():
    import gradio as gr
