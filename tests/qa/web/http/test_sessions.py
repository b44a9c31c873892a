"""The sessions of browsers: their cookies, and when they end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

import httpx
import pytest
from qa_fixtures import served_book

from qa.web.http import login
from qa.web.http.config import Config
from qa.web.http.passwords import Hash, Passwords, hash_password

pytestmark = pytest.mark.filterwarnings("ignore")
FORM = {"username": "anna", "password": "open sesame"}


@contextmanager
def serving(folder: Path, root: str = "", **headers: str) -> Iterator[httpx.Client]:
    """A client of a server with a login, which sends these headers."""
    passwords = Passwords({"anna": Hash.parse(hash_password("open sesame"))})
    with (
        served_book(folder, Config(passwords=passwords, root=root)) as (address, _, _),
        httpx.Client(base_url=address, timeout=30, headers=headers) as client,
    ):
        yield client


def cookie_of(response: httpx.Response) -> tuple[str, str, set[str]]:
    """Name, value and attributes of the only cookie in a response."""
    (header,) = response.headers.get_list("set-cookie")
    pair, *attributes = header.split("; ")
    name, _, value = pair.partition("=")
    return name, value, {attribute.lower() for attribute in attributes}


@pytest.mark.parametrize(
    ("root", "headers", "path"),
    [
        ("https://docs.example/qa", {"host": "docs.example"}, "/qa"),
        ("https://docs.example", {"host": "docs.example"}, "/"),
        ("/qa", {"x-forwarded-proto": "https"}, "/qa"),
    ],
)
def test_over_https_a_session_is_never_sent_in_clear_text(
    tmp_path: Path, root: str, headers: dict[str, str], path: str
) -> None:
    """Attack: listening for the cookie that a browser sends when its user opens the host over plain HTTP."""
    with serving(tmp_path, root, **headers) as client:
        name, token, attributes = cookie_of(client.post("/login", data=FORM))
        assert attributes == {"httponly", "secure", "samesite=lax", f"path={path}", "max-age=43200"}
        client.cookies.clear()
        assert client.get("/config", headers={"cookie": f"{name}={token}"}).status_code == 200
        in_clear = name.replace("access-token-", "access-token-unsecure-")
        assert client.get("/config", headers={"cookie": f"{in_clear}={token}"}).status_code == 401
        logged_out = client.post("/logout", headers={"cookie": f"{name}={token}"})
        assert {"secure", f"path={path}", "max-age=0"} <= cookie_of(logged_out)[2]
        assert client.get("/config", headers={"cookie": f"{name}={token}"}).status_code == 401


def test_over_plain_http_a_session_has_one_cookie_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "_SESSION", 2)
    with serving(tmp_path) as client:
        name, token, attributes = cookie_of(client.post("/login", data=FORM))
        assert attributes == {"httponly", "samesite=lax", "path=/", "max-age=2"}
        client.cookies.clear()
        session = {"cookie": f"{name}={token}"}
        assert client.get("/config", headers=session).status_code == 200
        assert client.get("/config", auth=("anna", "open sesame")).status_code == 200
        sleep(2.1)
        assert client.get("/config", headers=session).status_code == 401
        assert "Kalmar" not in client.get("/", headers=session).text
        assert client.get("/config", auth=("anna", "open sesame")).status_code == 200  # a program gets another one
