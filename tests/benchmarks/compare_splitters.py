"""Compare sentence splitters by the exact spans they give; prints a Markdown table.

Usage: python compare_splitters.py EVAL_DIR ARTICLE [--only NAME ...] [--limit SECONDS]

EVAL_DIR holds xquad_{en,ru,zh,ar,de,es}/{passages,questions}.jsonl; ARTICLE is the
Valdai article whose sentence ends are hand-marked in GOLD. A span is half-open, in
code points of the text given, without white space at either end. Nothing is looked
up with str.find: every adapter takes the offsets its library reports, or adds up
the lengths of pieces that join to the text (and fails where they do not).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import metadata
from itertools import pairwise
from pathlib import Path

from index.text.language import language_of
from index.text.sentences import sentences
from source import Span as DocumentSpan

Span = tuple[int, int]
Splitter = Callable[[str, str], list[Span]]

LANGS = ("en", "ru", "zh", "ar", "de", "es")

# Line number -> last words of each sentence that ends inside the line ("?": a
# boundary there is neither asked for nor held against a library).
GOLD: dict[int, tuple[str, ...]] = {
    3: ("?Unstable Situations”", "held at Valdai Club."),
    5: ("Asian countries.", "from 2020.", "$ 30.5 billion.", "aspect of relationships."),
    11: ("since 1945.",),
    13: ("Russia and Uzbekistan.",),
    17: ("immigration crisis.", "“rogue nation.”", "extreme traditions."),
    19: ("ignored either.", "logistics flow.", "international trade."),
    23: ("new situation.",),
    25: ("in the region.",),
    29: ("that of Russia.", "in Central Asia.", "coordinate policies."),
    31: ("domestic policy.", "were divided.", "it is temporary.", "“world power.”"),
    35: ("countries in the region.",),
    37: ("of the region.",),
    49: ("clear challenges.",),
    51: ("in the future.",),
    55: ("taking place.",),
    56: ("technical field.", "10% of experts."),
    57: ("Industrial Revolution.",),
}
NOT_PROSE = range(63, 70)  # a script's source left in the page

# "|" marks each sentence end inside the text and is taken out before splitting.
HARD: tuple[tuple[str, str], ...] = (
    ("en", "Dr. Smith of the U.S. Army, e.g. Gen. Lee, paid $3.5 million.| He left."),
    ("en", "Mr. J. R. R. Tolkien wrote it."),
    ("en", "He said “Go.”| Then he left."),
    ("en", "“Stop!” he said.| She did not."),
    ("en", "Growth was 3.5 percent vs. 2.1 percent (see Fig. 3 and Sec. 4.2).| It fell later."),
    ("en", "Apple Inc. said on Jan. 5 that it would wait.| Prices rose."),
    ("en", "We met at 5 p.m. on Friday.| It was late."),
    ("en", "Really?!| Yes… perhaps.| No."),
    ("en", "1. Narrowing of the system.| It is No. 5 on the list."),
    ("en", "This is wrong.[3]| The next claim holds.[4][5]| End."),
    ("en", "She moved to the U.S.| She liked it."),
    ("en", "Visit example.com or mail a.b@c.org.| Thanks."),
    ("en", "(It was late.)| They went home."),
    ("en", "Conflicts grew. ..| Nobody won."),
    ("ru", "Это было в 1990 г. в г. Москве, т. е. там.| Потом он уехал."),
    ("ru", "А. С. Пушкин родился в 1799 г. в Москве.| Он писал стихи."),
    ("ru", "Доход составил 5 млн руб. и вырос на 3 тыс. руб. за год.| Это много."),
    ("ru", "«Иди!» — сказал он.| Она ушла."),
    ("ru", "Газеты, журналы и т. д. лежали там.| Она ждала."),
    ("de", "Das war z. B. am 3. Oktober.| Dann kam er."),
    ("de", "Dr. Müller wohnt in der Hauptstr. 5 in Köln.| Er ist am 1. Januar geboren."),
    ("de", "Im 19. Jahrhundert lebte Ludwig XIV. nicht mehr.| Das ist bekannt."),
    ("de", "„Geh!“, sagte er.| Sie ging."),
    ("de", "Es kostet ca. 5 Mio. Euro bzw. etwas mehr.| Das ist viel."),
    ("es", "El Sr. García vive en la Av. Libertad.| La Dra. Pérez vive en EE. UU. desde 2010."),
    ("es", "¿Quién es?| ¡No lo sé!| Vino a las 5 p. m. de ayer."),
    ("zh", "他说：“你好。”|然后走了。|天黑了！|真的吗？|是的。"),
    ("zh", "价格是3.5元。|他（他的朋友。）走了。"),
    ("zh", "“你好。”他说。"),
    ("ar", "هل هذا صحيح؟| نعم، إنه صحيح.| وصل د. أحمد أمس."),
    ("ar", "بلغت النسبة 3.5 في المئة.| ثم انخفضت!"),
)

MEGA = 1_000_000
HOSTILE: dict[str, str] = {
    "a": "a", ".": ".", '"(': '"(', "“": "“", "words": "word ", "a. ": "a. ", "A.": "A.",
    "Mr. ": "Mr. ", "(": "(", "[1]": ".[1]", "?!": "?!", "space": " ", "nl": "\n", "。": "。",
    "http": "http://a.b/", "emoji": "😀", "mark": "\u0301", "( .": "(a. ", "1. ": "1. ", "“a.": "“A b. ",
}  # fmt: skip


def trim(text: str, spans: Iterable[Span]) -> list[Span]:
    """Take the white space off both ends of each span; drop spans left empty."""
    out = []
    for start, end in spans:
        piece = text[start:end]
        start += len(piece) - len(piece.lstrip())
        end = start + len(piece.strip())
        if start < end:
            out.append((start, end))
    return out


def add_up(text: str, pieces: Iterable[str]) -> Iterator[Span]:
    """Spans of pieces that, joined, are the text."""
    at = 0
    for piece in pieces:
        if not text.startswith(piece, at):
            raise ValueError("the pieces do not join to the text")
        yield at, at + len(piece)
        at += len(piece)


def make_sentencex() -> Splitter:
    from sentencex import get_sentence_boundaries

    def split(text: str, lang: str) -> list[Span]:
        found = get_sentence_boundaries(lang, text)
        return trim(text, ((b["start_index"], b["end_index"]) for b in found))

    return split


def make_pysbd() -> Splitter:
    from pysbd import Segmenter

    made = {c: Segmenter(language=c, clean=False, char_span=True) for c in LANGS}
    return lambda text, lang: trim(text, ((s.start, s.end) for s in made[lang].segment(text)))


def make_nupunkt() -> Splitter:
    from nupunkt import sentence_spans

    return lambda text, lang: trim(text, sentence_spans(text))


def make_syntok() -> Splitter:
    from syntok import segmenter

    def split(text: str, lang: str) -> list[Span]:
        sentences = (s for paragraph in segmenter.analyze(text) for s in paragraph if s)
        return trim(text, ((s[0].offset, s[-1].offset + len(s[-1].value)) for s in sentences))

    return split


def make_blingfire() -> Splitter:
    from blingfire import text_to_sentences_and_offsets

    return lambda text, lang: trim(text, text_to_sentences_and_offsets(text)[1]) if text else []


def make_uniseg() -> Splitter:
    from uniseg.sentencebreak import sentences

    return lambda text, lang: trim(text, add_up(text, sentences(text)))


def make_spacy() -> Splitter:
    import spacy

    made = {c: spacy.blank(c) for c in ("en", "ru", "ar", "de", "es", "xx")}
    for nlp in made.values():  # zh: one token a character through "xx"; full stops in punct_chars
        nlp.add_pipe("sentencizer")
        nlp.max_length = 10 * MEGA

    def split(text: str, lang: str) -> list[Span]:
        found = made.get(lang, made["xx"])(text).sents
        return trim(text, ((s.start_char, s.end_char) for s in found))

    return split


def scripted(make: Callable[[], Splitter]) -> Callable[[], Splitter]:
    """The same library, its language guessed and not told."""

    def wrapped() -> Splitter:
        split = make()
        return lambda text, lang: split(text, language_of(text))

    return wrapped


def make_shipped() -> Splitter:
    def split(text: str, lang: str) -> list[Span]:
        found = list(sentences(text, DocumentSpan(0, len(text)), language_of(text)))
        return [(span.start, span.end) for span in found]

    return split


def make_trivial() -> Splitter:
    ends = re.compile(r"(?<![.!?؟۔…])[.!?؟۔…]++[\"'”’»)\]]*+(?=\s)|(?<![。！？])[。！？]++[”’」』）]*+")

    def split(text: str, lang: str) -> list[Span]:
        cuts = [0, *(m.end() for m in ends.finditer(text)), len(text)]
        return trim(text, pairwise(cuts))

    return split


# Row name -> (distribution, module to import, adapter).
LIBRARIES: dict[str, tuple[str, str, Callable[[], Splitter]]] = {
    "sentencex": ("sentencex", "sentencex", make_sentencex),
    "sentencex guessed": ("sentencex", "sentencex", scripted(make_sentencex)),
    "sentencex + rules": ("sentencex", "sentencex", make_shipped),
    "pysbd": ("pysbd", "pysbd", make_pysbd),
    "pysbd guessed": ("pysbd", "pysbd", scripted(make_pysbd)),
    "nupunkt": ("nupunkt", "nupunkt", make_nupunkt),
    "syntok": ("syntok", "syntok.segmenter", make_syntok),
    "blingfire": ("blingfire", "blingfire", make_blingfire),
    "uniseg": ("uniseg", "uniseg.sentencebreak", make_uniseg),
    "spaCy sentencizer": ("spacy", "spacy", make_spacy),
    "(one regex)": ("", "re", make_trivial),
}


def tiles(text: str, spans: Sequence[Span]) -> bool:
    """True where the spans are in order, inside the text, and leave out only white space."""
    at = 0
    for start, end in spans:
        if not at <= start < end <= len(text) or text[at:start].strip():
            return False
        at = end
    return not text[at:].strip()


def read_lines(path: Path) -> list[dict[str, object]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def gold_ends(line: str, marks: Iterable[str]) -> tuple[set[int], set[int]]:
    """Offsets of the sentence ends asked for in a line, and of those merely allowed."""
    asked: set[int] = set()
    allowed: set[int] = set()
    for mark in marks:
        words = mark.removeprefix("?")
        place = re.search(re.escape(words) + r"(?=\s)", line)
        if place is None:
            raise ValueError(f"the gold mark {words!r} is not in its line")
        (allowed if mark.startswith("?") else asked).add(place.end())
    return asked, allowed


def score_article(split: Splitter, path: Path) -> tuple[int, int, int, list[str]]:
    """True, false and missed inner boundaries over the article's lines, and each error."""
    right = wrong = missed = 0
    errors: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if not line.strip() or number in NOT_PROSE:
            continue
        asked, allowed = gold_ends(line, GOLD.get(number, ()))
        got = {end for _, end in split(line, "en")[:-1]}
        right += len(got & asked)
        for kind, ends in (("cut", got - asked - allowed), ("missed", asked - got)):
            errors += [f"{number} {kind} `{line[max(0, e - 14) : e]}¦{line[e : e + 10]}`" for e in sorted(ends)]
        wrong += len(got - asked - allowed)
        missed += len(asked - got)
    return right, wrong, missed, errors


