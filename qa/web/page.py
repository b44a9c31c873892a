"""The page: what stands where, and which handler each thing calls."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.web import texts
from qa.web.chat import Chat
from qa.web.desk import Desk
from qa.web.endpoints import publish
from qa.web.handlers import Handlers
from qa.web.quick_import import gr

_HERE = Path(__file__).parent
# Every event is private: programs use the named endpoints.
_PRIVATE: dict[str, Any] = {"api_visibility": "private"}
_QUIET: dict[str, Any] = {**_PRIVATE, "show_progress": "hidden"}
# A question that comes while the answer before it is still being sent waits; by default Gradio would drop it.
_ASKING: dict[str, Any] = {
    **_QUIET, "trigger_mode": "always_last", "concurrency_limit": 4, "concurrency_id": "ask",
}  # fmt: skip
_READING: dict[str, Any] = {**_QUIET, "concurrency_limit": 8, "concurrency_id": "read"}
_REBUILDING: dict[str, Any] = {**_PRIVATE, "concurrency_limit": 1, "concurrency_id": "rebuild"}
_NAME = texts.NAME.replace("&", "<em>&amp;</em>")
_HEADER = f"<div class='wordmark'><h1>{_NAME}</h1><p>{texts.TAGLINE}</p></div>"


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the handlers read and write."""

    chat: gr.State
    opened: gr.State
    clear: gr.Button
    rebuild: gr.Button
    conversation: gr.HTML
    notice: gr.HTML
    question: gr.Textbox
    among: gr.Dropdown
    send: gr.Button
    reading: gr.HTML


def create_app(desk: Desk) -> gr.Blocks:
    """The web chat over the desk's book, with the named endpoints; not launched yet."""
    on = Handlers(desk)
    app = gr.Blocks(title=texts.NAME, analytics_enabled=False, fill_width=True, fill_height=True)
    with app:
        # First: Gradio names every event after its function, and whoever comes first has the name.
        publish(desk)
        parts = _lay_out(on.greet(Chat()))
        app.load(on.greet, parts.chat, parts.conversation, **_QUIET)
        app.load(on.choices, None, parts.among, **_QUIET)
        _wire(on, parts)
    return app


def _lay_out(welcome: str) -> _Parts:
    chat, opened = gr.State(Chat()), gr.State(None)
    with gr.Row(elem_id="header"):
        gr.HTML(_HEADER, apply_default_css=False, js_on_load=None)
        clear = gr.Button(texts.CLEAR, elem_id="clear", size="sm", min_width=0)
        rebuild = gr.Button(texts.REBUILD, elem_id="rebuild", size="sm", min_width=0)
    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="chat"):
            conversation = _html("conversation", welcome)
            notice = gr.HTML("", elem_id="notice", apply_default_css=False, js_on_load=None)
            among = gr.Dropdown([], value=[], multiselect=True, visible=False, label=texts.AMONG, elem_id="among")
            with gr.Row(elem_id="composer"):
                question = gr.Textbox(
                    label=texts.QUESTION, placeholder=texts.PLACEHOLDER, elem_id="question",
                    show_label=False, container=False, lines=1, max_lines=6, autofocus=True,
                )  # fmt: skip
                send = gr.Button(texts.ASK, elem_id="ask", variant="primary", min_width=0)
        reading = _html("reading", "")
    return _Parts(chat, opened, clear, rebuild, conversation, notice, question, among, send, reading)


def _html(name: str, value: str) -> gr.HTML:
    """A place for HTML made in Python. The text of documents never reaches a template of Gradio's."""
    script = (_HERE / f"{name}.js").read_text(encoding="utf-8")
    return gr.HTML(value, elem_id=name, apply_default_css=False, js_on_load=script)


def _wire(on: Handlers, parts: _Parts) -> None:
    asked = [parts.chat, parts.conversation, parts.question, parts.notice]
    read = [parts.opened, parts.reading, parts.notice]
    given = [parts.question, parts.chat, parts.among]
    asking = gr.on([parts.question.submit, parts.send.click], on.ask, given, asked, **_ASKING)
    trying = parts.conversation.select(on.ask_example, [parts.chat, parts.among], asked, **_ASKING)
    parts.conversation.click(on.open, parts.chat, read, **_READING)
    parts.reading.click(on.more, parts.opened, read, **_READING)
    emptied = [parts.chat, parts.conversation, *read]
    parts.clear.click(on.clear, None, emptied, cancels=[asking, trying], **_QUIET)
    done = [parts.notice, parts.conversation, parts.among]
    parts.rebuild.click(on.rebuild, parts.chat, done, show_progress_on=parts.notice, **_REBUILDING)
