"""What a browser may send to the page's one function: never does it go wrong, and nothing sent comes back as markup."""

from __future__ import annotations

import json
import logging
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import Any

import qa
from fuzz.asking import make_sources, question
from fuzz.files import ANSWER, QUOTE
from fuzz.jsons import changed, dumped, hostile, mutated_json
from qa.web.http.config import Allowance, Limits
from qa.web.http.rate_limit import RateLimit
from qa.web.http.uploads import UploadSpool
from qa.web.page.actions import ActionRoute, actions, data_of
from qa.web.page.library.actions import Uploads
from qa.web.page.request import BadRequest
from qa.web.state import AppState

_TAGS = frozenset(
    [
        "article",
        "aside",
        "b",
        "blockquote",
        "br",
        "button",
        "cite",
        "code",
        "datalist",
        "dd",
        "del",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "em",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "i",
        "img",
        "input",
        "label",
        "legend",
        "li",
        "main",
        "mark",
        "menu",
        "nav",
        "ol",
        "option",
        "output",
        "p",
        "path",
        "pre",
        "progress",
        "q",
        "section",
        "select",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "svg",
        "table",
        "tbody",
        "td",
        "textarea",
        "th",
        "thead",
        "time",
        "tr",
        "u",
        "ul",
        "var",
    ]
)
_MARKUP = {"html", "frame", "rows", "turns"}
"""The fields of an answer that are put into the page as HTML."""
_OFTEN = Allowance(1 << 30, 1 << 30)


class Page:
    """An input is a request's body."""

    seconds = 1.0

    def __init__(self, name: str, folder: Path | None) -> None:
        scratch = Path(tempfile.mkdtemp())
        qa.rebuild(scratch / "index", [make_sources(scratch / "sources")])
        self._state = AppState(scratch / "index")
        self._acts = ActionRoute(actions(self._state, Uploads(UploadSpool(Limits()))), Limits(), RateLimit(_OFTEN))
        self._log = _Log()
        logging.getLogger("chapter-verse").addHandler(self._log)
        self._documents = list(self._state.book.documents())
        self._answers = [
            qa.answer_json(self._state.book.ask(each)) for each in ("Who opened the bridge?", "How many sail?")
        ]

    def draw(self, random: Random) -> bytes:
        request = self._request(random)
        if random.random() < 0.7:
            request = changed(request, random)
        body = {"data": request}
        return dumped(body) if random.random() < 0.8 else mutated_json(body, random)

    def _request(self, random: Random) -> dict[str, Any]:
        answer = random.choice([ANSWER, *self._answers])
        quotes = [*answer["quotes"], *answer["nearest"]] or [QUOTE]
        document = random.choice(self._documents)
        opened = {"document": document.id, "sha256": document.sha256, "quotes": quotes, "query": question(random)[:50]}
        requests: list[dict[str, Any]] = [
            {"action": "welcome"},
            {"action": "draw", "answers": [answer, ANSWER]},
            {"action": "judge", "question": question(random), "history": ["Who?"], "quote": quotes[0], "right": True},
            {"action": "open", "quotes": quotes, "at": 0, "elsewhere": 1},
            {"action": "read", "document": document.id},
            {"action": "part", **opened, "offset": random.randrange(300), "answered": True},
            {"action": "part", **opened, "first": 0, "last": 5, "paged": random.random() < 0.5},
            {"action": "find", **opened},
            {"action": "library", "first": 0, "filter": question(random)[:20]},
            {"action": "progress", "ticket": "x"},
            {"action": "cancel", "ticket": "x"},
            {"action": "put_back", "documents": [question(random)]},
            {"action": "remove", "documents": [question(random)]},
            {"action": "add", "files": [{"name": question(random), "path": "/etc/passwd"}]},
            {"action": hostile(random)},
        ]
        if random.random() < 0.1:
            history = [question(random) for _ in range(3)]
            return {"action": "ask", "question": question(random), "history": history, "documents": [document.id]}
        return {**random.choice(requests), "language": random.choice(("en", "ru-RU", None, hostile(random)))}

    def check(self, data: bytes) -> None:
        self._log.error = None
        try:
            sent = data_of(data)
        except BadRequest:
            return
        response = self._acts.respond(sent, "client")
        if self._log.error:
            raise self._log.error
        assert response.status_code in (200, 429), "another status"
        said: dict[str, Any] = json.loads(bytes(response.body))
        for name in _MARKUP & said.keys():
            _Checked().feed("".join(said[name]))
        assert self._state.builds.now.state != "broken", "a build went wrong"


class _Log(logging.Handler):
    """What went wrong last."""

    error: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.error = record.exc_info[1]


class _Checked(HTMLParser):
    """Has only the tags that the page has, and nothing that runs."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _TAGS, f"the tag {tag}"
        for name, value in attrs:
            assert not name.startswith("on"), f"the attribute {name}"
            assert name not in {"href", "src"} or (value or "").startswith(("data:image/png;base64,", "#", "http")), (
                name
            )
