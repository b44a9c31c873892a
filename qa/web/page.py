"""The page: one place of HTML that its own script fills and the server's actions answer, and the named endpoints."""

from __future__ import annotations

import json
from pathlib import Path

from qa.web.desk import Desk
from qa.web.endpoints import publish
from qa.web.frame import frame
from qa.web.quick_import import gr
from qa.web.texts import LANGUAGES, NAME
from qa.web.uploads import MOST_FILES

_SCRIPTS = Path(__file__).with_name("page")
_ORDER = (
    "server",
    "chats",
    "notices",
    "turns",
    "conversation",
    "reading",
    "places",
    "builds",
    "library",
    "export",
    "page",
)


def create_app(desk: Desk, max_upload: int = 50) -> gr.Blocks:
    """The web chat over the desk's book, with the named endpoints; not launched yet. `max_upload`: megabytes a file."""
    app = gr.Blocks(title=NAME, analytics_enabled=False, fill_width=True, fill_height=True)
    with app:
        publish(desk)
        # The value never changes, so that Gradio draws it once; what the script puts there later is not its own.
        gr.HTML(
            "",
            elem_id="page",
            apply_default_css=False,
            js_on_load=_script(desk, max_upload),
        )
    return app


def _script(desk: Desk, max_upload: int) -> str:
    """The page's script, one scope for all of its files, with what it is to know of the server."""
    known = {
        "frames": {code: frame(texts, read_only=desk.read_only) for code, texts in LANGUAGES.items()},
        "texts": {code: texts.plain() for code, texts in LANGUAGES.items()},
        "maxUpload": max_upload,
        "maxFiles": MOST_FILES,
    }
    files = [(_SCRIPTS / f"{name}.js").read_text(encoding="utf-8") for name in _ORDER]
    return "\n".join([f"const KNOWN = {json.dumps(known)};", *files])
