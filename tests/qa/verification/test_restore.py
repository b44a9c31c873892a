"""Restoring an answer from JSON: nothing in it is trusted unless the documents confirm it."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pdf_fixtures import paragraph, pdf
from qa_fixtures import build_book

import qa
from qa.answer import answer_json, quote_json
from qa.ask.conversation import MAX_QUESTION
from qa.verification.restore import QuoteGone, restore_answer, restore_quote
from source import UsageError

BRIDGE = "The Zorblax bridge was opened in 1931. It is painted green.\n"
FILES = {
    "bridge.txt": BRIDGE,
    "again.txt": "About bridges.\n\nThe Zorblax bridge\nwas opened in 1931. Nobody came.\n",
    "comet.md": "# Comets\n\nComets have tails of dust and gas.\n",
}
QUESTION = "When was the Zorblax bridge opened?"


@pytest.fixture(scope="module")
def qa_bridge(tmp_path_factory: pytest.TempPathFactory) -> qa.Edition:
    return build_book(tmp_path_factory.mktemp("bridge"), FILES).now()


@pytest.fixture(scope="module")
def qa_sent(qa_bridge: qa.Edition) -> Any:
    return sent(answer_json(qa_bridge.ask(QUESTION)))


def sent(value: dict[str, Any]) -> Any:
    """A record as it comes back from a browser."""
    return json.loads(json.dumps(value))


def put(record: Any, place: tuple[str | int, ...], value: object) -> Any:
    changed = copy.deepcopy(record)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return changed


def rounded(quote: qa.Quote) -> qa.Quote:
    return replace(quote, score=round(quote.score, 4))


def test_an_answer_is_restored_unchanged(qa_bridge: qa.Edition) -> None:
    for question in (QUESTION, "How tall is Mount Everest?"):
        answer = qa_bridge.ask(question)
        again, gone = restore_answer(qa_bridge, sent(answer_json(answer)))
        assert gone == ()
        assert answer_json(again) == answer_json(answer)
        assert again.quotes == tuple(map(rounded, answer.quotes))
        assert again.nearest == tuple(map(rounded, answer.nearest))
    assert qa_bridge.ask(QUESTION).quotes[0].elsewhere  # other places were restored, too


def test_boxes_come_from_the_document(tmp_path: Path) -> None:
    (tmp_path / "bridge.pdf").write_bytes(pdf([paragraph(["The Zorblax bridge was opened in 1931."])]))
    qa.rebuild(tmp_path / "index", [tmp_path / "bridge.pdf"])
    edition = qa.load(tmp_path / "index").now()
    (quote,) = edition.ask(QUESTION).quotes
    assert quote.boxes
    record = sent(quote_json(quote))
    assert restore_quote(edition, {**record, "boxes": []}).boxes == quote.boxes
    wrong = put(record, ("boxes", 0, "left"), 0.9)
    assert restore_quote(edition, wrong).boxes == quote.boxes


def test_title_path_and_place_come_from_the_document(qa_bridge: qa.Edition) -> None:
    quote = qa_bridge.ask(QUESTION).quotes[0]
    record = sent(quote_json(quote))
    for place, value in (
        (("document", "title"), "<b>Forged</b>"),
        (("document", "path"), "/etc/passwd"),
        (("place", "line"), 99),
        (("place",), None),
    ):
        assert restore_quote(qa_bridge, put(record, place, value)) == rounded(quote)


def test_other_places_that_no_longer_exist_are_left_out(qa_bridge: qa.Edition) -> None:
    quote = qa_bridge.ask(QUESTION).quotes[0]
    record = sent(quote_json(quote))
    assert len(record["elsewhere"]) == 1
    for place, value in (
        (("elsewhere", 0, "document", "id"), "other.txt"),
        (("elsewhere", 0, "document", "sha256"), "0" * 64),
        (("elsewhere", 0, "end"), record["elsewhere"][0]["end"] + 8),
        (("elsewhere", 0, "start"), -1),
    ):
        assert restore_quote(qa_bridge, put(record, place, value)).elsewhere == ()
    many = put(record, ("elsewhere",), record["elsewhere"] * 1000)
    assert len(restore_quote(qa_bridge, many).elsewhere) == 20


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("document", "id"), "other.txt"),
        (("document", "sha256"), "0" * 64),
        (("document", "extractor"), "plain/0"),
        (("text",), "The Zorblax bridge was opened in 1932."),
        (("start",), 1),
        (("start",), -len(BRIDGE)),
        (("end",), 10**30),
        (("end",), 0),
        (("highlights",), [{"start": 0, "end": 10_000}]),
        (("highlights",), [{"start": 5, "end": 2}]),
        (("highlights",), [{"start": 4, "end": 9}, {"start": 4, "end": 9}]),
    ],
)
def test_a_quote_is_gone(qa_bridge: qa.Edition, place: tuple[str, ...], value: object) -> None:
    record = put(sent(quote_json(qa_bridge.ask(QUESTION).quotes[0])), place, value)
    with pytest.raises(QuoteGone, match=r"^The document has changed or was removed since the answer was given\."):
        restore_quote(qa_bridge, record)


def test_markup_is_not_accepted_as_a_quote(tmp_path: Path) -> None:
    """Attack: a comment, or code that isn't quoted, passed off as a quote."""
    book = build_book(tmp_path, {"comet.md": "<!-- No tails -->\n\n# Comets\n\nComets have tails.\n"}).now()
    (quote,) = book.ask("What do comets have?").quotes
    text = book.document("comet.md").text
    for words, accepted in (("<!-- No tails -->", False), ("# Comets", True), ("Comets have tails.", True)):
        start = text.index(words)
        saved = {**sent(quote_json(quote)), "text": words, "start": start, "end": start + len(words), "highlights": []}
        if accepted:
            assert restore_quote(book, saved).text == words
        else:
            with pytest.raises(QuoteGone):
                restore_quote(book, saved)


