"""A chat as Markdown. The words of questions and documents are text in it, whatever Markdown would make of them."""

from __future__ import annotations

import re
from collections.abc import Collection

from qa import Answer, Quote, State
from qa.web.page.texts import Texts
from source import printable

# Characters that can begin or end a construct of CommonMark, of GitHub or of a common extension. A colon or full stop
# before a word makes an address a link, dashes are joined, `%%` hides words, and `(c)` becomes a sign.
_SPECIAL = re.compile(
    r"[\\`*_\[\]<>&|~$^@{}#=+]|[:.](?=\S)|(?<!\w)-|-(?=-)|%(?=%)|(?<=%)%|\((?=(?:c|r|p|tm)\))", re.IGNORECASE
)
_ITEM = re.compile(r"(\(?\w{1,9})([.)])(?=\s|$)")  # at the start of a line, the number of an item in a list


def turn(answer: Answer, gone: Collection[int], texts: Texts) -> str:
    """A question with its quotes. `gone`: the positions of quotes that the documents no longer have."""
    if answer.remark:
        return f"{_question(answer.question)}\n\n*{texts.remarks[answer.remark]}*"
    quotes = iter(answer.quotes if answer.answered else answer.nearest)
    count = len(answer.quotes if answer.answered else answer.nearest) + len(gone)
    parts = [_gone(texts) if position in gone else _quote(next(quotes), texts) for position in range(count)]
    introduction = {
        State.ANSWERED: [],
        State.UNSURE: [f"*{texts.unsure}*"],
        State.NOTHING: [f"*{texts.not_answered}*", *([f"{texts.nearest}:"] if parts else [])],
    }
    facts = ["\n".join(f"- {plain(texts.fact(each))}" for each in answer.facts)] if answer.facts else []
    return "\n\n".join([_question(answer.question), *introduction[answer.state], *facts, *parts])


def lost(question: str, texts: Texts) -> str:
    """A question whose stored answer cannot be read."""
    return f"{_question(question)}\n\n{_gone(texts)}"


def block_quote(words: str) -> str:
    """Words of a document as a block quote, which their line ends, of whatever kind, don't end.

    >>> print(block_quote("# One\\r2. *Two*"))
    > \\# One
    > 2\\. \\*Two\\*
    """
    return "\n".join(f"> {line}".rstrip() for line in _lines(words))


def plain(words: str) -> str:
    """Words as text on one line."""
    return " ".join(_lines(words))


def _lines(words: str) -> list[str]:
    """The lines as text, without the white space around them, which would make them code."""
    return [_text(printable(line).replace("\t", " ").strip()) for line in words.splitlines()]


def _text(line: str) -> str:
    if line[:1] == ":":
        return f"\\:{_text(line[1:])}"
    item = _ITEM.match(line)
    start = f"{_SPECIAL.sub(_escape, item[1])}\\{item[2]}" if item else ""
    return start + _SPECIAL.sub(_escape, line[item.end() if item else 0 :])


def _escape(special: re.Match[str]) -> str:
    return f"\\{special[0]}"


def _question(question: str) -> str:
    return f"## {plain(question)}"


def _quote(quote: Quote, texts: Texts) -> str:
    return f"{block_quote(quote.text)}\n\n— {plain(texts.citation(quote.document, quote.place))}"


def _gone(texts: Texts) -> str:
    return f"*{texts.gone}*"
