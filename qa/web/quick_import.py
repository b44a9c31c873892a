"""Importing Gradio without the three seconds in which it writes stubs for its own components.

At every import Gradio parses the source of each of its 80 components to bring
the `.pyi` file beside it up to date, which serves those who write components.
It passes over a class whose source file `inspect` cannot name, so that during
the import, and for Gradio's own classes only, it cannot.
"""

from __future__ import annotations

import inspect
import os
from typing import Any


def import_gradio() -> None:
    """Imports `gradio`, in about a third of the time."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before it is imported, or it reports to its makers
    named = inspect.getfile

    def unnamed(thing: Any) -> str:
        if isinstance(thing, type) and thing.__module__.startswith("gradio."):
            raise OSError("not needed")
        return named(thing)

    inspect.getfile = unnamed  # type: ignore[assignment]
    try:
        import gradio  # noqa: F401
    finally:
        inspect.getfile = named
