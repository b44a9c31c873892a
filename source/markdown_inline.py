"""Marks inside the lines of a Markdown block.

markdown-it-py says what each stretch is but not where. Its tokens are laid along
the text from left to right; where one does not fit, there are no marks at all,
so that no character that a reader would see is ever taken for a sign.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, image, link
from markdown_it.token import Token

from source.spans import Span

_LONGEST = 10_000  # characters; a longer block is shown as it is
_SIGN = re.compile(r"[\\`*_\[\]<&]")
_BREAK = re.compile(r"[ \t]*(\\?)\n[ \t]*")
_NAMES = {"strong": "strong", "em": "emphasis", "link": "link"}


def _telling_its_end(rule: Callable[[StateInline, bool], bool]) -> Callable[[StateInline, bool], bool]:
    """The rule, whose last token tells where what it stands for ends."""

    def told(state: StateInline, silent: bool) -> bool:
        found = rule(state, silent)
        if found and not silent:
            state.tokens[-1].meta["end"] = state.pos
        return found

    return told


# Left apart from the text around it, a character that was escaped still knows how it was written.
_PARSER = MarkdownIt("commonmark").disable("text_join")
_PARSER.inline.ruler.at("link", _telling_its_end(link))
_PARSER.inline.ruler.at("image", _telling_its_end(image))


class _Misfit(Exception):
    """A token that does not stand where the one before it ends."""


def inline_marks(content: str, references: dict[str, Any]) -> list[tuple[Span, str]]:
    """The marks of a block's content. `references`: the links that its document defines by name."""
    if len(content) > _LONGEST or not _SIGN.search(content):
        return []
    (block,) = _PARSER.parseInline(content, references)
    walk = _Walk(content)
    try:
        for token in block.children or []:
            walk.step(token)
        walk.end()
    except _Misfit:
        return []
    return walk.marks


class _Walk:
    """Along a text, token by token."""

    def __init__(self, text: str) -> None:
        self.marks: list[tuple[Span, str]] = []
        self._text = text
        self._at = 0
        self._opened: list[int] = []

    def step(self, token: Token) -> None:
        """Past what a token stands for. Raises _Misfit."""
        kind, _, way = token.type.rpartition("_")
        if token.type == "text":
            self._pass(token.content)
        elif token.type == "text_special":
            self._special(token)
        elif token.type in {"softbreak", "hardbreak"}:
            self._break()
        elif token.type == "code_inline":
            self._code(token)
        elif token.type == "html_inline":
            self._hide(token.content)
        elif token.type == "image":
            self._hide("![")
            self._pass(token.content)
            self._hide_up_to(token.meta["end"])
        elif way == "open" and kind in _NAMES:
            self._hide({"autolink": "<", "": "["}.get(token.markup, token.markup))
            self._opened.append(self._at)
        elif way == "close" and kind in _NAMES:
            self._close(token, _NAMES[kind])
        else:
            raise _Misfit

    def end(self) -> None:
        """Raises _Misfit if there is more text."""
        if self._text[self._at :].strip():
            raise _Misfit

    def _pass(self, text: str) -> None:
        if not self._text.startswith(text, self._at):
            raise _Misfit
        self._at += len(text)

    def _hide(self, text: str) -> None:
        start = self._at
        self._pass(text)
        self._mark(start, "syntax")

    def _hide_up_to(self, end: int) -> None:
        if not self._text.startswith("]", self._at) or end <= self._at:
            raise _Misfit
        self._hide(self._text[self._at : end])

    def _mark(self, start: int, name: str) -> None:
        if start < self._at:
            self.marks.append((Span(start, self._at), name))

    def _special(self, token: Token) -> None:
        """An escaped character; the name of a character stays as it is, for it cannot be shown as another."""
        if token.info == "escape" and token.markup != token.content:
            self._hide("\\")
            self._pass(token.content)
        else:
            self._pass(token.markup)

    def _break(self) -> None:
        found = _BREAK.match(self._text, self._at)
        if not found:
            raise _Misfit
        if found.group(1):
            self.marks.append((Span(*found.span(1)), "syntax"))
        self._at = found.end()

    def _code(self, token: Token) -> None:
        """A space on either side belongs to the signs."""
        start = self._at + len(token.markup)
        for space in ("", " "):
            written = space + token.content + space
            end = start + len(written)
            if self._text[start:end].replace("\n", " ") == written and self._text.startswith(token.markup, end):
                self._hide(token.markup + space)
                self._at = end - len(space)
                self._mark(start + len(space), "code")
                self._hide(space + token.markup)
                return
        raise _Misfit

    def _close(self, token: Token, name: str) -> None:
        self._mark(self._opened.pop(), name)
        if name != "link":
            self._hide(token.markup)
        elif token.markup == "autolink":
            self._hide(">")
        else:
            self._hide_up_to(token.meta["end"])
