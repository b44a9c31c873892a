"""The README's table of quality: `qa evaluate` over a folder of sets.

    python tests/benchmarks/quality.py SETS_DIR [--set NAME...] [--validation NAME...] [--json FILE]
        [--beside FILE] [--svg FILE]

Each folder in SETS_DIR holds `passages.jsonl` and `questions.jsonl`; a `.jsonl`
file holds questions about the shipped document. Of the `--validation` sets only
the questions that the reader was not trained on are asked. `--json` keeps the
figures; `--beside` shows those of an earlier run in a second line. `--svg` draws how
often an answer is wrong, by how many questions are answered (risk against coverage,
Geifman & El-Yaniv 2017); it needs matplotlib (`pip install "chapter-and-verse[plots]"`).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

import qa
from index import build
from qa.evaluation.evaluate import Figure, Outcome, outcome, summary
from qa.evaluation.questions import read_questions

sys.path.append(str(Path(__file__).parents[1] / "training"))
from examples import validation_part

COLUMNS = (
    "hit@1", "hit@5", "ndcg@10", "answer_in_quote@1", "highlight_f1", "answerable_auroc", "coverage@90",
    "calibration_error", "quote_chars",
)  # fmt: skip
Figures = dict[str, list[float]]


def outcomes_of(path: Path, *, validation: bool) -> list[Outcome]:
    """What each question of a set, or about the shipped document, comes to."""
    file = path / "questions.jsonl" if path.is_dir() else path
    questions = validation_part(path) if validation else read_questions(file)
    with tempfile.TemporaryDirectory() as scratch:
        build(Path(scratch), [path / "passages.jsonl"] if path.is_dir() else [])
        book = qa.load(scratch)
        return [outcome(book.now(), question) for question in questions]


def plain(figure: Figure) -> list[float]:
    """The value, then the interval if it has one."""
    return [round(each, 4) for each in (figure.value, *(figure.interval or ()))]


def row(name: str, figures: Figures) -> str:
    counts = f"{figures['n'][0]:.0f} / {figures['n_answerable'][0]:.0f}"
    return f"| {name} | {counts} | " + " | ".join(_cell(figures.get(column)) for column in COLUMNS) + " |"


def _cell(figure: Sequence[float] | None) -> str:
    if figure is None or figure[0] != figure[0]:
        return "–"
    if len(figure) < 3:
        return f"{figure[0]:.0f}"
    value, low, high = (f"{each:.2f}".removeprefix("0") for each in figure[:3])
    return f"{value} ({low}–{high})" if low != high else value


def draw(outcomes: dict[str, list[Outcome]], target: Path) -> None:
    """Risk against coverage: the surest answer first, and the share of wrong ones among those given so far."""
    import matplotlib as mpl
    from matplotlib.figure import Figure as Drawing

    mpl.rcParams["svg.hashsalt"] = "chapter-and-verse"  # the same figures, the same file
    drawing = Drawing(figsize=(7, 4), layout="constrained")
    axes = drawing.subplots()
    for number, (name, judged) in enumerate(outcomes.items()):
        order = sorted((each for each in judged if each.has_gold or not each.answerable), key=lambda o: -o.confidence)
        wrong = np.cumsum([not each.right for each in order])
        given = np.arange(1, len(order) + 1)
        axes.plot(given / len(order), wrong / given, "-" if number < 10 else "--", label=name)  # ten colours
    axes.set(xlabel="share of the questions answered", ylabel="share of those answered wrong", xlim=(0, 1), ylim=(0, 1))
    axes.legend(frameon=False, fontsize="small", ncols=2)
    drawing.savefig(target, metadata={"Date": None})


def chosen(folder: Path, names: Sequence[str]) -> Iterator[Path]:
    """The sets of a folder, by name."""
    for path in sorted(folder.iterdir()):
        if (path.suffix == ".jsonl" or (path / "questions.jsonl").exists()) and (not names or path.stem in names):
            yield path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--set", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--validation", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--beside", type=Path)
    parser.add_argument("--svg", type=Path)
    arguments = parser.parse_args()
    earlier: dict[str, Figures] = json.loads(arguments.beside.read_text("utf-8")) if arguments.beside else {}
    found: dict[str, Figures] = {}
    outcomes: dict[str, list[Outcome]] = {}
    print("| set | questions / answerable | " + " | ".join(COLUMNS) + " |")
    print("| --- |" + " --- |" * (len(COLUMNS) + 1))
    for path in chosen(arguments.folder, arguments.set):
        outcomes[path.stem] = outcomes_of(path, validation=path.stem in arguments.validation)
        figures = summary(outcomes[path.stem])
        found[path.stem] = {name: plain(figure) for name, figure in figures.items()}
        if path.stem in earlier:
            print(row(f"{path.stem}, before", earlier[path.stem]))
        print(row(path.stem, found[path.stem]), flush=True)
        if arguments.json:
            arguments.json.write_text(json.dumps(found, indent=1), "utf-8")
    if arguments.svg:
        draw(outcomes, arguments.svg)


if __name__ == "__main__":
    main()
