"""What readers find of answers, kept as questions that `python -m qa evaluate` asks again.

A line is a verdict on one quote, or on there being none that answers; of several
on the same the last one counts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from index import DEFAULT_INDEX, Layout, locate
from index.folder.disk import appending, flush
from qa.answer import Quote
from qa.ask.conversation import usable_history, validated
from source import ChapterVerseError
from source.errors import reason_of

LARGEST = 50_000_000
"""Bytes of a file of verdicts; it takes no more."""


class FeedbackRefused(ChapterVerseError):
    """A verdict that could not be kept."""


def feedback_file(index: str | Path) -> Path:
    """Where verdicts on an index are kept: in its folder; for an engine's, below the working folder."""
    found = locate(index)
    return Layout(found.staging if found.editable else DEFAULT_INDEX.parent).feedback


def record(path: Path, question: str, history: Sequence[str], quote: Quote | None, right: bool) -> None:
    """Adds a line to `path`: whether `quote` answers, or with None, whether it is right that nothing does.

    `history`: the earlier questions, oldest first. The line is on the disk when
    this returns. Raises UsageError for what cannot be asked, and FeedbackRefused.
    """
    verdict = _verdict(validated(question), usable_history(history), quote, right)
    line = json.dumps({**verdict, "time": datetime.now(UTC).isoformat(timespec="seconds")}, ensure_ascii=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists()
        _append(path, f"{line}\n".encode())
        if is_new:
            flush(path.parent)
    except OSError as error:
        raise FeedbackRefused(
            f"{path} cannot be written ({reason_of(error)}); name another file for verdicts."
        ) from error


def _verdict(question: str, history: Sequence[str], quote: Quote | None, right: bool) -> dict[str, Any]:
    asked = json.dumps([question, *history])
    return {
        "id": f"feedback-{sha256(asked.encode()).hexdigest()[:12]}",
        "question": question,
        "answers": _answers(quote) if quote and right else [],
        "gold_passage_ids": [quote.document.id] if quote and right else [],
        "rejected": [quote.text] if quote and not right else [],
        "answerable": quote is not None or not right,
        "history": list(history),
        "judged": quote.text if quote else "",
    }


def _answers(quote: Quote) -> list[str]:
    """The highlighted words, or the whole quote where none are."""
    return [quote.text_of(mark) for mark in quote.highlights if len(mark)] or [quote.text]


def _append(path: Path, line: bytes) -> None:
    """In one write, so that lines of several processes never mix; all of it or nothing."""
    file = appending(path)
    try:
        size = os.fstat(file).st_size
        os.lseek(file, max(0, size - 1), os.SEEK_SET)
        if os.read(file, 1) not in (b"", b"\n"):  # a power cut left half a line
            line = b"\n" + line
        if size + len(line) > LARGEST:
            raise FeedbackRefused(f"{path} has {size:,} bytes and takes no more verdicts; move it away to begin anew.")
        if os.write(file, line) < len(line):
            os.ftruncate(file, size)
            raise FeedbackRefused(f"{path} cannot be written (the disk is full); make room and judge again.")
        os.fsync(file)
    finally:
        os.close(file)
