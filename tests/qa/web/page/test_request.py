"""Requests to the page's actions: a client may send anything and gets a sentence as an answer, within a second."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from index_fixtures import elsewhere
from qa_fixtures import build_book
from starlette.applications import Starlette
from starlette.testclient import TestClient

from index.folder.commit import writing
from qa.web.http.config import FEEDBACK, Allowance, Limits
from qa.web.http.rate_limit import RateLimit, current_client
from qa.web.http.uploads import UploadSpool
from qa.web.page.actions import Act, ActionRoute, actions
from qa.web.page.library.actions import LibraryFull, Uploads
from qa.web.page.request import BadRequest, Fields
from qa.web.page.texts import LANGUAGES
from qa.web.state import AppState

QUESTION = "What does the ferryman of Kalmar carry?"
QUOTE = "The ferryman of Kalmar carries nineteen clocks."
SCRIPT = "<script>alert(1)</script>"
FERRY = f"# The ferry\n\n{QUOTE} It leaves at dawn.\n\n{SCRIPT}\n"
LONG = "".join(f"On day {n} the keeper counted {n} lanterns and ﬁlled them.\n\n" for n in range(1500))
UNEXPECTED = LANGUAGES["en"].unexpected
REQUESTS = {
    "welcome": ["language"],
    "ask": ["question", "history", "documents"],
    "draw": ["answers"],
    "export": ["answers"],
    "open": ["quotes", "at", "elsewhere"],
    "part": ["document", "sha256", "quotes", "query", "offset", "first", "last", "paged"],
    "find": ["document", "sha256", "query"],
    "library": ["first", "filter"],
    "progress": ["language"],
    "judge": ["question", "history", "quote", "right"],
    "add": ["files"],
    "remove": ["documents"],
    "put_back": ["documents"],
    "cancel": ["ticket"],
    "__class__": ["language"],
}


def deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"quotes": value}
    return value


ODD: list[Any] = [
    None, True, 0, -1, 1 << 60, 1.5, 1e300, "", "x", "\0", "\ud800", "../../etc/passwd", [], {}, [None],
    [[]], [{}], ["\ud800"], {"a": 1}, [1] * 1000, deep(400), "x" * 100_000, ["x"] * 100_000,
]  # fmt: skip


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> AppState:
    folder = tmp_path_factory.mktemp("given")
    build_book(folder, {"ferry.md": FERRY, "long.txt": LONG})
    return AppState(folder / "index")


@pytest.fixture(scope="module")
def act(state: AppState) -> Act:
    return actions(state, Uploads(UploadSpool(Limits())))


@pytest.fixture(scope="module")
def answer(act: Act) -> dict[str, Any]:
    found = act({"action": "ask", "question": QUESTION})["answer"]
    assert found["quotes"][0]["text"] == QUOTE
    return dict(found)


@pytest.fixture(scope="module")
def said(act: Act) -> Callable[[Any], dict[str, Any]]:
    """A function that sends data to the actions' route and returns the answer."""
    client = TestClient(Starlette(routes=ActionRoute(act, Limits(), RateLimit(Allowance(10_000, 1))).routes))

    def ask(data: Any) -> dict[str, Any]:
        response = client.post("/act", content=json.dumps({"data": data}))
        assert response.status_code == 200
        return dict(response.json())

    return ask


def uploaded(text: str = QUOTE, limits: Limits | None = None) -> tuple[UploadSpool, Path]:
    """A spool, and a file that a client has just uploaded to it."""
    spool = UploadSpool(limits or Limits())
    path = spool.create("client")
    path.write_text(text)
    spool.keep(path)
    return spool, path


def settled(state: AppState) -> None:
    while state.builds.now.state == "running":
        pass


@pytest.mark.parametrize("name", REQUESTS)
def test_fields_of_any_kind_are_answered_in_a_sentence(
    state: AppState, said: Callable[[Any], dict[str, Any]], name: str
) -> None:
    settled(state)
    long = state.book.document("long.txt")
    right = {"document": long.id, "sha256": long.sha256}
    for field in REQUESTS[name]:
        for value in ODD:
            if (name, field) == ("ask", "question") and value == "x":
                continue  # a valid question
            given = said({"action": name, **right, field: value})
            assert given.get("error") not in {each.broken for each in LANGUAGES.values()}, (field, value)


@pytest.mark.parametrize("data", [None, 1, "act", [], [1], {"action": None}, {"action": ["ask"]}, deep(400)])
def test_invalid_requests_are_refused(act: Act, data: Any) -> None:
    assert act(data) == {"error": UNEXPECTED}


