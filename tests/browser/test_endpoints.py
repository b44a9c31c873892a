"""The endpoints: they return what the command line prints, and rebuild the index while others ask."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from .conftest import CALLED, ROOT, Server

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore")]

MASTER = "What is the harbour master of Lund called?"


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    client = Client(server.url, verbose=False)
    yield client
    client.close()


def call(client: Client, name: str, **arguments: Any) -> Any:
    return client.predict(api_name=name, **arguments)


def printed(*command: str) -> Any:
    """What a command prints with --json."""
    ran = subprocess.run(
        [sys.executable, "-m", *command, "--json"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return json.loads(ran.stdout)


def test_only_the_functions_of_the_api_are_published(client: Client) -> None:
    found = client.view_api(return_format="dict")["named_endpoints"]
    assert set(found) == {"/ask", "/retrieve", "/documents", "/rebuild"}


def test_ask(client: Client) -> None:
    """The path of the document comes as it is: `gradio_client` does not take it for a file to download."""
    answer = call(client, "/ask", question="Who is Wang Wen?")
    assert set(answer) == {"question", "answered", "state", "confidence", "searched_for", "quotes", "nearest"}
    assert answer["answered"] is True
    assert answer["quotes"][0]["text"].startswith("Wang Wen, executive Dean")
    assert answer["quotes"][0]["document"]["path"].endswith("valdai-russia-central-asia.txt")
    follow_up = call(client, "/ask", question="What did he say?", history=["Who is Wang Wen?"])
    assert "Wang Wen" in follow_up["searched_for"]


def test_retrieve(client: Client) -> None:
    found = call(client, "/retrieve", query="EurAsEC platform", k=2)
    assert [hit["rank"] for hit in found["hits"]] == [1, 2]
    assert "EurAsEC" in found["hits"][0]["text"]
    assert len(call(client, "/retrieve", query="EurAsEC platform")["hits"]) == 5


def test_documents(client: Client) -> None:
    whole = call(client, "/documents")
    assert whole["total"] == len(whole["documents"]) > 3
    assert set(whole["documents"][0]) == {"id", "title", "path", "format", "pages", "passages"}
    lanterns = next(each for each in whole["documents"] if each["id"] == "lanterns.pdf")
    assert (lanterns["title"], lanterns["format"], lanterns["pages"], lanterns["passages"]) == (
        "The Lanterns",
        "pdf",
        2,
        1,
    )
    part = call(client, "/documents", first=1, count=2)
    assert part == {"documents": whole["documents"][1:3], "total": whole["total"]}
    assert call(client, "/documents", first=1000) == {"documents": [], "total": whole["total"]}


@pytest.mark.parametrize("question", ["Who is Wang Wen?", "How tall is Mount Everest?"])
def test_the_answer_is_what_the_command_line_prints(client: Client, server: Server, question: str) -> None:
    assert call(client, "/ask", question=question) == printed("qa", "ask", question, "--index", str(server.index))


def test_passages_and_documents_are_what_the_command_line_prints(client: Client, server: Server) -> None:
    index = ["--index", str(server.index)]
    assert call(client, "/retrieve", query="EurAsEC platform") == printed("qa", "retrieve", "EurAsEC platform", *index)
    assert call(client, "/documents")["documents"] == printed("index", "documents", *index)["documents"]


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("/ask", {"question": " "}, "Please type a question."),
        ("/ask", {"question": "why " * 25_000}, "the limit is 2,000"),
        ("/ask", {"question": 7}, "question must be a string"),
        ("/ask", {"question": "Who?", "history": "Wang Wen"}, "history must be a list of strings"),
        ("/ask", {"question": "Who?", "documents": [1]}, "documents must be a list of strings"),
        ("/ask", {"question": "Who?", "documents": ["none"]}, "There is no document 'none'"),
        ("/retrieve", {"query": "river", "k": 0}, "k must be between 1 and 1000"),
        ("/retrieve", {"query": "river", "k": "many"}, "k must be a whole number"),
        ("/documents", {"first": -1}, "first must be at least 0"),
        ("/documents", {"count": 1001}, "count between 1 and 1000"),
        ("/documents", {"count": True}, "count must be a whole number"),
    ],
)
def test_invalid_calls_are_answered_in_one_sentence(
    client: Client, name: str, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(AppError, match=said) as caught:
        call(client, name, **arguments)
    assert "Traceback" not in str(caught.value)
    assert caught.value.title == ("DocumentMissing" if "no document" in said else "UsageError")


def test_a_rebuild_answers_from_the_new_text_without_a_restart(client: Client, server: Server) -> None:
    assert "Birgitta" not in call(client, "/ask", question=MASTER)["quotes"][0]["text"]
    (server.sources / "harbour.txt").write_text(CALLED.format(name="Birgitta"), encoding="utf-8")
    assert "Built" in call(client, "/rebuild")["report"]
    assert "Birgitta" in call(client, "/ask", question=MASTER)["quotes"][0]["text"]


def test_a_rebuild_that_fails_leaves_the_old_book(client: Client, server: Server) -> None:
    away = server.sources.rename(server.sources.with_name("away"))
    try:
        with pytest.raises(AppError, match="No such file or folder") as caught:
            call(client, "/rebuild")
    finally:
        away.rename(server.sources)
    assert caught.value.title == "SourceMissing"
    assert "Wang Wen" in call(client, "/ask", question="Who is Wang Wen?")["quotes"][0]["text"]
