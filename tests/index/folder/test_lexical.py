import math
import random
from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import bm25s
import numpy as np
import pytest
from numpy.typing import DTypeLike, NDArray

from index.bm25 import CONTEXT_COUNT
from index.folder.arrays import Strings, Table
from index.folder.checksums import CheckedFile
from index.folder.layout import WordsLayout
from index.folder.lexical import PostingsWriter, StoredLexical
from index.text.analyzer import stopwords, words

TEXTS = [
    "The keeper counted the ships, and the ships went north.",
    "Ships sail.",
    "Nobody counted anything at all that night in the harbour, not even the stars over it.",
    "…",
    "The north wind blew.",
]
K1, B = 1.2, 0.75


def brute_force(query: list[str]) -> list[float]:
    """Lucene's BM25 formula, word by word."""
    rows = [words(text, "en") for text in TEXTS]
    average = sum(map(len, rows)) / len(rows)
    scores = []
    for row in rows:
        score = 0.0
        for word in query:
            holding = sum(word in other for other in rows)
            idf = math.log(1 + (len(rows) - holding + 0.5) / (holding + 0.5)) if holding else 0
            count = row.count(word)
            score += idf * count / (count + K1 * (1 - B + B * len(row) / average))
        scores.append(score)
    return scores


def make(folder: Path, passages: list[list[str]], contexts: Sequence[list[str]] = ()) -> StoredLexical:
    layout = WordsLayout(folder / "words")
    layout.root.mkdir()
    with (folder / "spool").open("w+b") as spool:
        writer = PostingsWriter(spool)
        for passage, context in zip_longest(passages, contexts, fillvalue=list[str]()):
            inside, before = Counter(passage), Counter(context)
            terms = list(inside | before)
            counts = np.array([(inside[term], before[term]) for term in terms], np.int32).reshape(-1, 2)
            writer.add(writer.numbers(terms), counts, np.array([0, len(terms)]))
        writer.finish(layout)

    def table(path: Path, dtype: DTypeLike = np.int64) -> Table:
        return Table(CheckedFile(path, path.stat().st_size, None), dtype=dtype)

    return StoredLexical(
        Strings(table(layout.terms, np.uint8), table(layout.term_ends)),
        table(layout.starts),
        table(layout.postings, np.int32),
        table(layout.scores, np.float32),
        table(layout.largest, np.float32),
        count=len(passages),
        languages=["en"],
        stopwords=stopwords(["en"]),
    )


@pytest.fixture(scope="module")
def lexical(tmp_path_factory: pytest.TempPathFactory) -> StoredLexical:
    return make(tmp_path_factory.mktemp("lexical"), [words(text, "en") for text in TEXTS])


EVERY = np.arange(len(TEXTS))


@pytest.mark.parametrize("query", ["ship", "counted the ships", "North?", "ships ships", "north unknownword"])
def test_scores_are_those_of_the_formula(lexical: StoredLexical, query: str) -> None:
    scores = lexical.scores(query, EVERY)
    assert scores.dtype == np.float32
    expected = brute_force(words(query, "en"))
    assert scores.tolist() == pytest.approx(expected, abs=1e-5)
    assert lexical.scores(query, np.array([4, 0])).tolist() == pytest.approx([expected[4], expected[0]], abs=1e-5)
    assert sorted(lexical.search(query, 10)) == [row for row in EVERY if expected[row] > 0]
    assert scores.max() > 0


@pytest.mark.parametrize("query", ["", "zzz", "…", "漢字"])
def test_a_query_without_a_known_word_scores_nothing(lexical: StoredLexical, query: str) -> None:
    assert lexical.scores(query, EVERY).tolist() == [0] * len(TEXTS)
    assert lexical.search(query, 3).tolist() == []


@pytest.fixture(scope="module")
def many() -> list[list[str]]:
    """Passages with word frequencies as in a language (Zipf), enough for the search to skip frequent words."""
    drawn = random.Random(3)
    lengths = [drawn.randint(0, 20) for _ in range(12_000)]
    return [[f"w{min(int(drawn.paretovariate(0.7)), 3000)}" for _ in range(length)] for length in lengths]


