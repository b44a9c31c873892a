"""The page: one place of HTML that its own script fills and the server's actions answer, and the named endpoints."""

from __future__ import annotations

import json
from pathlib import Path

from qa.web.api.endpoints import publish
from qa.web.api.gradio import gr
from qa.web.page.frame import frame
from qa.web.page.library.uploads import MOST_FILES
from qa.web.page.texts import LANGUAGES, NAME
from qa.web.state import AppState

_FOLDER = Path(__file__).parent
_SCRIPTS = (
    "server.js", "chat/chats.js", "notices.js", "chat/turns.js", "chat/conversation.js", "document/document.js",
    "document/navigation.js", "library/builds.js", "library/library.js", "chat/export.js", "page.js",
)  # fmt: skip
STYLE = _FOLDER / "style.css"


def create_app(state: AppState, max_upload: int = 50) -> gr.Blocks:
    """The web chat and the named endpoints, not launched yet. `max_upload`: megabytes a file."""
    app = gr.Blocks(title=NAME, analytics_enabled=False, fill_width=True, fill_height=True)
    with app:
        publish(state)
        # The value never changes, so that Gradio draws it once; what the script puts there later is not its own.
        gr.HTML(
            "",
            elem_id="page",
            apply_default_css=False,
            js_on_load=_script(state, max_upload),
        )
    return app


def _script(state: AppState, max_upload: int) -> str:
    """The page's script, one scope for all of its files, with what it is to know of the server."""
    known = {
        "frames": {code: frame(texts, read_only=state.read_only) for code, texts in LANGUAGES.items()},
        "texts": {code: texts.plain() for code, texts in LANGUAGES.items()},
        "maxUpload": max_upload,
        "maxFiles": MOST_FILES,
    }
    files = [(_FOLDER / name).read_text(encoding="utf-8") for name in _SCRIPTS]
    return "\n".join([f"const KNOWN = {json.dumps(known)};", *files])