def sent(answer: dict[str, Any], count: int) -> list[dict[str, Any]]:
    return [{**answer, "quotes": answer["quotes"] * 5}] * count


@pytest.mark.parametrize(
    "fields",
    [
        lambda answer: {"action": "ask", "question": QUESTION, "documents": ["ferry.md"] * 400_000},
        lambda answer: {"action": "ask", "question": QUESTION, "history": ["."] * 900_000},
        lambda answer: {"action": "ask", "question": "x" * 4_000_000},
        lambda answer: {"action": "find", "query": "ﬁ" * 1_300_000},
        lambda answer: {"action": "find", "query": "ﬁ" * 19_000},
        lambda answer: {"action": "find", "query": "e"},
        lambda answer: {"action": "part", "query": "e", "first": 0, "last": 1 << 40},
        lambda answer: {"action": "part", "query": "e", "quotes": answer["quotes"] * 10_000},
        lambda answer: {"action": "open", "quotes": answer["quotes"] * 20},
        lambda answer: {"action": "draw", "answers": sent(answer, 100)},
        lambda answer: {"action": "draw", "answers": sent(answer, 5000)},
        lambda answer: {"action": "library", "filter": "a " * 2_000_000},
        lambda answer: {"action": "remove", "documents": ["x"] * 400_000},
        lambda answer: {"action": "add", "files": [{"name": "x" * 20_000, "path": "y"}] * 200},
        lambda answer: {"action": "judge", "question": QUESTION, "history": ["a b"] * 500_000},
    ],
)
def test_nothing_takes_more_than_a_second(
    state: AppState,
    act: Act,
    answer: dict[str, Any],
    within: Callable[[float], AbstractContextManager[None]],
    fields: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    settled(state)
    long = state.book.document("long.txt")
    asked = {"document": long.id, "sha256": long.sha256, **fields(answer)}
    with within(1.0):
        act(asked)


# Forged answers


def forged(answer: dict[str, Any], **fields: Any) -> dict[str, Any]:
    quote = answer["quotes"][0]
    document = {**quote["document"], **fields.pop("document", {})}
    return {**answer, "quotes": [{**quote, "document": document, **fields}], "nearest": []}


EVIL = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "The ferryman of Kalmar carries ninety clocks."},
        {"text": EVIL},
        {"start": 0, "end": 11},
        {"start": 1 << 47, "end": (1 << 47) + 47},
        {"start": -48, "end": -1},
        {"end": 0},
        {"highlights": [{"start": 0, "end": 5}]},
        {"highlights": [{"start": 30, "end": 40}, {"start": 20, "end": 25}]},
        {"document": {"id": "long.txt"}},
        {"document": {"id": "../ferry.md"}},
        {"document": {"id": EVIL}},
        {"document": {"sha256": "0" * 64}},
        {"document": {"extractor": "another/1"}},
        {
            "start": FERRY.index("<script>"),
            "end": FERRY.index("</script>"),
            "text": "<script>alert(1)",
            "highlights": [],
        },
    ],
)
def test_a_forged_quote_is_withheld(act: Act, answer: dict[str, Any], fields: dict[str, Any]) -> None:
    """Attack: a saved answer with other words."""
    false = forged(answer, **fields)
    drawn = act({"action": "draw", "answers": [false]})["turns"][0]
    assert 'class="gone"' in drawn
    assert "<q>" not in drawn
    assert EVIL not in drawn
    for request in ({"action": "open", "quotes": false["quotes"], "at": 0}, judged(false)):
        assert act(request) == {"error": LANGUAGES["en"].gone}


def judged(answer: dict[str, Any]) -> dict[str, Any]:
    return {"action": "judge", "question": QUESTION, "right": True, "quote": answer["quotes"][0]}


def test_of_a_true_quote_nothing_else_is_believed(act: Act, answer: dict[str, Any]) -> None:
    """Attack: a true quote with a forged title, place, score or path."""
    true = act({"action": "draw", "answers": [answer]})["turns"]
    evil = {"title": EVIL, "path": "/etc/passwd"}
    place = {"page": 7, "heading": [EVIL], "paragraph": 1, "line": 999}
    false = forged(answer, document=evil, place=place, html=EVIL, doubts=[EVIL], boxes=[])
    assert act({"action": "draw", "answers": [false]})["turns"] == [
        act({"action": "draw", "answers": [{**answer, "quotes": answer["quotes"][:1]}]})["turns"][0]
    ]
    assert EVIL not in true[0]


