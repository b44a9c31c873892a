"""The page's files: from memory, compressed once, and none that the page does not load."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from qa_fixtures import served_book

from qa.web.http.config import Config
from qa.web.page.scripts import script

pytestmark = pytest.mark.filterwarnings("ignore")
Served = tuple[httpx.Client, Path]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A client of a server, and the folder that its files come from."""
    from qa.web.api.gradio import STATIC_FOLDERS  # imports Gradio

    with (
        served_book(tmp_path_factory.mktemp("served"), Config()) as (address, _, _),
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        yield client, STATIC_FOLDERS["/assets/"]


def test_a_file_is_compressed_once(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attack: tiny requests, for each of which a large script would be compressed while everyone waits."""
    client, folder = served
    compressed, compress = list[bytes](), gzip.compress

    def counting(content: bytes, **options: Any) -> bytes:
        compressed.append(content)
        return compress(content, **options)

    monkeypatch.setattr(gzip, "compress", counting)
    file = max((file for file in folder.glob("*.js") if file.stat().st_size < 200_000), key=lambda f: f.stat().st_size)
    for encoding in ("gzip", "br", "br, gzip;q=0.5", "identity", "gzip"):
        got = client.get(f"/assets/{file.name}", headers={"accept-encoding": encoding})
        assert got.content == file.read_bytes()
        assert got.headers.get("content-encoding") == ("gzip" if "gzip" in encoding else None)
        assert "immutable" in got.headers["cache-control"]
    assert compressed == [file.read_bytes()]
    again = client.get(f"/assets/{file.name}", headers={"if-none-match": got.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_nothing_else_is_compressed(served: Served) -> None:
    """Attack: answers that are made for each request, compressed for each on the event loop."""
    client, _ = served
    for path in ("/theme.css", "/gradio_api/openapi.json", "/robots.txt", "/"):
        got = client.get(path, headers={"accept-encoding": "gzip, br"})
        assert got.status_code == 200 and "content-encoding" not in got.headers
    got = client.get(script().path, headers={"accept-encoding": "gzip, br"})
    assert got.text == script().text and got.headers["content-encoding"] == "gzip"


def test_a_file_too_large_to_be_the_pages_is_not_served(served: Served) -> None:
    """Attack: scripts of megabytes that this page has no use for, on many connections that do not read."""
    client, folder = served
    large = [file.name for file in folder.iterdir() if file.stat().st_size > 500_000]
    assert large
    for name in [*large, "missing.js", "", "../index.html", "%2e%2e/index.html"]:
        assert client.get(f"/assets/{name}").status_code == 404


def test_a_link_with_any_query_opens_the_page(served: Served) -> None:
    client, _ = served
    for query in ("page=zzz", "deep_link=zzz", "q=Who%3F", "__theme=dark", "%ff=%00"):
        for path in ("/", "/config"):
            assert client.get(f"{path}?{query}").text == client.get(path).text
