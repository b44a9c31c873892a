"""The fuzzing in a shortened form (`run.py` does more of it), and what it has found before."""

from __future__ import annotations

import json
import re
import time
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import pytest

from fuzz.child import Task, drawn, tried
from fuzz.finding import Finding, Target
from fuzz.mutator import mutated
from fuzz.patterns import Use, seconds, slow
from fuzz.run import Counts, Tally, worked
from fuzz.seeds import KINDS
from fuzz.store import Damage, Stored
from fuzz.targets import TARGETS, make
from index import errors
from index.folder import checksums as blocks
from index.folder import vectors
from qa.ask import highlights
from source.formats import boilerplate
from source.formats import rst_lines as lines
from source.formats.html import extractor as html_extractor

REGRESSIONS = Path(__file__).parent / "regressions"
COUNTS = {**dict.fromkeys(KINDS, 40), "html": 15, "pdf": 20, "passages": 40, "ask": 10, "page": 40}
"""Inputs of each target; of the others 100."""
SEED = 20_000  # what was drawn when this was written bore no finding; another number draws others
_PAGE = (
    b"<!DOCTYPE html><html><head><meta charset=utf-8><title>Ships | Site</title></head><body><nav><a href=/>Home</a>"
    b"</nav><main><h1>Ships</h1><p>Two <b>sail</b> in the harbour, and a third lies here.</p><ul><li>one<li>two</ul>"
    b"<table><tr><th>a<th>b<t</table><pre>x = 1"
)
"""Whose main text is too short to be believed, so that the extractor asks others."""


@cache
def target(name: str) -> Target:
    return make(name, None)


def replayed(name: str, data: bytes) -> Finding | None:
    return tried(target(name), data)


@pytest.mark.parametrize("name", TARGETS)
def test_random_input_causes_no_crash(name: str) -> None:
    found = [tried(target(name), drawn(target(name), name, SEED, number)) for number in range(COUNTS.get(name, 100))]
    assert not [finding for finding in found if finding]


def test_a_process_that_dies_is_a_finding_and_the_next_one_continues(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    tally = Tally("left-out")
    task = Task("left-out", None, SEED, 7, 20, time.time() + 60, str(counter), "SIGSEGV")
    rest = worked(task, tally, tmp_path, tmp_path, Counts(tmp_path / "counts", SEED))
    assert rest is None and tally.inputs == Counts(tmp_path / "counts", SEED)["left-out"] == 20
    assert [*tally.found] == ["the process died: SIGSEGV"]
    kept = next(path for path in (tmp_path / "left-out").iterdir() if not path.suffix)
    assert kept.read_bytes() == drawn(target("left-out"), "left-out", SEED, 7)


@pytest.mark.parametrize("file", sorted(REGRESSIONS.glob("*/*")), ids=lambda file: f"{file.parent.name}-{file.name}")
def test_earlier_findings_stay_fixed(file: Path) -> None:
    assert replayed(file.parent.name, file.read_bytes()) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [("segments", []), ("segments", 7), ("segments", ["x"]), ("encoder", "x"), ("encoder", {}), ("files", {"../x": 1})],
)
def test_a_manifest_that_says_something_else_is_refused(field: str, value: object) -> None:
    """Attack: a changed manifest, with its hash recomputed."""
    stored = target("store")
    assert isinstance(stored, Stored)
    manifest = json.loads(next(stored.whole.glob("generations/*/manifest.json")).read_bytes())
    content = json.dumps({**manifest, field: value}).encode()
    assert tried(stored, bytes(Damage("generations/*/manifest.json", content, True))) is None


def test_a_faiss_index_with_other_settings_is_refused(tmp_path: Path) -> None:
    """FAISS reads beyond its arrays where a file says that there are more, or that they are otherwise made."""
    import faiss

    index = vectors._empty(8)
    index.train(np.random.default_rng(0).standard_normal((64, 8), np.float32))
    index.add(np.zeros((40, 8), np.float32))
    whole = faiss.serialize_index(index).tobytes()
    refused = 0
    for number in range(300):
        path = tmp_path / str(number)
        path.write_bytes(mutated(whole, Random(number), [b"\xff" * 8, (1 << 62).to_bytes(8, "little")]))
        try:
            found = vectors.read_index(blocks.CheckedFile(path, path.stat().st_size, None), 40, 8)
        except errors.IndexCorrupt:
            refused += 1
        else:
            found.search(np.ones((1, 8), np.float32), 40)
    assert 0 < refused < 300


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("rtf", b"{\\rtf1\\ansi " + b"{\\shptxt a" * 30_000),
        ("html", _PAGE + b"r><td>1<td>2" * 7000 + b"r><<nav>td>1<td>2"),
        ("rst", b"`" + b" " * 80_000 + b"a\n" + b"=" * 80_010),
    ],
)
def test_time_grows_with_the_size(kind: str, data: bytes) -> None:
    start = time.process_time()
    assert replayed(kind, data) is None
    assert time.process_time() - start < 6


@pytest.mark.parametrize(
    ("pattern", "method", "text"),
    [
        (html_extractor._SUBSET, "sub", "<!doctypea" * 20_000),
        (html_extractor._SUBSET, "sub", "<!doctype[" * 20_000),
        (lines._INLINE, "sub", "`" + " " * 200_000),
        (highlights._TIME, "search", "nd" + "1" * 200_000),
        (boilerplate._ATTRIBUTION, "match", "source" + " " * 200_000),
    ],
)
def test_a_pattern_takes_linear_time(pattern: re.Pattern[str], method: str, text: str) -> None:
    assert seconds(Use("", "", pattern, method), text) < 0.5


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        ("1+2", "search"),
        (r"(\w+(?:[-._+:]\w+)*) ?::(?:\s+|$)", "match"),  # exponential in `_`, which stands for both
        (r"(?:--?|\+)\w[\w-]*(?:[ =]?[a-zA-Z][\w-]*)?(?:, |(?=  |$))", "match"),
    ],
)
def test_a_slow_pattern_is_reported(pattern: str, method: str) -> None:
    assert slow(Use("", "", re.compile(pattern), method))