@pytest.mark.parametrize("score", [math.nan, math.inf, 1e300, "1", EVIL, None, [], True])
def test_an_answer_with_an_invalid_score_or_confidence_is_withheld(
    act: Act, answer: dict[str, Any], score: Any
) -> None:
    for false in (forged(answer, score=score), {**answer, "confidence": score}):
        drawn = act({"action": "draw", "answers": [false, answer]})["turns"]
        assert "<q>" not in drawn[0]
        assert "<q>" in drawn[1]


def test_words_of_a_forged_question_are_text(act: Act, answer: dict[str, Any]) -> None:
    drawn = act({"action": "draw", "answers": [{**answer, "question": EVIL, "searched_for": EVIL + " "}]})["turns"][0]
    assert EVIL not in drawn
    assert "&lt;img src=x onerror=alert(1)&gt;" in drawn


@pytest.mark.parametrize("question", ["\ud800", 7, None, ["x"], {"a": 1}, EVIL, "x" * 100_000])
def test_an_answer_that_cannot_be_read_is_drawn_without_harm(
    said: Callable[[Any], dict[str, Any]], question: Any
) -> None:
    drawn = said({"action": "draw", "answers": [{"question": question}]})["turns"]
    assert EVIL not in drawn[0]
    assert "<q>" not in drawn[0]


# Uploads


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../../etc/passwd", "", "/", "C:\\boot.ini", "\\\\server\\share\\a", "a\0b"]
)
def test_only_what_was_uploaded_can_be_added(act: Act, state: AppState, path: str) -> None:
    """Attack: any file of the machine, added by its path."""
    assert act({"action": "add", "files": [{"name": "a.txt", "path": path}]}) == {"error": UNEXPECTED}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../evil.txt", "evil.txt"),
        ("..\\..\\evil.txt", "evil.txt"),
        ("/etc/evil.txt", "evil.txt"),
        ("C:\\Windows\\evil.txt", "evil.txt"),
        ("\\\\server\\share\\evil.txt", "evil.txt"),
        ("con.txt", "_con.txt"),
        ("....txt", "document.txt"),
        ("evil\0.txt", "evil.txt"),
        ("evil.txt\u202e", "evil.txt"),
    ],
)
def test_an_upload_lands_in_its_folder_under_a_plain_name(tmp_path: Path, name: str, kept: str) -> None:
    build_book(tmp_path, {"ferry.md": FERRY})
    state = AppState(tmp_path / "index")
    spool, given = uploaded()
    uploads = Uploads(spool)
    files = uploads.uploaded([{"name": name, "path": str(given)}])
    added = uploads.add(state.library, files, lambda step, done, total: None)
    assert added.refused == ()
    assert [path.name for path in (tmp_path / "index" / "added").iterdir()] == [kept]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index", "sources"]
    assert not list(spool.folder.iterdir()) and not spool.has(str(given))


