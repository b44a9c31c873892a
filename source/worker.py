"""Parses files in a process of its own: one that may crash, hang or run out of memory alone.

    python -m source.worker

Each line of standard input is a request, `{"file", "suffix", "id", "title", "path"}`.
The answer is a line of JSON and then as many bytes as it says: `{"document",
"corners"}` are the lengths of the document's line (`source.records`) and of its
characters' corners, or else `{"error", "message"}` name what was wrong.
"""

from __future__ import annotations

import hashlib
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from source import errors
from source.formats import format_of
from source.records import dump_document

MEMORY = 4 << 30  # bytes of address space


def main() -> None:
    """Answers requests until there are none."""
    _limit()
    # What a library prints must not get between the answers.
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    for line in sys.stdin.buffer:
        head, *parts = _answer(json.loads(line))
        answers.write(json.dumps(head).encode() + b"\n")
        for part in parts:
            answers.write(part)
        answers.flush()


def _limit() -> None:
    with suppress(ImportError):  # there is no such module on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # a parser has nothing to write


def _answer(request: dict[str, str]) -> tuple[Any, ...]:
    shown_as = request["path"]
    try:
        return _read(request)
    except errors.SourceError as error:
        return ({"error": type(error).__name__, "message": str(error)},)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        message = f"{shown_as} cannot be read ({reason}); mend its permissions or leave it out."
        return ({"error": "SourceUnreadable", "message": message},)
    except (MemoryError, RecursionError):
        return (
            {"error": "TooLarge", "message": f"{shown_as} takes more memory than a document should; leave it out."},
        )
    except Exception:  # whatever a parser raises on a broken file
        return ({"error": "Damaged", "message": f"{shown_as} is damaged; save it again, or leave it out."},)


def _read(request: dict[str, str]) -> tuple[Any, ...]:
    format = format_of(request["suffix"])
    assert format, request
    data = Path(request["file"]).read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    document = format.read(data, id=request["id"], title=request["title"], path=request["path"], sha256=sha256)
    line = dump_document(document)
    corners = b"" if document.corners is None else document.corners.tobytes()
    return {"document": len(line), "corners": len(corners)}, line, corners


if __name__ == "__main__":
    main()
