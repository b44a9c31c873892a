"""The Markdown export: rendered, it shows the words of questions and documents, and nothing that they would do."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from qa import Answer, DocumentRef, Quote, State
from qa.web.page.chat.markdown import block_quote, lost, plain, turn
from qa.web.page.texts.english import ENGLISH
from source import Place, Span, isolated, printable

RENDERED = MarkdownIt("commonmark", {"typographer": True}).enable(["table", "strikethrough", "replacements"])
PIECES = st.sampled_from(
    [
        *"aB7éא\\`*_{}[]()#+-.!|~$^@=<>&:;/\"'% \n\r\t\v\f\x1b\x00\x85\u2028\u202e", "    ", "\n\n", "1. ", "2) ", "- ",
        "---\n", "===\n", "***", "$$", "```\n", "~~~\n", "\\\n", "  \n", "![x](http://a.b/c.png)", "[a](javascript:b)",
        "[a]: http://b", "[^1]: a", "<http://a.b>", "https://a.b", "www.a.b", "me@a.b", "&copy;", "&#65;", "<b>",
        "<!--", "</p>", "<script>", "%%", "(c)", "(TM)", "a | b\n--- | ---\n", "a\n:-:\n",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=12).map("".join) | st.text()
AUTOLINK = re.compile(r"(?<!\\)(?::(?=//)|\.(?=\w)|@|(?<=mailto):(?=\S)|(?<=xmpp):(?=\S))")  # as GitHub finds them

COMMENT = re.compile(r"(?<!\\)%%")  # as Obsidian hides words


def shown(words: str) -> list[str]:
    return " ".join(printable(line) for line in words.splitlines()).split()


def text_of(tokens: list[Token], allowed: set[str]) -> list[str]:
    """The words that are rendered, if that takes no other kinds of tokens."""
    inline = [child for token in tokens for child in token.children or ()]
    assert {token.type.removesuffix("_open").removesuffix("_close") for token in tokens} <= allowed | {"inline"}
    assert {child.type for child in inline} <= {"text", "softbreak"}
    text = ["".join(child.content or "\n" for child in token.children or ()) for token in tokens if token.children]
    return " ".join(text).split()


@given(TEXTS)
@example("    code")
@example("a\rb\u2028c")
def test_a_block_quote_shows_the_words_and_nothing_else(words: str) -> None:
    written = block_quote(words)
    assert all(line.startswith(">") for line in written.split("\n")) or not written
    assert text_of(RENDERED.parse(written), {"blockquote", "paragraph"}) == shown(words)
    assert not AUTOLINK.search(written) and not COMMENT.search(written)


@given(TEXTS)
def test_a_question_is_a_heading_of_its_words(words: str) -> None:
    tokens = RENDERED.parse(f"before\n\n## {plain(words)}\n\nafter")
    assert text_of(tokens[3:-3], {"heading"}) == shown(words)


def quote(text: str, title: str = "The <i>ferry</i>", id: str = "a*b*.txt") -> Quote:
    document = DocumentRef(id, title, id, "0" * 64, "plain 1")
    place = Place(page=None, heading=("![x](http://a.b)",), paragraph=1, line=2)
    return Quote(text, Span(0, len(text)), (), place, document, 1.0)


@pytest.mark.parametrize("state", list(State))
def test_a_turn_has_its_quotes_and_their_sources(state: State) -> None:
    quotes = (quote("One.\r\x1b[2J![x](http://a.b/c.png)"), quote("Two.", "\u202eשם", "b\n# c.txt"))
    answered = state is State.ANSWERED
    answer = Answer("# Who?", state, 0.9, quotes if answered else (), () if answered else quotes, "# Who?")
    html = RENDERED.render(turn(answer, (1,), ENGLISH))
    assert not re.search(r"<(?!/?(?:h2|p|em|blockquote)>)", html)
    assert "<h2># Who?</h2>" in html and "␛[2J![x](http://a.b/c.png)" in html and "The &lt;i&gt;ferry&lt;/i&gt;" in html
    assert html.index("One.") < html.index(f"<em>{ENGLISH.gone}</em>") < html.index("Two.")
    assert f"— {isolated(chr(0x202E) + 'שם')}, ![x](http://a.b) › paragraph 1, line 2 (b␊# c.txt)" in html
    assert (ENGLISH.not_answered in html) is (ENGLISH.nearest in html) is (state is State.NOTHING)
    assert (ENGLISH.unsure in html) is (state is State.UNSURE)
    assert state is not State.UNSURE or html.index(ENGLISH.unsure) < html.index("One.")
    assert RENDERED.render(lost("* x", ENGLISH)) == f"<h2>* x</h2>\n<p><em>{ENGLISH.gone}</em></p>\n"


def test_ordinary_prose_stays_readable() -> None:
    prose = "The ferry (built in 1901) isn't late: it leaves at 9, says the master; who knows? “Well-kept!”"
    assert plain(prose) == prose
