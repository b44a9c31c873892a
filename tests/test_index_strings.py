from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.arrays import CheckedFile, Table
from index.strings import Strings, key, write_strings


def table(path: Path) -> Table:
    return Table(CheckedFile(path, path.stat().st_size, None))


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(strings=st.sets(st.text()), other=st.text())
def test_every_string_is_found_and_no_other(tmp_path: Path, strings: set[str], other: str) -> None:
    write_strings(tmp_path / "a", tmp_path / "b", sorted(strings, key=key))
    found = Strings(table(tmp_path / "a"), table(tmp_path / "b"))
    assert [found.find(each) for each in sorted(strings, key=key)] == list(range(len(found))) == [*range(len(strings))]
    assert (found.find(other) is None) == (other not in strings)


@pytest.mark.parametrize("missing", ["", "a", "zz"])
def test_nothing_is_found_in_nothing(tmp_path: Path, missing: str) -> None:
    write_strings(tmp_path / "a", tmp_path / "b", [])
    assert Strings(table(tmp_path / "a"), table(tmp_path / "b")).find(missing) is None
