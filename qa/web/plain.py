"""The values that programs send to the endpoints: texts, numbers, lists of texts, and nothing else.

Gradio would take an object with the marks of a file for one, and fetch it from
the address in it; and it prints the values of a call that has too few.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qa.web.quick_import import gr

_FEW = "This takes {count} values, some of them with defaults; docs/api.md names them."
_OBJECTS = "The values must be texts, numbers or lists of texts; send no objects."


def take_plain_values(app: gr.Blocks) -> None:
    """Has the Blocks look at what is sent before it is worked on."""
    app.validate_inputs = _check


def _check(endpoint: Any, values: Sequence[object]) -> None:
    if len(values) < len(endpoint.inputs):
        raise _usage(_FEW.format(count=len(endpoint.inputs)))
    if not all(_is_plain(value) or (isinstance(value, list) and all(map(_is_plain, value))) for value in values):
        raise _usage(_OBJECTS)


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _usage(error: str) -> Exception:
    found: Exception = gr.Error(error, title="UsageError", print_exception=False)
    return found
