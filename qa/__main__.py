"""Ask questions, retrieve passages, evaluate and verify answers from the command line."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from getpass import getpass
from pathlib import Path
from time import process_time

from index import DEFAULT_INDEX
from qa.answer import Answer, DocumentRef, Fact, Hit, Quote, State, answer_json, hits_json
from qa.ask.timings import timed
from qa.book import load
from qa.edition import MOST_HITS, QUOTES
from qa.evaluation.evaluate import Figure, evaluate
from qa.evaluation.questions import read_questions
from qa.verification.verify import verify
from source import CommandParser, Place, UsageError, describe, isolated, printable, printable_json, run_command

_REMARKS = {
    "greeting": "Hello! Ask a question about the documents: the answer is quoted from them word for word.",
    "thanks": "You're welcome! Ask whenever you have another question about the documents.",
    "help": "Ask a question about the documents, or give a few keywords: what they say is quoted word for word.",
    "instruction": "This tool doesn't write or translate: it quotes what the documents say about a question.",
}
_NAMED = 3  # other places of a quote; the rest are only counted


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command. Returns the exit status: 0 success, 1 a check failed, 2 a usage error."""
    imports = process_time()  # CPU time: the only trace of the imports, which ran before any clock was started
    return run_command(partial(_run, argv, imports))


def _run(argv: Sequence[str] | None, imports: float) -> int:
    arguments = _parser().parse_args(argv)
    with timed() as seconds:
        status = int(arguments.run(arguments))
    if getattr(arguments, "timings", False):
        print(_timings_text(imports, seconds), file=sys.stderr)
    return status


