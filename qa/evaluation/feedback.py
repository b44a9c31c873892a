"""Saves users' verdicts on answers as questions that `python -m qa evaluate` can ask.

Each line of the file is a verdict on one quote, or on the statement that nothing
answers. Of several verdicts on the same quote the last one counts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from shutil import disk_usage
from typing import Any

from index import DEFAULT_INDEX, Layout, locate
from index.folder.filesystem import appending, flush
from qa.answer import Quote
from qa.ask.conversation import usable_history, validated
from source import ChapterVerseError, isolated, reason_of

LARGEST = 50_000_000
"""The largest size of a feedback file, in bytes."""
LONGEST = 100_000
"""The longest line, in bytes."""
_RESERVE = 64 * 2**20  # bytes of the disk that stay free


class FeedbackRefused(ChapterVerseError):
    """A verdict could not be saved."""


def feedback_file(index: str | Path) -> Path:
    """The feedback file of an index: in its folder, or for a storage URL below the working folder."""
    located = locate(index)
    return Layout(located.staging if located.editable else DEFAULT_INDEX.parent).feedback


def record(
    path: Path,
    question: str,
    history: Sequence[str],
    quote: Quote | None,
    right: bool,
    admit: Callable[[int], None] = lambda size: None,
) -> None:
    """Adds a verdict to `path`: whether `quote` answers the question or, without a quote, whether nothing does.

    `history`: the earlier questions, oldest first. `admit`: called with the size of the line in bytes before it is
    written; what it raises, this raises. The line is on disk when this returns. Raises UsageError for an invalid
    question, and FeedbackRefused.
    """
    verdict = _verdict(validated(question), usable_history(history), quote, right)
    text = json.dumps({**verdict, "time": datetime.now(UTC).isoformat(timespec="seconds")}, ensure_ascii=False)
    line = f"{text}\n".encode()
    if len(line) > LONGEST:
        raise FeedbackRefused("This conversation is too long to be saved. Ask the question in a new chat.")
    admit(len(line))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if disk_usage(path.parent).free < _RESERVE:
            raise FeedbackRefused(f"{path} cannot be written (the disk is almost full). Free some space and try again.")
        is_new = not path.exists()
        _append(path, line)
        if is_new:
            flush(path.parent)
    except OSError as error:
        raise FeedbackRefused(
            f"{isolated(path)} cannot be written ({reason_of(error)}). Check the permissions and the free disk space."
        ) from error


def _verdict(question: str, history: Sequence[str], quote: Quote | None, right: bool) -> dict[str, Any]:
    conversation = json.dumps([question, *history])
    return {
        "id": f"feedback-{sha256(conversation.encode()).hexdigest()[:12]}",
        "question": question,
        "answers": _answers(quote) if quote and right else [],
        "gold_passage_ids": [quote.document.id] if quote and right else [],
        "rejected": [quote.text] if quote and not right else [],
        "answerable": quote is not None or not right,
        "history": list(history),
        "judged": quote.text if quote else "",
    }


def _answers(quote: Quote) -> list[str]:
    """The highlighted words, or the whole quote if none are highlighted."""
    return [quote.text_of(mark) for mark in quote.highlights if len(mark)] or [quote.text]


def _append(path: Path, line: bytes) -> None:
    """Appends a whole line or nothing, in one write, so that lines of several processes never mix."""
    file = appending(path)
    try:
        size = os.fstat(file).st_size
        os.lseek(file, max(0, size - 1), os.SEEK_SET)
        if os.read(file, 1) not in (b"", b"\n"):  # the last line is incomplete, after a power cut
            line = b"\n" + line
        if size + len(line) > LARGEST:
            raise FeedbackRefused(f"{isolated(path)} is full ({size:,} bytes). Move it elsewhere to start a new file.")
        if os.write(file, line) < len(line):
            os.ftruncate(file, size)
            raise FeedbackRefused(
                f"{isolated(path)} cannot be written (the disk is full). Free some space and try again."
            )
        os.fsync(file)
    finally:
        os.close(file)
