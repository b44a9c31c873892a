"""Parses files in a separate process, which may crash, hang or run out of memory without harm to the parent.

    python -m source.sandbox.worker

Each line of standard input is a request. `{"file", "suffix", "id", "title", "path", "ocr"}`
asks for a document: the answer's parts are its JSON line (`source.document_json`) and the
corners of its characters. `{"file", "sha256", "page", "path"}` asks for the image of a page.
An answer is a line of JSON, `{"lengths": [...]}`, followed by parts of these lengths in
bytes, or else the line `{"error", "message"}`.
"""

from __future__ import annotations

import hashlib
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from source import errors
from source.document_json import dump_document
from source.formats.registry import format_of
from source.sandbox.page_images import draw_page
from source.untrusted_text import isolated

MEMORY = 4 << 30  # bytes of address space


def main() -> None:
    """Answers requests until standard input ends."""
    _limit()
    # What a library prints must not end up between the answers.
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    for line in sys.stdin.buffer:
        head, *parts = _answer(json.loads(line))
        answers.write(json.dumps(head).encode() + b"\n")
        for part in parts:
            answers.write(part)
        answers.flush()


def _limit() -> None:
    with suppress(ImportError):  # Windows doesn't have this module
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # a parser never writes files


def _answer(request: dict[str, Any]) -> tuple[Any, ...]:
    try:
        parts = _draw(request) if "page" in request else _read(request)
        return {"lengths": [len(part) for part in parts]}, *parts
    except Exception as error:  # on a broken file, a parser may raise anything
        reported = _as_source_error(error, request["path"])
        return ({"error": type(reported).__name__, "message": str(reported)},)


def _as_source_error(error: Exception, shown_as: str) -> errors.SourceError:
    if isinstance(error, errors.SourceError):
        return error
    if isinstance(error, OSError):
        return errors.unreadable(shown_as, error)
    if isinstance(error, MemoryError | RecursionError):
        return errors.TooLarge(f"{isolated(shown_as)} needs too much memory. Split it or exclude it.")
    return errors.Damaged(f"{isolated(shown_as)} is damaged. Try saving it again, or exclude it.")


def _read(request: dict[str, Any]) -> list[bytes]:
    format = format_of(request["suffix"])
    assert format, request
    data = Path(request["file"]).read_bytes()
    facts = {name: request[name] for name in ("id", "title", "path", "ocr")}
    document = format.read(data, sha256=hashlib.sha256(data).hexdigest(), **facts)
    return [dump_document(document), b"" if document.corners is None else document.corners.tobytes()]


def _draw(request: dict[str, Any]) -> list[bytes]:
    data = Path(request["file"]).read_bytes()
    if hashlib.sha256(data).hexdigest() != request["sha256"]:
        raise errors.SourceUnreadable(
            f"{isolated(request['path'])} has changed since it was indexed. Rebuild the index."
        )
    return [draw_page(data, request["page"], request["path"])]


if __name__ == "__main__":
    main()
