"""How long `python app.py` takes until the page answers.

    python tests/benchmarks/page_start.py [--index DIR]

The whole is taken from outside: from the start of the process until its address
is printed and `/` has answered. The steps are taken in other processes,
which do what `app.py` does. All are medians of five, and the two take turns.
"""

from __future__ import annotations

import argparse
import json
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from qa import DEFAULT_INDEX

_ROUNDS = 5
_HOME = Path(__file__).parents[2]
_STEPS = """
import json, os, sys, time
started, index, port = float(sys.argv[1]), sys.argv[2], int(sys.argv[3])
times = {}
def passed(step):
    times[step] = time.time() - started - sum(times.values())
from pathlib import Path
from qa.web.http.hosts import check_free
from qa.web.state import AppState
check_free("127.0.0.1", port)
passed("interpreter, imports without Gradio")
state = AppState(Path(index))
passed("index and encoder")
from qa.web.page.page import create_app
from qa.web.serve import launch
passed("import of Gradio")
page = create_app(state)
passed("page made")
launch(page, "127.0.0.1", port)
passed("listening, first answer")
print(json.dumps(times), flush=True)
os._exit(0)
"""


def whole(index: Path) -> float:
    """Seconds from the start of the process to the first 200."""
    port = _free_port()
    command = [sys.executable, "app.py", "--port", str(port), "--index", str(index)]
    started = time.perf_counter()
    with subprocess.Popen(command, cwd=_HOME, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            address = process.stdout.readline().split()[-1:]
            if not address:
                sys.exit("The page did not start; build the index first with `python -m index build`.")
            urllib.request.urlopen(address[0]).close()  # raises for any error
            return time.perf_counter() - started
        finally:
            process.terminate()


def steps(index: Path) -> dict[str, float]:
    """Seconds of each step, in their order."""
    command = [sys.executable, "-c", _STEPS, str(time.time()), str(index), str(_free_port())]
    ran = subprocess.run(command, cwd=_HOME, stdout=subprocess.PIPE, text=True, check=True)
    taken: dict[str, float] = json.loads(ran.stdout)
    return taken


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", default=_HOME / DEFAULT_INDEX, type=Path)
    index = parser.parse_args().index.resolve()
    rounds = [(whole(index), steps(index)) for _ in range(_ROUNDS)]
    print(f"{'`python app.py` to the first answer':36} {statistics.median(each for each, _ in rounds):5.2f} s")
    for step in rounds[0][1]:
        print(f"  {step:34} {statistics.median(taken[step] for _, taken in rounds):5.2f} s")


if __name__ == "__main__":
    main()