def test_after_a_rebuild_valid_quotes_are_kept_and_the_others_counted(tmp_path: Path) -> None:
    book = build_book(tmp_path, FILES)
    answer = book.ask("What that is painted green did nobody come to?", k=5)
    given = answer.quotes or answer.nearest
    assert {quote.document.id for quote in given} >= {"bridge.txt", "again.txt"}
    record = sent(answer_json(answer))
    new = build_book(tmp_path, {**FILES, "bridge.txt": "Nothing is left of it.\n"}).now()
    again, gone = restore_answer(new, record)
    kept = again.quotes or again.nearest
    assert gone == tuple(n for n, quote in enumerate(given) if quote.document.id == "bridge.txt") != ()
    assert len(kept) == len(given) - len(gone)
    assert all(new.document(each.document.id).text[each.span.start : each.span.end] == each.text for each in kept)


@pytest.mark.parametrize("wrong", [None, 5, {}, {"text": "a"}, "highlights"])
def test_invalid_quotes_count_as_gone_and_the_others_are_restored(qa_bridge: qa.Edition, wrong: object) -> None:
    answer = qa_bridge.ask("How tall is Mount Everest?")
    record = sent(answer_json(answer))
    first = record["nearest"][0]
    if wrong == "highlights":
        wrong = {**first, "highlights": [{"start": first["start"], "end": first["start"]}] * 201}
    again, gone = restore_answer(qa_bridge, {**record, "nearest": [wrong, *record["nearest"]]})
    assert gone == (0,) and again.nearest == tuple(map(rounded, answer.nearest))


def test_only_shown_quotes_count_as_gone(qa_bridge: qa.Edition) -> None:
    record = sent(answer_json(qa_bridge.ask(QUESTION)))
    again, gone = restore_answer(qa_bridge, {**record, "answered": False, "state": "unsure", "nearest": [5]})
    assert (again.quotes, again.nearest, gone) == ((), (), (0,))
    again, gone = restore_answer(qa_bridge, {**record, "nearest": [5]})
    assert again.quotes and (again.nearest, gone) == ((), ())


def test_an_answer_to_the_longest_question_of_a_chat_comes_back(qa_bridge: qa.Edition) -> None:
    record = sent(answer_json(qa_bridge.ask(QUESTION)))
    again, _ = restore_answer(qa_bridge, {**record, "searched_for": "a" * MAX_QUESTION + " " + "b" * MAX_QUESTION})
    assert again.quotes


