"""Makes documents with tables, lists, codes and steps, and questions to them, by a seed.

The training sets are running text. What people ask about as often is a row of a table, a line of a list, an error
code, the steps of a task. `write_invented` draws things, their properties and values, lays each document out in one of
several ways, and knows where every answer stands. Of the questions without an answer, most ask for a property, a thing,
a code or a task that the document does not have, in the words of one that it has.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from qa.evaluation.questions import Question
from source.spans import Span

_WORDS: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
_MONTHS = ("January", "March", "April", "May", "June", "September", "October", "November")
_UNITS = ("minutes", "hours", "days", "weeks", "months", "years")
_OPENINGS = ("What do I have to {}?", "What should I {}?", "What must I {}?", "Which things do I {}?")
_LEADS = ("Please {}:", "You have to {}:", "What to {}:", "{}:")

Property = dict[str, Any]
"""What a table has a column for: its name, the kind of its value, a sentence about a value, questions about a thing."""


def _value(kind: Any, rng: Random) -> str:  # noqa: C901 - a table of kinds
    """A value of a kind."""
    match kind:
        case "money":
            amount = rng.choice([f"{rng.randint(1, 99)}.{rng.choice(['00', '50', '90'])}", str(rng.randint(2, 950))])
            return rng.choice(["€{}", "{} €", "${}", "£{}", "{} euros"]).format(amount)
        case "date":
            return f"{rng.randint(1, 28)} {rng.choice(_MONTHS)}" + rng.choice(["", f" {rng.randint(2015, 2029)}"])
        case "time":
            return rng.choice([f"{rng.randint(6, 21)}:{rng.choice(['00', '15', '30'])}", f"{rng.randint(6, 11)} a.m."])
        case "duration":
            return f"{rng.randint(2, 40)} {rng.choice(_UNITS)}"
        case "person":
            return f"{rng.choice(_WORDS['first names'])} {rng.choice(_WORDS['last names'])}"
        case "phone":
            return f"555 0{rng.randint(100, 999)}" + rng.choice(["", f", extension {rng.randint(10, 99)}"])
        case "e-mail":
            return f"{rng.choice(_WORDS['last names']).lower()}@{rng.choice(['hall', 'works', 'office'])}.example"
        case "room":
            return rng.choice([f"room {rng.choice('ABCD')}{rng.randint(1, 40)}", f"building {rng.randint(1, 9)}"])
        case {"measure": units}:
            return f"{rng.choice([rng.randint(2, 900), rng.randint(11, 600) / 10])} {rng.choice(units)}"
        case {"number": [least, most]}:
            return str(rng.randint(least, most))
        case {"one of": words}:
            return str(rng.choice(words))
        case _:
            raise ValueError(kind)


class Page:
    """A document as it is written: its text so far, and the questions to it, with where their answers stand."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = ""
        self.questions: list[tuple[str, list[str], Span | None]] = []

    def add(self, text: str) -> Span:
        start = len(self.text)
        self.text += text
        return Span(start, len(self.text))

    def ask(self, question: str, answers: Sequence[str] = (), region: Span | None = None) -> None:
        self.questions.append((question, list(answers), region))


def write_invented(
    target: Path, count: int, part: str, seed: int = 0
) -> tuple[list[Question], dict[str, tuple[str, Span]], dict[str, list[str]]]:
    """Writes documents to `target`.

    Returns the questions of the part ("train" or "validation"), each with a gold passage of its own; where in
    which document these stand; and for the questions without an answer the document they are about.
    """
    target.mkdir(parents=True)
    questions: list[Question] = []
    regions: dict[str, tuple[str, Span]] = {}
    near: dict[str, list[str]] = {}
    for number in range(count):
        page = _page(number, Random(zlib.crc32(f"{seed} {number}".encode())))
        if (number % 4 == 1) != (part == "validation"):
            continue
        (target / page.name).write_text(page.text, "utf-8")
        for position, (question, answers, region) in enumerate(page.questions):
            id = f"invented-{number}-{position}"
            gold = frozenset([id] if region else [])
            questions.append(Question(id, question, tuple(answers), gold, bool(region), ()))
            if region:
                regions[id] = (page.name, region)
            else:
                near[id] = [page.name]
    return questions, regions, near


def _page(number: int, rng: Random) -> Page:
    kind = rng.choice([_table, _table, _table, _properties, _properties, _codes, _tasks, _lists])
    page = Page(f"{number:04}.{'csv' if kind is _table and rng.random() < 0.25 else 'md'}")
    kind(page, rng)
    return page


def _drawn(rng: Random) -> tuple[str, list[str], list[str], list[Property], list[Property]]:
    """A title; things of one kind, and some that are missing; properties, and some that are missing."""
    group = rng.choice(list(_WORDS["things"]))
    things = rng.sample(_WORDS["things"][group], rng.randint(5, 8))
    properties = rng.sample(_WORDS["properties"], rng.randint(4, 7))
    title = rng.choice(_WORDS["titles"])
    title = title.format(place=rng.choice(_WORDS["places"]), group=group.lower(), year=rng.randint(2015, 2029))
    return title[0].upper() + title[1:], things[:-2], things[-2:], properties[:-2], properties[-2:]


def _named(thing: str) -> str:
    return thing if thing[0].isupper() else f"the {thing}"


