"""Parses files in a separate process, which may crash, hang or run out of memory without harm to the parent.

    python -m source.sandbox.worker

Each line of standard input is a request, with the time it may take in `seconds`:

- `{"file", "suffix", "id", "title", "path", "ocr", "charset"}` asks for a document: the answer is the parts
  of `source.document_json.dump_parts`;
- `{"file", "start", "end", "number", "path"}` asks for the documents in lines of a collection:
  the parts of each, then the error that ended them as JSON, or `null`; with `"ids"` only for
  a JSON list of their ids;
- `{"file", "from", "path"}` asks for the members of a batch of a container (`source.sandbox.containers`):
  a list of them, of errors, and where the next batch starts, as JSON; with `"wanted"` for the
  documents at these positions: the parts of each, or its error as JSON in place of the first;
- `{"file", "sha256", "page", "path"}` asks for the image of a page.

The process writes an empty line when it is ready. An answer is a line of JSON,
`{"lengths": [...]}`, followed by parts of these lengths in bytes, or else the line
`{"error", "message"}`. The process ends when standard input does, even amid a request:
then its parent is gone.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any

from source import errors
from source.document_json import DOCUMENT_PARTS, dump_parts
from source.formats.jsonl import JsonlLines, records
from source.formats.registry import format_of
from source.sandbox import containers
from source.sandbox.page_images import draw_page
from source.untrusted_text import isolated

MEMORY = 4 << 30  # bytes of address space


def main() -> None:
    """Answers requests until standard input ends."""
    _limit()
    requests: SimpleQueue[bytes] = SimpleQueue()
    # What a library prints must not end up between the answers.
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    answers.write(b"\n")
    answers.flush()
    Thread(target=_listen, args=(requests,), daemon=True).start()
    while True:
        request = json.loads(requests.get())
        _limit_time(request["seconds"])
        head, *parts = _answer(request)
        answers.write(json.dumps(head).encode() + b"\n")
        for part in parts:
            answers.write(part)
        answers.flush()
        del parts  # they may be large, and the next request may be long in coming


def _listen(requests: SimpleQueue[bytes]) -> None:
    """Takes requests while others are answered, so that the end of standard input is noticed at once."""
    for line in sys.stdin.buffer:
        requests.put(line)
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)  # with the programs that it has started
    os._exit(0)


def _limit() -> None:
    with suppress(ImportError):  # Windows doesn't have this module
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        memory = MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most)  # a limit can't be raised
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # a parser never writes files


def _limit_time(seconds: float) -> None:
    """Ends the process after so much more CPU time; nothing else ends a parser that loops in C and has no parent."""
    with suppress(ImportError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        limit = int(time.process_time() + seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))


def _answer(request: dict[str, Any]) -> tuple[Any, ...]:
    answer = next((function for name, function in _ANSWERS.items() if name in request), _read)
    try:
        parts = answer(request)
        return {"lengths": [len(part) for part in parts]}, *parts
    except Exception as error:  # on a broken file, a parser may raise anything
        return (_reported(error, request["path"]),)


def _reported(error: Exception, shown_as: str) -> dict[str, str]:
    reported = _as_source_error(error, shown_as)
    return {"error": type(reported).__name__, "message": str(reported)}


def _as_source_error(error: Exception, shown_as: str) -> errors.SourceError:
    if isinstance(error, errors.SourceError):
        return error
    if isinstance(error, OSError):
        try:
            return errors.unreadable(shown_as, error)
        except errors.ChapterVerseError as raised:  # it ends a build, so the scan tries for itself
            return errors.SourceUnreadable(str(raised))
    if isinstance(error, MemoryError | RecursionError):
        return errors.TooLarge(f"{isolated(shown_as)} needs too much memory. Split it or exclude it.")
    return errors.Damaged(f"{isolated(shown_as)} is damaged. Try saving it again, or exclude it.")


def _read(request: dict[str, Any]) -> list[bytes]:
    format = format_of(request["suffix"])
    assert format, request
    data = Path(request["file"]).read_bytes()
    facts = {name: request[name] for name in ("id", "title", "path", "ocr", "charset")}
    return dump_parts(format.read(data, sha256=hashlib.sha256(data).hexdigest(), **facts))


def _read_lines(request: dict[str, Any]) -> list[bytes]:
    lines = JsonlLines(request["start"], request["end"], request["number"])
    found = records(Path(request["file"]), request["path"], lines)
    if "ids" in request:
        return [json.dumps([record.id for record in found]).encode()]
    parts: list[bytes] = []
    error = None
    try:
        for record in found:
            parts += dump_parts(record.document())
    except Exception as raised:  # the documents before it are good
        error = _reported(raised, request["path"])
    return [*parts, json.dumps(error).encode()]


def _list_members(request: dict[str, Any]) -> list[bytes]:
    found, failed, following = containers.listed(Path(request["file"]), tuple(request["from"]), request["path"])
    reported = [_reported(error, request["path"]) for error in failed]
    return [json.dumps([[asdict(each) for each in found], reported, following]).encode()]


def _read_members(request: dict[str, Any]) -> list[bytes]:
    facts = {name: request[name] for name in ("id", "title", "path", "ocr")}
    parts: list[bytes] = []
    for found in containers.read(Path(request["file"]), tuple(request["from"]), request["wanted"], **facts):
        if isinstance(found, Exception):
            parts += [json.dumps(_reported(found, request["path"])).encode(), *[b""] * (DOCUMENT_PARTS - 1)]
        else:
            parts += dump_parts(found)
    return parts


def _draw(request: dict[str, Any]) -> list[bytes]:
    data = Path(request["file"]).read_bytes()
    if hashlib.sha256(data).hexdigest() != request["sha256"]:
        raise errors.SourceUnreadable(
            f"{isolated(request['path'])} has changed since it was indexed. Rebuild the index."
        )
    return [draw_page(data, request["page"], request["path"])]


_ANSWERS = {"page": _draw, "number": _read_lines, "wanted": _read_members, "from": _list_members}
"""By a field that only such requests have; the first that fits."""


if __name__ == "__main__":
    main()
