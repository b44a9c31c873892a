"""Real sentences by the hundred thousand, which any machine that runs this project has: of its packages' strings."""

from __future__ import annotations

import ast
import random
import re
import sysconfig
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

_SENTENCE = re.compile(r"(?<=[.!?:;])\s+(?=[A-Z])")
_PARAGRAPH = re.compile(r"\n\s*\n")


def sentences() -> list[str]:
    """Every sentence of six words and more in a string of an installed package, once, shuffled with a fixed seed."""
    found: dict[str, None] = {}
    for path in sorted(Path(sysconfig.get_path("purelib")).rglob("*.py")):
        for string in _strings(path):
            for paragraph in _PARAGRAPH.split(string):
                for sentence in _SENTENCE.split(" ".join(paragraph.split())):
                    if 30 <= len(sentence) <= 300 and len(sentence.split()) >= 6:
                        found[sentence] = None
    shuffled = list(found)
    random.Random(0).shuffle(shuffled)
    return shuffled


def _strings(path: Path) -> Iterator[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, RecursionError):  # a package's tests may hold broken code
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value.encode("utf-8", "replace").decode()


def texts(real: Sequence[str], count: int) -> Iterator[str]:
    """The real sentences, then halves of two of them, each pair once."""
    yield from real[:count]
    drawn = random.Random(1)
    seen: set[tuple[int, int]] = set()
    while len(seen) < count - len(real):
        pair = drawn.randrange(len(real)), drawn.randrange(len(real))
        if pair not in seen:
            seen.add(pair)
            first, second = (real[each].split() for each in pair)
            yield " ".join([*first[: (len(first) + 1) // 2], *second[len(second) // 2 :]])