def test_an_upload_that_could_not_be_added_can_be_added_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is kept for as long as if it had just been sent."""
    build_book(tmp_path, {"ferry.md": FERRY})
    state, steps = AppState(tmp_path / "index"), set[str]()
    spool, given = uploaded(limits=Limits(upload_lifetime=60))
    sent = monotonic()
    monkeypatch.setattr("qa.web.http.uploads.monotonic", lambda: sent + 59)
    act = actions(state, Uploads(spool))
    asked = {"action": "add", "files": [{"name": "again.txt", "path": str(given)}]}
    monkeypatch.setattr("qa.library.PATIENCE", 0.3)
    with elsewhere(writing(tmp_path / "index")):
        begun = act(asked)
        while (now := act({"action": "progress", "ticket": begun["ticket"]}))["state"] == "running":
            steps.add(now["step"])
    assert now["state"] == "failed" and "is writing to" in now["report"]
    assert any("waiting" in step for step in steps)
    monkeypatch.setattr("qa.web.http.uploads.monotonic", lambda: sent + 118)
    spool.remove_expired()
    begun = act(asked)
    settled(state)
    assert act({"action": "progress", "ticket": begun["ticket"]})["state"] == "done"
    assert not given.exists() and not spool.has(str(given))
    assert act(asked) == {"error": UNEXPECTED}


def test_an_upload_is_added_once_however_often_it_is_asked_for(tmp_path: Path) -> None:
    """As by a double click, or by a retry after an answer that was lost."""
    build_book(tmp_path, {"ferry.md": FERRY})
    state = AppState(tmp_path / "index")
    spool, given = uploaded()
    act = actions(state, Uploads(spool))
    asked = {"action": "add", "files": [{"name": "twice.txt", "path": str(given)}]}
    with writing(tmp_path / "index"):
        tickets = [act(asked)["ticket"] for _ in range(2)]
        until = monotonic() + 10
        while (second := act({"action": "progress", "ticket": tickets[1]}))["state"] == "running":
            assert monotonic() < until
    assert second["report"].startswith("These files are already being added.")
    settled(state)
    assert act({"action": "progress", "ticket": tickets[0]})["state"] == "done"


def test_a_file_that_is_not_what_its_name_says_is_refused(tmp_path: Path) -> None:
    """Attack: a program called `a.pdf`."""
    build_book(tmp_path, {"ferry.md": FERRY})
    state = AppState(tmp_path / "index")
    contents = {
        "a.pdf": b"<html><script>alert(1)</script></html>",
        "b.docx": b"%PDF-1.7",
        "c.txt": b"MZ\0\0\x90\0\xff\xfe" * 99,
    }
    files = []
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        files.append((name, tmp_path / name))
    assert {name for name, _ in state.library.add(files).refused} == set(contents)


def test_the_documents_that_are_added_have_room_for_so_much(tmp_path: Path) -> None:
    build_book(tmp_path, {"ferry.md": FERRY})
    state = AppState(tmp_path / "index")
    spool = UploadSpool(Limits())
    uploads = Uploads(spool, most=1)
    for count, size in enumerate((600_000, 600_000)):
        given = spool.create("client")
        given.write_text(QUOTE * (size // len(QUOTE)))
        files = [(f"{count}.txt", given)]
        if not count:
            uploads.add(state.library, files, lambda step, done, total: None)
            continue
        with pytest.raises(LibraryFull, match="1 MB in total"):
            uploads.add(state.library, files, lambda step, done, total: None)
        assert given.exists()  # it can be added again once there is room


def test_lone_surrogates_are_refused_in_lists_too() -> None:
    given = Fields({"history": ["fine", "a\udfff"], "documents": ["é", "漢", "😀"]})
    with pytest.raises(BadRequest):
        given.texts("history")
    assert given.texts("documents") == ["é", "漢", "😀"]


def test_one_client_does_not_fill_the_file_of_verdicts(tmp_path: Path) -> None:
    """Attack: verdicts with long questions and histories, to fill the file that other users' feedback is kept in."""
    build_book(tmp_path, {"a.txt": "The ferry leaves at dawn.\n"})
    state = AppState(tmp_path / "index")
    state.feedback_allowance = RateLimit(FEEDBACK, now=lambda: 0.0)
    act = actions(state, Uploads(UploadSpool(Limits())))
    verdict = {"action": "judge", "right": True, "language": "en"}
    history = [f"{number} {'long ' * 390}" for number in range(8)]
    longest = {**verdict, "question": "long " * 400, "history": history}
    said = [act(longest) for _ in range(100)]
    assert "said" in said[0] and "Try again in" in said[-1]["error"]
    kept = state.feedback.read_bytes()
    assert 300_000 < len(kept) <= FEEDBACK.burst
    token = current_client.set("192.0.2.9")
    try:
        assert "said" in act({**verdict, "question": "When does the ferry leave?"})
    finally:
        current_client.reset(token)
    assert state.feedback.read_bytes().startswith(kept)


@pytest.mark.parametrize("slow", ["open", "read", "part", "find", "welcome"])
def test_a_large_document_does_not_take_the_slots_of_questions(slow: str) -> None:
    """Attack: one client has a document searched again and again, and nobody else gets an answer."""
    ended = threading.Event()

    def act(data: Any) -> dict[str, Any]:
        return {"done": data["action"] == "ask" or ended.wait(20)}

    route = ActionRoute(act, Limits(), RateLimit(Allowance(99, 1)))
    with TestClient(Starlette(routes=route.routes)) as client, ThreadPoolExecutor(7) as pool:
        waiting = [pool.submit(client.post, "/act", json={"data": {"action": slow}}) for _ in range(6)]
        try:
            question = pool.submit(client.post, "/act", json={"data": {"action": "ask"}})
            assert question.result(5).json() == {"done": True}
            assert not any(each.done() for each in waiting)
        finally:
            ended.set()
        assert all(each.result().json() == {"done": True} for each in waiting)
