"""The table, and what it was measured on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from figures import LONG, SHORT, Figures
from machine import machine
from sets import Collection
from systems import System

Outcome = Figures | str
"""A system's figures, or why it has none."""

_HEADS = (
    "system", "hit@1", "hit@5", f"answer in {SHORT} characters", f"answer in {LONG:,}", "question p50, ms", "p95, ms",
    "cold start, s", "build, s", "passages/s", "peak memory, MB", "index, MB",
)  # fmt: skip
_FORMS = (".3f", ".3f", ".3f", ".3f", ".1f", ".1f", ".1f", ".1f", ".0f", ".0f", ".1f")


def markdown(
    outcomes: Mapping[System, Outcome], versions: Mapping[str, Mapping[str, str]], collection: Collection,
    settings: Mapping[str, Any],
) -> str:  # fmt: skip
    """The table and the lines around it."""
    sets = ", ".join(f"{name} {count}" for name, count in collection.counts.items())
    with_answers = sum(bool(question.answers) for question in collection.questions)
    facts = machine()
    lines = [
        f"n = {len(collection.questions)} questions ({sets}), {with_answers} of them with answer strings; "
        f"{len(collection.passages)} passages; rounds: {settings['rounds']}, side by side; times are their medians.",
        "",
        _row(_HEADS),
        _row(["---"] * len(_HEADS)),
        *(_row([system.label, *_cells(outcome)]) for system, outcome in outcomes.items()),
        "",
        *(f"{system.label} failed: {reason}\n" for system, reason in outcomes.items() if isinstance(reason, str)),
        f"Machine: {facts['cpu']}, {facts['cores']} cores, {facts['system']}, Python {facts['python']}; "
        f"while questions were timed other programs took {_percent(settings['others'])} of it.",
        "",
        *(f"- {peer}: {', '.join(f'{name} {each}' for name, each in of.items())}" for peer, of in versions.items()),
    ]
    return "\n".join(lines)


def plain(
    outcomes: Mapping[System, Outcome], versions: Mapping[str, Mapping[str, str]], collection: Collection,
    settings: Mapping[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """The same as one JSON object."""
    return {
        "sets": collection.counts,
        "questions": len(collection.questions),
        "passages": len(collection.passages),
        "settings": dict(settings),
        "machine": machine(),
        "versions": {peer: dict(of) for peer, of in versions.items()},
        "systems": [
            {"name": system.name, "label": system.label}
            | ({"failed": outcome} if isinstance(outcome, str) else outcome._asdict())
            for system, outcome in outcomes.items()
        ],
    }


def _percent(share: float | None) -> str:
    return "an unknown part" if share is None else f"{share:.0%}"


def _cells(outcome: Outcome) -> list[str]:
    if isinstance(outcome, str):
        return ["failed", *["–"] * (len(_FORMS) - 1)]
    return ["–" if value is None else f"{value:{form}}" for value, form in zip(outcome, _FORMS, strict=True)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
