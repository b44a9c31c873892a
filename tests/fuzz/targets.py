"""What can be fuzzed, by name. A target's module is imported when it is made."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import cast

from fuzz.finding import Target
from fuzz.seeds import CONTAINERS, KINDS

TARGETS = {
    **dict.fromkeys(KINDS, "readers.Reader"),
    "jsonl": "readers.Collection",
    "image": "readers.Picture",
    **dict.fromkeys(CONTAINERS, "readers.Container"),
    "sentences": "passages.Sentences",
    "passages": "passages.Passages",
    "store": "store.Stored",
    "ask": "asking.Asked",
    "page": "pages.Page",
    "saved": "files.Saved",
    "questions": "files.Questions",
    "passwords": "files.PasswordFile",
    "left-out": "files.LeftOut",
    "records": "web.Records",
    "answers": "web.Answers",
}
"""Name → module and class."""


def make(name: str, folder: Path | None) -> Target:
    """The target of that name. `folder`: of ordinary files to begin with."""
    module, _, kind = TARGETS[name].partition(".")
    return cast(Target, getattr(import_module(f"fuzz.{module}"), kind)(name, folder))
