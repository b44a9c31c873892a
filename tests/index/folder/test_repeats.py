"""Repeated sentences are found at all their places, and no others."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import FolderStore, build
from index.folder.arrays import Table
from index.folder.checksums import CheckedFile
from index.folder.repeats import Repeats, same, sentence_key, write_repeats


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.sampled_from(["a b", "a  b", "a\nb", "c", "d", "ab", ""])), most=st.integers(1, 4))
def test_the_rows_of_every_repeated_text(tmp_path: Path, texts: list[str], most: int) -> None:
    path = tmp_path / "repeats.npy"
    write_repeats(path, np.array([sentence_key(text) for text in texts], np.int64))
    repeats = Repeats(Table(CheckedFile(path, path.stat().st_size, None), 2))
    counts = Counter(" ".join(text.split()) for text in texts)
    for text in [*texts, "elsewhere"]:
        rows = [row for row, other in enumerate(texts) if same(text, other)]
        expected = rows[:most] if counts[" ".join(text.split())] > 1 else []
        assert repeats.rows(text, most).tolist() == expected


def test_the_places_in_several_documents(tmp_path: Path) -> None:
    for name, text in {
        "a.txt": "The gate is shut at nine. The keeper sleeps at ten.",
        "b.txt": "Dogs may not enter.\n\nThe gate is\nshut at nine. The gate is shut at nine!",
        "c.txt": "Nothing here. The gate is shut at nine.",
    }.items():
        (tmp_path / name).write_text(text)
    build(tmp_path / "index", [tmp_path / f"{name}.txt" for name in "abc"])
    store = FolderStore(tmp_path / "index")
    places = store.places_of("The gate is shut at nine.", 20)
    texts = [(store.document(row).id, store.document(row).text[span.start : span.end]) for row, span in places]
    assert texts == [
        ("a.txt", "The gate is shut at nine."),
        ("b.txt", "The gate is\nshut at nine."),
        ("c.txt", "The gate is shut at nine."),
    ]
    assert len(store.places_of("The gate is shut at nine.", 2)) == 2
    assert store.places_of("The keeper sleeps at ten.", 20) == []