def score_hard(split: Splitter) -> tuple[dict[str, int], list[str]]:
    """Hard cases got wholly right, by language, and what was made of the others."""
    right = dict.fromkeys(LANGS, 0)
    errors = []
    for lang, marked in HARD:
        parts = marked.split("|")
        text = "".join(parts)
        spans = split(text, lang)
        if spans == trim(text, add_up(text, parts)):
            right[lang] += 1
        else:
            errors.append(f"{lang}: " + " ¦ ".join(text[a:b] for a, b in spans))
    return right, errors


def cut_answers(split: Splitter, folder: Path, lang: str) -> tuple[int, int, list[int], bool]:
    """Gold answers cut, gold answers found, sentences per paragraph, and whether all tile.

    An answer is cut where no place it is found at lies inside one sentence.
    """
    texts = {str(p["id"]): str(p["text"]) for p in read_lines(folder / "passages.jsonl")}
    spans = {key: split(text, lang) for key, text in texts.items()}
    cut = found = 0
    for question in read_lines(folder / "questions.jsonl"):
        answers, golds = question["answers"], question["gold_passage_ids"]
        assert isinstance(answers, list) and isinstance(golds, list)
        for key in golds:
            for answer in {str(a).strip() for a in answers} - {""}:
                places = [m.span() for m in re.finditer(re.escape(answer), texts[key])]
                if places:
                    found += 1
                    cut += not any(s <= a and b <= e for a, b in places for s, e in spans[key])
    return cut, found, [len(s) for s in spans.values()], all(tiles(texts[k], s) for k, s in spans.items())


