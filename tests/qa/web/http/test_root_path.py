"""The public path behind a reverse proxy, which the server itself never strips."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from qa_fixtures import served_book

from qa.web.http.config import Config
from qa.web.http.passwords import Hash, Passwords, hash_password

pytestmark = pytest.mark.filterwarnings("ignore")
PASSWORDS = Passwords({"anna": Hash.parse(hash_password("open sesame"))})


@pytest.mark.parametrize("root", ["/assets/qa", "/static", "/svelte", "/gradio_api/call"])
def test_a_path_that_looks_like_a_route_opens_no_other_route(root: str, tmp_path: Path) -> None:
    """Attack: requests below a public path that begins like a route without a login, a limit or a check."""
    question = {"data": {"action": "ask", "question": "What does the ferryman carry?"}}
    with (
        served_book(tmp_path, Config(passwords=PASSWORDS, root=root)) as (address, _, _),
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        for prefix in (root, f"{root}/x{root}", root + root):
            for method, path, sent in (
                ("POST", "/act", {"json": question}),
                ("POST", "/gradio_api/upload", {"files": {"files": ("a.txt", b"x")}}),
                ("POST", "/gradio_api/call/ask", {"json": {"data": ["What does the ferryman carry?", [], []]}}),
                ("GET", "/metrics", {}),
                ("GET", "/config", {}),
                ("GET", "/gradio_api/file=/etc/passwd", {}),
                ("GET", "/monitoring", {}),
            ):
                response = client.request(method, prefix + path, **sent)
                assert response.status_code in (401, 404, 405), (prefix, path, response.text[:100])
        assert client.get("/").status_code == 200
        assert client.post("/act", json=question).status_code == 401
        logged_in = client.post("/act", json=question, auth=("anna", "open sesame"))
        assert "nineteen clocks" in logged_in.text
