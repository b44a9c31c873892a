"""What collections of up to a billion passages would take, reckoned from what was measured of smaller ones.

    python tests/benchmarks/capacity.py TABLES

Needs the extra `lance`. TABLES is a file with the table that `engines.py --s3 --sizes 10000 100000 1000000`
prints: docs/scale.md, say.

Disk, memory and the time to build grow with the passages: by as much for each as between the two largest
sizes that were measured. Computing and requests of a question grow with the passages' logarithm: a straight
line through all sizes; for each graph that LanceDB has more than at a million there is `SEARCHED` besides.
What is assumed besides stands below, as names with values.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from index.lance.search_indexes import graphs

SIZES = [10**each for each in range(5, 10)]
CORES_MEASURED = 2  # that built and published
CORE_HOUR = 0.04  # $
REQUESTS = 0.40  # $ a million, of S3's GET
STORED = 0.023  # $ a GB and month, on S3; each generation that is kept takes as much
READER_CORES = 8
ASKED = 100  # questions a second
BUSY = 0.6  # of a reader's cores, so that few wait
MAPPED = 0.25  # of the folder's disk that questions come back to, and memory holds
GRAPH = 470e-9  # GB a passage: the engine's index of vectors, which a reader holds whole; counted at 100,000
SEARCHED = 0.004  # core-seconds that a question spends on a graph: 3 ms were seen of 12,500 passages each
DAY = 24  # hours


Rows = list[dict[str, str]]


def table(text: str) -> Rows:
    """The rows of the table whose columns begin with `texts` and `index`."""
    rows: Rows = []
    heads: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells[:2] == ["texts", "index"]:
            heads = cells
        elif heads and line.startswith("| ") and len(cells) <= len(heads):
            rows.append(dict(zip(heads, cells, strict=False)))
        elif not line.startswith("|"):
            heads = []
    return [row for row in rows if row["texts"].replace(",", "").isdecimal()]


class Measured:
    """Columns of one kind of index, by size."""

    def __init__(self, rows: Rows, index: str) -> None:
        self._rows = [row for row in rows if row["index"] == index]
        if len(self._rows) < 2:
            raise SystemExit(f"There are not two sizes of {index} in the table; measure them with engines.py.")

    def proportional(self, column: str, size: int) -> float:
        """At `size`, by the slope between the two largest that were measured."""
        (one, first), (two, second) = self._points(column)[-2:]
        return second + (size - two) * (second - first) / (two - one)

    def logarithmic(self, column: str, size: int) -> float:
        """At `size`, by a line through all that were measured."""
        sizes, values = zip(*self._points(column), strict=True)
        slope, start = np.polyfit(np.log10(sizes), values, 1)
        return float(start + slope * np.log10(size))

    def _points(self, column: str) -> list[tuple[int, float]]:
        found = [(int(row["texts"].replace(",", "")), row.get(column, "")) for row in self._rows]
        return sorted((size, float(value)) for size, value in found if value)


def reckoned(folder: Measured, lance: Measured, size: int) -> dict[str, str]:
    """A row of the table."""
    building = CORES_MEASURED * folder.proportional("build / publish, s", size) / 3600
    computing, at_folder = (each.logarithmic("of all cores, ms", size) / 1000 for each in (lance, folder))
    computing += SEARCHED * max(0, graphs(size) - graphs(10**6))
    requests = lance.logarithmic("requests", size)
    seconds = CORE_HOUR / 3600 * 1e6  # $ of a core-second for each of a million questions
    disk = lance.proportional("disk, MB", size) / 1000
    return {
        "passages": f"{size:,}",
        "build: core-hours": _rounded(building),
        "machines of 8 cores for a build in a day": _rounded(building / READER_CORES / DAY),
        "publish: hours of one machine": _rounded(lance.proportional("build / publish, s", size) / 3600),
        "disk of a generation, GB": _rounded(disk),
        "folder: memory, GB": _rounded(MAPPED * folder.proportional("disk, MB", size) / 1000),
        "reader: memory, GB": _rounded(lance.proportional("own memory, MB", 10**5) / 1000 + GRAPH * size),
        "readers for 100 questions/s": f"{np.ceil(ASKED * computing / BUSY / READER_CORES):.0f}",
        "$ a million questions: folder": _rounded(at_folder * seconds),
        "LanceDB, shared disk": _rounded(computing * seconds),
        "LanceDB, S3": _rounded(computing * seconds + requests * REQUESTS),
        "S3, $ a month": _rounded(disk * STORED),
    }


def _rounded(value: float) -> str:
    """To two digits."""
    return f"{float(f'{value:.1e}'):,.0f}" if value >= 10 else f"{value:.1f}"


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    rows = table(Path(sys.argv[1]).read_text("utf-8"))
    folder, lance = Measured(rows, "folder"), Measured(rows, "LanceDB")
    for number, size in enumerate(SIZES):
        cells = reckoned(folder, lance, size)
        if not number:
            print(f"| {' | '.join(cells)} |\n|{' --- |' * len(cells)}")
        print(f"| {' | '.join(cells.values())} |")


if __name__ == "__main__":
    main()
