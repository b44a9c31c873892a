from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.folder.arrays import Strings, Table, key, write_strings
from index.folder.checksums import CheckedFile


def strings_in(folder: Path) -> Strings:
    characters, ends = (CheckedFile(folder / name, (folder / name).stat().st_size, None) for name in "ab")
    return Strings(Table(characters, dtype=np.uint8), Table(ends))


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(strings=st.sets(st.text()), other=st.text())
def test_every_string_is_found_and_no_other(tmp_path: Path, strings: set[str], other: str) -> None:
    write_strings(tmp_path / "a", tmp_path / "b", sorted(strings, key=key))
    found = strings_in(tmp_path)
    assert [found.find(each) for each in sorted(strings, key=key)] == list(range(len(found))) == [*range(len(strings))]
    assert (found.find(other) is None) == (other not in strings)
    assert found.find_all([other, *strings, other]) == [found.find(each) for each in (other, *strings, other)]


@pytest.mark.parametrize("missing", ["", "a", "zz"])
def test_an_empty_table_has_no_strings(tmp_path: Path, missing: str) -> None:
    write_strings(tmp_path / "a", tmp_path / "b", [])
    assert strings_in(tmp_path).find(missing) is None
