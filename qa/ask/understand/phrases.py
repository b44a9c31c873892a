"""Stock phrases around a question in seven languages: greetings, thanks, requests, closings, and question words.

`phrases.json` has them by kind and language. Each is the source of a regular expression for folded words
(`politeness.fold`) one space apart. Only fixed words are repeated, and only a few times, so that a match takes
constant time. `pieces` stand for what several phrases have in common.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

_TABLES = json.loads(Path(__file__).with_name("phrases.json").read_text("utf-8"))
_PIECE = re.compile(r"<(\w+)>")


def any_of(*kinds: str) -> str:
    """The source of a regular expression for the phrases of these kinds, in any of the languages."""
    phrases = (phrase for kind in kinds for each in _TABLES[kind].values() for phrase in each)
    return _alternatives(phrases)


def _alternatives(phrases: Iterable[str]) -> str:
    source = "|".join(_PIECE.sub(lambda name: _alternatives(_TABLES["pieces"][name[1]]), phrase) for phrase in phrases)
    return f"(?:{source})"


# The verbs that begin an English yes-or-no question.
AUXILIARIES = (
    r"(?:is|are|am|was|were|do|does|did|has|have|had|can|could|will|would|should|shall|may|might|must|need)(?:n't)?"
)
COMPARATIVES = any_of("comparatives")
# Words that refer to what was said before the question; "it" in "does it take" and "is it possible" doesn't.
REFERENCES = re.compile(rf"\b{any_of('references')}\b", re.IGNORECASE)
# Words that a question may consist of and still say nothing that can be searched for.
EMPTY_WORDS = frozenset(_TABLES["empty"]["en"])