def test_sizes_are_limited(qa_bridge: qa.Edition) -> None:
    record = sent(answer_json(qa_bridge.ask(QUESTION)))
    first = record["quotes"][0]
    with pytest.raises(UsageError, match="more than 20 quotes"):
        restore_answer(qa_bridge, {**record, "quotes": [first] * 21})
    with pytest.raises(UsageError, match="more than 200 highlights"):
        restore_quote(qa_bridge, {**first, "highlights": first["highlights"] * 201})
    with pytest.raises(UsageError, match="question of the answer is too long"):
        restore_answer(qa_bridge, {**record, "question": "a" * 5000})


def test_the_state_of_an_answer_comes_back(qa_bridge: qa.Edition) -> None:
    record = sent(answer_json(qa_bridge.ask("How tall is Mount Everest?")))
    for state in ("unsure", "nothing found"):
        again, _ = restore_answer(qa_bridge, {**record, "state": state})
        assert (again.state, again.answered) == (state, False)
        assert again.nearest


def test_an_answer_of_an_earlier_version_has_no_state(qa_bridge: qa.Edition) -> None:
    for question, state in ((QUESTION, qa.State.ANSWERED), ("How tall is Mount Everest?", qa.State.UNSURE)):
        record = sent(answer_json(qa_bridge.ask(question)))
        del record["state"]
        again, _ = restore_answer(qa_bridge, record)
        assert again.state is state


@pytest.mark.parametrize("state", ["unsure", "nothing found", "sure", "", None, 5, ["answered"], {}])
def test_a_state_that_is_none_or_contradicts_is_refused(qa_bridge: qa.Edition, qa_sent: Any, state: object) -> None:
    with pytest.raises(UsageError, match=r"Invalid answer data\. Ask again\."):
        restore_answer(qa_bridge, {**qa_sent, "state": state})


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=6)
ANY_JSON = st.recursive(
    LEAVES | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["quotes", "text", "start"]), inner),
    max_leaves=6,
)
PLACES: list[tuple[str | int, ...]] = [
    ("question",), ("answered",), ("state",), ("confidence",), ("searched_for",), ("quotes",), ("nearest",),
    ("quotes", 0),
    *(("quotes", 0, name) for name in ("text", "start", "end", "highlights", "document")),
    *(("quotes", 0, name) for name in ("score", "elsewhere", "boxes")),
    *(("quotes", 0, "document", name) for name in ("id", "title", "path", "sha256", "extractor")),
    ("quotes", 0, "highlights", 0), ("quotes", 0, "elsewhere", 0, "start"), ("quotes", 0, "elsewhere", 0, "document"),
]  # fmt: skip


@settings(max_examples=400)
@given(place=st.sampled_from(PLACES), value=ANY_JSON)
def test_any_json_in_any_place_gives_true_quotes_or_a_usage_error(
    qa_bridge: qa.Edition, qa_sent: Any, place: tuple[str | int, ...], value: object
) -> None:
    record = put(qa_sent, place, value)
    try:
        answer, gone = restore_answer(qa_bridge, record)
    except UsageError as error:
        assert "\n" not in str(error)
        return
    json.dumps(answer_json(answer), allow_nan=False).encode()
    assert len(answer.quotes) + len(answer.nearest) + len(gone) == len(
        record["quotes" if answer.answered else "nearest"]
    )
    for quote in (*answer.quotes, *answer.nearest):
        text = qa_bridge.document(quote.document.id).text
        assert text[quote.span.start : quote.span.end] == quote.text
        assert all(quote.span.start <= mark.start <= mark.end <= quote.span.end for mark in quote.highlights)


@pytest.mark.parametrize("record", [None, 5, "quotes", [], {}, {"quotes": []}, {"text": "a"}])
def test_what_is_no_answer(qa_bridge: qa.Edition, record: object) -> None:
    with pytest.raises(UsageError, match=r"Invalid answer data\. Ask again\."):
        restore_answer(qa_bridge, record)
    with pytest.raises(UsageError, match=r"Invalid quote data\. Ask again\."):
        restore_quote(qa_bridge, record)