def _misses(
    page: Page, rng: Random, things: Sequence[str], missing: Sequence[str], properties: Sequence[Property],
    absent: Sequence[Property],
) -> None:  # fmt: skip
    """Asks for things and for properties that the document does not have."""
    for _ in range(3):
        page.ask(rng.choice(rng.choice(properties)["questions"]).format(x=_named(rng.choice(missing))))
        page.ask(rng.choice(rng.choice(absent)["questions"]).format(x=_named(rng.choice(things))))


def _table(page: Page, rng: Random) -> None:
    title, things, missing, properties, absent = _drawn(rng)
    commas = page.name.endswith(".csv")
    head = [rng.choice(["Name", "What", "Item", ""]) or "Name", *(each["name"] for each in properties)]
    if commas:
        page.add(",".join(head) + "\n")
    else:
        page.add(f"# {title}\n\n{rng.choice(['', 'All are listed here.', 'As decided by the board.'])}\n\n")
        page.add(f"| {' | '.join(head)} |\n|{'---|' * len(head)}\n")
    for thing in things:
        values = [_value(each["value"], rng) for each in properties]
        cells = [f'"{each}"' if commas and "," in each else each for each in (thing, *values)]
        row = ",".join(cells) if commas else f"| {' | '.join(cells)} |"
        start = len(page.text)
        page.add(row + "\n")
        at = start + row.index(thing) + len(thing)
        for each, value in zip(properties, values, strict=True):
            at = page.text.index(value, at)
            if rng.random() < 0.5:
                page.ask(rng.choice(each["questions"]).format(x=_named(thing)), [value], Span(at, at + len(value)))
            at += len(value)
    _misses(page, rng, things, missing, properties, absent)


def _properties(page: Page, rng: Random) -> None:
    """A section for each thing: lines with a colon, sentences, or a list item for each."""
    title, things, missing, properties, absent = _drawn(rng)
    layout = rng.choice(["lines", "sentences", "items"])
    page.add(f"# {title}\n\n")
    for thing in things:
        named = thing[0].upper() + thing[1:]
        page.add(f"- {named}: " if layout == "items" else f"## {named}\n\n")
        for number, each in enumerate(properties):
            value = _value(each["value"], rng)
            before, after = each["sentence"].split("{v}") if layout == "sentences" else (f"{each['name']}: ", "")
            if layout == "items":
                before, after = (f"{each['name'].lower()} ", "")
            page.add(("" if number == 0 else {"lines": "\n", "sentences": " ", "items": ", "}[layout]) + before)
            region = page.add(value)
            page.add(after)
            if rng.random() < 0.5:
                page.ask(rng.choice(each["questions"]).format(x=_named(thing)), [value], region)
        page.add("\n" if layout == "items" else "\n\n")
    _misses(page, rng, things, missing, properties, absent)


def _codes(page: Page, rng: Random) -> None:
    letter, numbers = rng.choice(["E-", "E", "F", "ERR_", "W-"]), rng.sample(range(10, 1999), 9)
    page.add(f"# {rng.choice(['Messages', 'Error codes', 'What the display says'])}\n\n")
    for number in sorted(numbers[:7]):
        code = f"{letter}{number}"
        trouble, remedy = rng.choice(_WORDS["troubles"]), rng.choice(_WORDS["remedies"])
        page.add(rng.choice([f"## {code}\n\n", f"### Error {code}\n\n"]))
        region = page.add(f"{trouble}.")
        page.add(" ")
        other = page.add(f"{remedy}.")
        page.add("\n\n")
        meaning = rng.choice(["What does {} mean?", "What is error {}?", "Why does it say {}?"])
        page.ask(meaning.format(code), [trouble], region)
        page.ask(rng.choice(["What do I do about {}?", "How do I get rid of error {}?"]).format(code), [remedy], other)
    for number in numbers[7:]:
        page.ask(f"What does {letter}{number} mean?")
        page.ask(f"How do I get rid of error {letter}{number}?")


def _tasks(page: Page, rng: Random) -> None:
    chosen = rng.sample(sorted(_WORDS["tasks"].items()), 5)
    page.add(f"# {rng.choice(['How to', 'Instructions', rng.choice(_WORDS['places'])])}\n\n")
    mark = rng.choice(["{}. ", "- ", "{}) "])
    for task, steps in chosen[:3]:
        page.add(rng.choice([f"## {task.capitalize()}\n\n", f"To {task}:\n\n", f"## How to {task}\n\n"]))
        region = page.add("".join(f"{mark.format(number)}{step}\n" for number, step in enumerate(steps, 1)))
        page.ask(rng.choice(["How do I {}?", "How can I {}?", "What are the steps to {}?"]).format(task), steps, region)
        page.add("\n")
    for task, _ in chosen[3:]:
        page.ask(f"How do I {task}?")


def _lists(page: Page, rng: Random) -> None:
    chosen = rng.sample(sorted(_WORDS["lists"].items()), 5)
    page.add(f"# {rng.choice(['What to know', 'Rules', rng.choice(_WORDS['places'])])}\n\n")
    for lead, items in chosen[:3]:
        said = rng.choice(_LEADS).format(lead)
        page.add(f"{said[0].upper()}{said[1:]}\n\n")
        items = rng.sample(items, len(items))
        region = page.add("\n".join(f"- {item}" for item in items))
        page.ask(rng.choice(_OPENINGS).format(lead), items, region)
        page.add("\n\n")
    for lead, _ in chosen[3:]:
        page.ask(rng.choice(_OPENINGS).format(lead))


def pages(count: int) -> Iterator[Page]:
    """The first documents, to look at."""
    return (_page(number, Random(zlib.crc32(f"0 {number}".encode()))) for number in range(count))