def fuzz(split: Splitter, rounds: int = 600) -> int:
    """How many of the odd random strings do not tile (or raise)."""
    rng = random.Random(7)
    alphabet = [*list("aБ中ع.!?。؟ \n\t\r\"'“”()[]0123😀́\ufeff\u200b\u2028\x85\xa0\x00\x1cA.,…ß"), "Dr. ", "\r\n", ". "]
    bad = 0
    for _ in range(rounds):
        text = "".join(rng.choices(alphabet, k=rng.randint(0, 60)))
        try:
            bad += not tiles(text, split(text, rng.choice(LANGS)))
        except KeyboardInterrupt:
            raise
        except BaseException:  # a Rust panic is no Exception
            bad += 1
    return bad


def _timed(name: str, unit: str, size: int, answer: multiprocessing.Queue[tuple[float, bool]]) -> None:
    split = LIBRARIES[name][2]()
    text = unit * (size // len(unit))
    began = time.perf_counter()
    spans = split(text, "en")
    took = time.perf_counter() - began
    answer.put((took, tiles(text, spans)))


def hostile(name: str, limit: float) -> tuple[str, list[str]]:
    """The slowest hostile megabyte, and every one that was over a second, failed or did not tile."""
    fork = multiprocessing.get_context("fork")
    worst, notes = (0.0, ""), []
    for label, unit in HOSTILE.items():
        for size in (MEGA // 16, MEGA):
            answer = fork.Queue()
            job = fork.Process(target=_timed, args=(name, unit, size, answer))
            job.start()
            try:
                took, whole = answer.get(timeout=limit)
            except Exception:  # queue.Empty: out of time, or died
                took, whole = limit, True
                notes.append(f"`{label}` over {limit:g} s or failed at {size // 1000} kB")
            if job.is_alive():
                job.join(0.2)
                job.kill()
            job.join()
            worst = max(worst, (took, label))
            if took >= limit:
                break
            if size == MEGA and (took > 1 or not whole):
                notes.append(f"`{label}` {took:.1f} s" + ("" if whole else ", does not tile"))
    mark = "≥" if worst[0] >= limit else ""
    return f"{mark}{worst[0]:.2f} s (`{worst[1]}`)", notes


def import_ms(module: str) -> float:
    """Milliseconds that a fresh interpreter takes to import a module: best of three."""
    code = f"import time; b = time.perf_counter(); import {module}; print(time.perf_counter() - b)"
    runs = (subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(3))
    return min(float(run.stdout) for run in runs) * 1000


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("eval_dir", type=Path)
    parser.add_argument("article", type=Path)
    parser.add_argument("--only", nargs="*", default=list(LIBRARIES), choices=list(LIBRARIES))
    parser.add_argument("--limit", type=float, default=8.0, help="seconds a hostile megabyte may take; 0: leave it out")
    args = parser.parse_args()

    accuracy, cuts, counts, speed, notes = [], [], [], [], []
    for name in args.only:
        dist, module, make = LIBRARIES[name]
        try:
            split = make()
        except ImportError as problem:
            notes.append(f"* **{name}**: not installed ({problem})")
            continue
        title = f"{name} {metadata.version(dist)}" if dist else name

        right, wrong, missed, errors = score_article(split, args.article)
        precision, recall = right / max(1, right + wrong), right / (right + missed)
        f1 = 2 * right / (2 * right + wrong + missed)
        hard, hard_errors = score_hard(split)
        asked = {lang: sum(c == lang for c, _ in HARD) for lang in LANGS}
        accuracy.append(
            [title, f"{precision:.3f}", f"{recall:.3f}", f"{f1:.3f}", f"{sum(hard.values())}/{len(HARD)}"]
            + [f"{hard[lang]}/{asked[lang]}" for lang in LANGS]
        )

        sizes: dict[str, list[int]] = {}
        cut_row, whole, chars = [title], True, 0
        began = time.perf_counter()
        for lang in LANGS:
            cut, found, sizes[lang], good = cut_answers(split, args.eval_dir / f"xquad_{lang}", lang)
            cut_row.append(f"{100 * cut / found:.2f} % ({cut}/{found})")
            whole = whole and good
        cuts.append(cut_row)
        agree = {lang: statistics.mean(a == b for a, b in zip(sizes["en"], sizes[lang], strict=True)) for lang in LANGS}
        counts.append(
            [title]
            + [f"{statistics.mean(sizes[lang]):.2f}" for lang in LANGS]
            + [f"{agree[lang]:.2f}" for lang in LANGS[1:]]
        )

        began, chars = time.perf_counter(), 0
        for lang in LANGS:
            for passage in read_lines(args.eval_dir / f"xquad_{lang}" / "passages.jsonl"):
                split(str(passage["text"]), lang)
                chars += len(str(passage["text"]))
        rate = chars / (time.perf_counter() - began)
        worst, slow = ("-", []) if name.endswith("by script") or not args.limit else hostile(name, args.limit)
        odd = fuzz(split)
        speed.append(
            [title, f"{rate / 1e6:.2f} M", f"{import_ms(module):.0f} ms", "yes" if whole else "NO", f"{odd}/600", worst]
        )
        notes.append(f"* **{title}**")
        for label, found_errors in (("article", errors), ("hard", hard_errors), ("hostile", slow)):
            notes += [f"  * {label}: {error}" for error in found_errors]
        print(f"{name} done", file=sys.stderr)

    print("### Accuracy\n\n" + table(["library", "P", "R", "F1 article", "hard cases", *LANGS], accuracy))
    print("\n### Gold answers cut by a boundary\n\n" + table(["library", *LANGS], cuts))
    head = ["library", *(f"sent/para {lang}" for lang in LANGS), *(f"= en: {lang}" for lang in LANGS[1:])]
    print("\n### Sentences per paragraph; share of paragraphs with as many as in English\n\n" + table(head, counts))
    head = ["library", "chars/s", "import", "XQuAD tiles", "odd strings that do not tile", "worst hostile MB"]
    print("\n### Speed and safety\n\n" + table(head, speed))
    print("\n### Errors\n\n" + "\n".join(notes))


if __name__ == "__main__":
    main()
