"""The loss curves of a training as an SVG: `python tests/training/plot_losses.py FOLDER... OUT.svg`.

Needs matplotlib (`pip install "chapter-and-verse[plots]"`).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

_PARTS = {"spans": "words", "answers": "answers or not", "relevance": "relevance"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", help="one training after another")
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    lines: list[dict[str, float]] = []
    for folder in arguments.folders:
        before = lines[-1]["step"] if lines else 0
        log = [json.loads(line) for line in (folder / "log.jsonl").open(encoding="utf-8")]
        lines += [{**line, "step": line["step"] + before} for line in log]
    mpl.rcParams["svg.hashsalt"] = "chapter-and-verse"  # the same curves, the same file
    figure = Figure(figsize=(7, 3.2), layout="constrained")
    axes = figure.subplots()
    for name, label in _PARTS.items():
        axes.plot([line["step"] for line in lines], [line[name] for line in lines], label=label)
    axes.set(xlabel="step", ylabel="loss, mean of 50 steps", ylim=(0, None))
    axes.legend(frameon=False)
    figure.savefig(arguments.out, metadata={"Date": None})


if __name__ == "__main__":
    main()