def test_many_passages_score_as_in_bm25s(
    many: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.folder.lexical._SORTED", 5000)  # as if they were too many to sort at once
    monkeypatch.setattr("index.folder.lexical._CHUNK", 1000)
    lexical = make(tmp_path, many)
    reference = bm25s.BM25(k1=K1, b=B)
    reference.index([passage or ["-"] for passage in many], show_progress=False)
    # bm25s counts a placeholder word for an empty passage, which hardly changes the average length.
    for query in ("w1 w2 w77", "w1 w2 w3", "w900 w1 w1 w5 w2", "w2999", "w1"):
        expected = reference.get_scores(query.split())
        found = lexical.scores(query, np.arange(len(many)))
        assert np.abs(found - expected).max() < 0.02
        exact = np.sort(found)[::-1][:100]
        top = lexical.search(query, 100)
        assert np.sort(lexical.scores(query, top))[::-1].tolist() == pytest.approx(exact[exact > 0].tolist(), abs=1e-5)


def test_frequent_words_are_only_looked_up(
    many: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lexical = make(tmp_path, many)
    added = []

    def high_enough(scores: NDArray[np.float32], count: int) -> float:
        added.append(int((scores > 0).sum()))
        return 1e9

    monkeypatch.setattr("index.folder.lexical._kth", high_enough)
    lexical.search("w1 w900", 1)
    assert added and added[0] < 1000  # w1 is in nearly every passage, and was skipped


def test_idf_is_the_inverse_document_frequency(lexical: StoredLexical) -> None:
    count = len(TEXTS)
    expected = [math.log(1 + (count - df + 0.5) / (df + 0.5)) for df in (2, 2, 1, 0)]
    assert lexical.idf(["ships", "counted", "wind", "elephant"]).tolist() == pytest.approx(expected, abs=1e-5)


def test_content_words_have_no_stopwords_and_repeats(lexical: StoredLexical) -> None:
    assert lexical.content_words("Where did the Ships, the ships, sail in Café Nord?") == [
        "ships",
        "sail",
        "cafe",
        "nord",
    ]


def test_a_context_counts_as_a_few_occurrences_and_not_for_the_length(tmp_path: Path) -> None:
    passages = [["ship", "sail"], ["ship", "wind"], ["mast", "rope"]]
    every = np.arange(3)
    plain = make(tmp_path_of(tmp_path, "plain"), passages)
    repeated = make(tmp_path_of(tmp_path, "repeated"), [*passages[:2], ["mast"] * CONTEXT_COUNT]).scores("mast", every)
    headed = make(tmp_path_of(tmp_path, "headed"), passages, [["sail", "sail"], ["harbour"] * 40, []])
    assert headed.scores("ship", every).tolist() == plain.scores("ship", every).tolist()
    assert headed.scores("harbour", every).tolist() == pytest.approx([0, repeated[2], 0])
    assert plain.scores("sail", every)[0] < headed.scores("sail", every)[0] < 2 * plain.scores("sail", every)[0]


def tmp_path_of(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    return folder


def test_which_passages_have_a_word(tmp_path: Path) -> None:
    lexical = make(tmp_path, [["ship"], ["wind", "e-10"]], [["wind"], []])
    found = lexical.found_in(["ships", "winds", "e-10", "rope"], np.array([1, 0]))
    assert found.tolist() == [[False, True], [True, True], [True, False], [False, False]]


def test_a_word_is_contained_by_its_stem(lexical: StoredLexical) -> None:
    assert lexical.contains("A ship sailed.", ["ships", "sailing", "north"]).tolist() == [True, True, False]


def test_an_identifier_is_contained_as_it_is_written(lexical: StoredLexical) -> None:
    asked = lexical.content_words("What does clause 4.2 say?")
    assert asked == ["clause", "4", "2", "4.2", "say"]
    assert lexical.contains("4.2 The keeper", ["4.2"]).tolist() == [True]
    assert lexical.contains("4 keepers of 2 ships, 4.2.1, 14.2", ["4.2"]).tolist() == [False]


def test_hyphens_make_an_identifier_only_if_a_passage_has_it(tmp_path: Path) -> None:
    lexical = make(tmp_path, [words("Error E-1042", "en"), words("the 1990s", "en")])
    assert lexical.content_words("E-1042") == ["e", "1042", "e-1042"]
    assert lexical.content_words("mid-1990s") == ["mid", "1990s"]
    assert lexical.content_words("--dry-run max_tries") == ["dry", "run", "--dry-run", "max", "tries", "max_tries"]
