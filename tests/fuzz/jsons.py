"""JSON as no program of ours writes it."""

from __future__ import annotations

import json
from copy import deepcopy
from random import Random
from typing import Any

from fuzz.mutator import mutated
from fuzz.texts import text

_VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 3, 1 << 31, -(1 << 63), 1 << 200, 0.5, -0.0, 1e308, -1e308, float("nan"),
    float("inf"), "", "a.txt", "\x00", "\ud800", "<img src=x onerror=alert(1)>", "${1+1}", "'\"><script>",
    "javascript:alert(1)", "../../etc/passwd", "x" * 3000, [], {}, [[]], [{}], [None], {"start": 0, "end": 3},
    {"": {}}, {"role": "user", "text": 1}, [0] * 300, "__class__",
]  # fmt: skip
_LARGEST = 200_000  # bytes
_WORDS = [
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b'"',
    b"\\ud800",
    b"\\",
    b"NaN",
    b"Infinity",
    b"1e999",
    b"null",
    b"\xff",
    b"9" * 5000,
]


def hostile(random: Random) -> Any:
    """A value that may stand anywhere."""
    kind = random.random()
    if kind < 0.7:
        return deepcopy(random.choice(_VALUES))
    if kind < 0.9:
        return text(random, random.choice((20, 300, 2500)))
    nested: Any = 1
    for _ in range(random.choice((5, 50, 150))):
        nested = [nested] if random.random() < 0.5 else {"a": nested}
    return nested


def changed(value: Any, random: Random) -> Any:
    """`value` with something in it replaced, taken away, renamed or given twice."""
    value = deepcopy(value)
    for _ in range(random.choice((1, 1, 2, 4))):
        value = _changed(value, random)
    return value


def _changed(value: Any, random: Random) -> Any:
    if isinstance(value, dict) and value and random.random() < 0.9:
        name = random.choice([*value])
        kind = random.random()
        if kind < 0.1:
            del value[name]
        elif kind < 0.2:
            value[random.choice([*value, "x"])] = value[name]
        else:
            value[name] = _changed(value[name], random)
        return value
    if isinstance(value, list) and value and random.random() < 0.9:
        at = random.randrange(len(value))
        kind = random.random()
        if kind < 0.1:
            del value[at]
        elif kind < 0.2:
            value[at:at] = value[at : at + 1] * random.choice((1, 3, 30))
        else:
            value[at] = _changed(value[at], random)
        return value
    if isinstance(value, int) and not isinstance(value, bool) and random.random() < 0.5:
        return value + random.choice((-1, 1, 7, 1000, -1000))
    return hostile(random)


def dumped(value: Any) -> bytes:
    """As JSON, with escapes for what UTF-8 has not."""
    return json.dumps(value).encode()


def mutated_json(value: Any, random: Random) -> bytes:
    """A changed value as JSON, which may be changed itself."""
    data = dumped(changed(value, random))[:_LARGEST]
    if random.random() < 0.2:
        data = mutated(data, random, _WORDS)
    if random.random() < 0.01:
        return random.choice((b"[", b'{"a":')) * random.choice((900, 100_000))
    return data