def _parser() -> CommandParser:
    parser = CommandParser(prog="python -m qa", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> CommandParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        return added

    ask = command("ask", _ask, "Answer a question with quotes.")
    ask.add_argument("question")
    ask.add_argument(
        "--k", type=int, default=QUOTES, metavar="N", help="maximum number of quotes (default: %(default)s)"
    )
    retrieve = command("retrieve", _retrieve, "Find the best-matching passages.")
    retrieve.add_argument("query")
    retrieve.add_argument("--k", type=int, default=5, metavar="N", help="number of passages (default: %(default)s)")
    measure = command("evaluate", _evaluate, "Measure the answers to questions with known answers.")
    measure.add_argument("questions", type=Path, metavar="QUESTIONS.jsonl")
    for each in (ask, retrieve):
        each.add_argument(
            "--document", action="append", default=[], metavar="ID", help="search only this document (may be repeated)"
        )
        each.add_argument("--timings", action="store_true", help="print the time of each stage to standard error")
    for each in (ask, retrieve, measure):
        each.add_argument(
            "--index", default=DEFAULT_INDEX, metavar="DIR", help="index folder or storage URL (default: %(default)s)"
        )
        each.add_argument("--json", action="store_true", help="print one JSON object")
    check = command("verify", _verify, "Check that every quote of a saved answer or chat is still in its document.")
    check.add_argument("answer", type=Path, metavar="ANSWER.json")
    check.add_argument("sources", nargs="*", metavar="SOURCE", help="default: the paths named by the quotes")
    password = command("password", _password, "Print the line that lets NAME sign in, for the file of app.py's --auth.")
    password.add_argument("name", metavar="NAME")
    return parser


def _timings_text(imports: float, stages: Mapping[str, float]) -> str:
    """A line for each stage."""
    lines = {"imports (CPU time)": imports, **stages}
    return "\n".join(f"{name:20} {1000 * seconds:8.1f} ms" for name, seconds in lines.items())


def _check_k(k: int) -> None:
    if not 1 <= k <= MOST_HITS:
        raise UsageError(f"--k must be between 1 and {MOST_HITS}.")


def _ask(arguments: argparse.Namespace) -> int:
    _check_k(arguments.k)
    answer = load(arguments.index).ask(arguments.question, k=arguments.k, documents=arguments.document)
    print(printable_json(answer_json(answer)) if arguments.json else printable(_answer_text(answer)))
    return 0


def _answer_text(answer: Answer) -> str:
    if answer.remark:
        return _REMARKS[answer.remark]
    understood = f"Searched for: {answer.searched_for}\n\n" if answer.searched_for != answer.question else ""
    return understood + _quotes_text(answer)


def _quotes_text(answer: Answer) -> str:
    if answer.facts:
        return "\n\n".join(["\n".join(map(_fact_text, answer.facts)), *map(_quote_text, answer.quotes)])
    sure = f"{answer.confidence:.0%}"
    if answer.answered:
        return "\n\n".join([*map(_quote_text, answer.quotes), f"Confidence {sure}"])
    nearest = [_quote_text(replace(quote, highlights=())) for quote in answer.nearest]
    if answer.state is State.UNSURE:
        return "\n\n".join(["These passages come closest:", *nearest, f"Confidence {sure}"])
    heading = ["Closest passages (these don't answer the question):"] if nearest else []
    return "\n\n".join([f"No answer found in these documents (confidence {sure}).", *heading, *nearest])


def _fact_text(fact: Fact) -> str:
    """A fact on one line, after the document that it is about."""
    if fact.document is None:
        return f"{fact.name}: {isolated(fact.value)}"
    title = f"{isolated(fact.document.title)}{_id_text(fact.document)}"
    return title if fact.name == "title" else f"{title}: {fact.name} {isolated(fact.value)}"


def _quote_text(quote: Quote) -> str:
    """The quote with **stars** around its highlights, and where it and its repetitions are."""
    marked, at = "", quote.span.start
    for highlight in quote.highlights:
        marked += quote.text[at - quote.span.start : highlight.start - quote.span.start]
        marked += f"**{quote.text_of(highlight)}**"
        at = highlight.end
    marked += quote.text[at - quote.span.start :]
    also = "".join(f"\n  — also in: {_source_text(each.document, each.place)}" for each in quote.elsewhere[:_NAMED])
    more = len(quote.elsewhere) - _NAMED
    also += f"\n  — and {more} more place{'s' * (more != 1)}" if more > 0 else ""
    doubts = f"\n  — text may differ from the original: {'; '.join(describe(quote.doubts))}" if quote.doubts else ""
    rest = f"\n  … and {quote.more} more" if quote.more else ""
    return f"“{_block(marked)}”{rest}\n  — {_source_text(quote.document, quote.place)}{also}{doubts}"


def _block(words: str) -> str:
    """Words of a document, with "> " before each further line: none of them looks like a line of the command's own."""
    return "\n> ".join(printable(words).splitlines())


def _source_text(document: DocumentRef, place: Place) -> str:
    headings = (name for name in place.heading if name != document.title)
    title = isolated(document.title) + (f" [{document.date}]" if document.date else "")
    return ", ".join([title, *map(isolated, headings), place.numbers]) + _id_text(document)


def _id_text(document: DocumentRef) -> str:
    """The document's address or else its id in brackets, as several documents may have the same title."""
    if document.address:
        return f" ({isolated(document.address)}, fetched {isolated(document.fetched[:10])})"
    return "" if document.id == document.title else f" ({isolated(document.id)})"


def _retrieve(arguments: argparse.Namespace) -> int:
    _check_k(arguments.k)
    hits = load(arguments.index).retrieve(arguments.query, arguments.k, arguments.document)
    if arguments.json:
        print(printable_json(hits_json(arguments.query, hits)))
    else:
        print(printable("\n\n".join(map(_hit_text, hits))))
    return 0


def _hit_text(hit: Hit) -> str:
    span, title = hit.passage.span, f"{isolated(hit.document.title)}{_id_text(hit.document)}"
    return f"{hit.rank}. ({hit.score:.3f}) {title} [{span.start}:{span.end}]\n> {_block(hit.passage.text)}"


def _evaluate(arguments: argparse.Namespace) -> int:
    questions = read_questions(arguments.questions)
    figures = evaluate(load(arguments.index).now(), questions)
    if arguments.json:
        values = {name: None if math.isnan(each.value) else round(each.value, 4) for name, each in figures.items()}
        print(json.dumps(values))
    else:
        print("\n".join(_figure_text(name, figure) for name, figure in figures.items()))
    return 0


def _figure_text(name: str, figure: Figure) -> str:
    if math.isnan(figure.value):
        return f"{name:22} –"
    if figure.interval is None:
        return f"{name:22} {figure.value:.0f}"
    low, high = figure.interval
    return f"{name:22} {figure.value:.3f}  [{low:.3f}, {high:.3f}]"


def _verify(arguments: argparse.Namespace) -> int:
    verdicts = verify(arguments.answer, arguments.sources)
    for verdict in verdicts:
        mark = "✓" if verdict.verified else "✗"
        print(printable(f"{mark} {isolated(verdict.document)}: {verdict.reason}: “{_block(verdict.text)}”"))
    if not verdicts:
        print("There are no quotes in this file.")
    return 0 if all(verdict.verified for verdict in verdicts) else 1


def _password(arguments: argparse.Namespace) -> int:
    from qa.web.http.passwords import line

    try:
        password = _prompt() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    except (EOFError, UnicodeDecodeError) as error:
        raise UsageError("The password can't be read. Type it, or send it as text to standard input.") from error
    print(line(arguments.name, password))
    return 0


def _prompt() -> str:
    """Asks for a password twice on the terminal, which doesn't show it."""
    password = getpass("Password: ")
    if getpass("Repeat password: ") != password:
        raise UsageError("The passwords don't match. Try again.")
    return password


if __name__ == "__main__":
    sys.exit(main())
