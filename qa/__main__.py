"""Ask, retrieve, evaluate and verify from the command line."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from getpass import getpass
from pathlib import Path
from time import process_time

from qa.answer import Answer, DocumentRef, Hit, Quote, answer_json, hits_json
from qa.ask.timings import timed
from qa.book import load
from qa.edition import QUOTES
from qa.evaluation.evaluate import Figure, evaluate
from qa.evaluation.questions import read_questions
from qa.verification.verify import verify
from source import INTERRUPTED, ChapterVerseError, Place, UsageError, describe, printable, printable_json

_NAMED = 3  # other places of a quote


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; the exit status is 0, 1 (it does not hold) or 2 (wrong usage)."""
    imports = process_time()  # the processor's time is all that is known of what came before
    arguments = _parser().parse_args(argv)
    try:
        with timed() as spent:
            status = int(arguments.run(arguments))
        if getattr(arguments, "timings", False):
            print(_timings_text(imports, spent), file=sys.stderr)
        return status
    except ChapterVerseError as error:
        print(printable(str(error)), file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        return 0


def _parser() -> argparse.ArgumentParser:
    from index import DEFAULT_INDEX

    parser = argparse.ArgumentParser(prog="python -m qa", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        return made

    ask = command("ask", _ask, "Answer a question with quotes.")
    ask.add_argument("question")
    ask.add_argument("--k", type=int, default=QUOTES, metavar="N", help="quotes at the most (default: %(default)s)")
    retrieve = command("retrieve", _retrieve, "Find the passages that fit a query best.")
    retrieve.add_argument("query")
    retrieve.add_argument("--k", type=int, default=5, metavar="N", help="passages (default: %(default)s)")
    judge = command("evaluate", _evaluate, "Measure the answers to questions whose answers are known.")
    judge.add_argument("questions", type=Path, metavar="QUESTIONS.jsonl")
    for made in (ask, retrieve):
        made.add_argument(
            "--document", action="append", default=[], metavar="ID", help="ask this document alone (may be repeated)"
        )
        made.add_argument("--timings", action="store_true", help="say on standard error where the time went")
    for made in (ask, retrieve, judge):
        made.add_argument("--index", default=DEFAULT_INDEX, metavar="DIR", help="or an address (default: %(default)s)")
        made.add_argument("--json", action="store_true", help="print one JSON object")
    prove = command(
        "verify", _verify, "Check that each quote of a saved answer or conversation still stands where it says."
    )
    prove.add_argument("answer", type=Path, metavar="ANSWER.json")
    prove.add_argument("sources", nargs="*", metavar="SOURCE", help="default: the paths that the quotes name")
    enter = command("password", _password, "Print the line that lets NAME log in, for the file of app.py's --auth.")
    enter.add_argument("name", metavar="NAME")
    return parser


def _timings_text(imports: float, spent: Mapping[str, float]) -> str:
    """A line for each stage."""
    stages = {"imports (CPU time)": imports, **spent}
    return "\n".join(f"{name:20} {1000 * seconds:8.1f} ms" for name, seconds in stages.items())


def _ask(arguments: argparse.Namespace) -> int:
    answer = load(arguments.index).ask(arguments.question, k=arguments.k, documents=arguments.document)
    print(printable_json(answer_json(answer)) if arguments.json else printable(_answer_text(answer)))
    return 0


def _answer_text(answer: Answer) -> str:
    if answer.answered:
        return "\n\n".join([*map(_quote_text, answer.quotes), f"Confidence {answer.confidence:.0%}"])
    nearest = [f"\n\n{_quote_text(replace(quote, highlights=()))}" for quote in answer.nearest]
    heading = "\n\nThe nearest passages, which are not answers:" if nearest else ""
    return f"The documents do not answer this (confidence {answer.confidence:.0%}).{heading}{''.join(nearest)}"


def _quote_text(quote: Quote) -> str:
    """The quote with **stars** around the words that answer, and its place."""
    shown, at = "", quote.span.start
    for mark in quote.highlights:
        shown += quote.text[at - quote.span.start : mark.start - quote.span.start] + f"**{quote.text_of(mark)}**"
        at = mark.end
    shown += quote.text[at - quote.span.start :]
    again = "".join(f"\n  — again: {_source_text(each.document, each.place)}" for each in quote.elsewhere[:_NAMED])
    again += f"\n  — and {len(quote.elsewhere) - _NAMED} times more" if len(quote.elsewhere) > _NAMED else ""
    doubts = f"\n  — may not be as the page shows: {'; '.join(describe(quote.doubts))}" if quote.doubts else ""
    return f"“{shown}”\n  — {_source_text(quote.document, quote.place)}{again}{doubts}"


def _source_text(document: DocumentRef, place: Place) -> str:
    parts = [document.title, *(name for name in place.heading if name != document.title)]
    return ", ".join([*parts, place.numbers])


def _retrieve(arguments: argparse.Namespace) -> int:
    hits = load(arguments.index).retrieve(arguments.query, arguments.k, arguments.document)
    if arguments.json:
        print(printable_json(hits_json(arguments.query, hits)))
    else:
        print(printable("\n\n".join(map(_hit_text, hits))))
    return 0


def _hit_text(hit: Hit) -> str:
    span = hit.passage.span
    return f"{hit.rank}. ({hit.score:.3f}) {hit.document.title} [{span.start}:{span.end}]\n{hit.passage.text}"


def _evaluate(arguments: argparse.Namespace) -> int:
    questions = read_questions(arguments.questions)
    figures = evaluate(load(arguments.index).now(), questions)
    if arguments.json:
        flat = {name: None if math.isnan(f.value) else round(f.value, 4) for name, f in figures.items()}
        print(json.dumps(flat))
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
        print(printable(f"{'✓' if verdict.stands else '✗'} {verdict.document}: {verdict.reason}: “{verdict.text}”"))
    if not verdicts:
        print("The file holds no quote.")
    return 0 if all(verdict.stands for verdict in verdicts) else 1


def _password(arguments: argparse.Namespace) -> int:
    from qa.web.http.passwords import line

    print(line(arguments.name, _typed() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")))
    return 0


def _typed() -> str:
    """A password from the terminal, which does not show it."""
    password = getpass("Password: ")
    if getpass("The same again: ") != password:
        raise UsageError("The two passwords differ; try again.")
    return password


if __name__ == "__main__":
    sys.exit(main())
