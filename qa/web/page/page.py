"""The page: one place of HTML that its own script fills and the server's actions answer, and the named endpoints."""

from __future__ import annotations

import json
from pathlib import Path

from qa.web.api.endpoints import publish
from qa.web.api.gradio import gr
from qa.web.page.html import button, element, escaped
from qa.web.page.library.actions import MOST_FILES
from qa.web.page.scripts import script
from qa.web.page.texts import LANGUAGES, NAME, Texts
from qa.web.state import AppState

_NAME = escaped(NAME).replace("&amp;", "<em>&amp;</em>")


def frame(texts: Texts, *, read_only: bool) -> str:
    """Chats at the side, the conversation with its question box, room for a document, and the shelf of documents."""
    scrim = element("div", {"class": "scrim", "data-do": "menu"})
    beside = element("aside", {"class": "beside"})
    parts = (button("skip", texts.skip, "skip"), _side(texts), scrim, _chat(texts), beside, _shelf(texts, read_only))
    kind = "page read-only" if read_only else "page"
    return element("div", {"class": kind, "lang": texts.language}, *parts)


def _side(texts: Texts) -> str:
    chats = element("ul", {"class": "chats", "aria-label": texts.chats})
    options = [
        element(
            "option",
            {"value": code, "lang": code, **({"selected": ""} if code == texts.language else {})},
            each.language_name,
        )
        for code, each in LANGUAGES.items()
    ]
    language = element("select", {"class": "language", "aria-label": "Language / Язык"}, *options)
    library = button("library", texts.library, "side-button library")
    foot = element("div", {"class": "side-foot"}, library, language, button("appearance", texts.appearance, "icon"))
    new = button("new-chat", texts.new_chat, "side-button new-chat")
    top = element("div", {"class": "side-top"}, new, button("menu", texts.close_menu, "icon"))
    return element("nav", {"class": "side", "aria-label": texts.menu}, top, chats, foot)


def _chat(texts: Texts) -> str:
    turns = {"class": "turns", "role": "log", "aria-live": "polite", "aria-label": texts.conversation}
    conversation = element("div", {"class": "conversation", "tabindex": -1}, element("div", turns))
    undo = button("undo", texts.undo, hidden="")
    notice = element("p", {"class": "notice"}, element("span", {"role": "status"}), undo)
    asking = element("p", {"class": "asking", "hidden": ""}, element("span", {}), button("ask-all", texts.ask_all))
    foot = element("div", {"class": "foot"}, progress(texts), notice, asking, _composer(texts))
    return element("div", {"class": "chat"}, _top(texts), conversation, foot)


def _top(texts: Texts) -> str:
    mark = element("div", {"class": "wordmark"}, element("h1", {}, _NAME), element("p", {}, texts.tagline))
    ways = [("export-markdown", texts.as_markdown), ("export-json", texts.as_json), ("print", texts.print)]
    choices = element("div", {"class": "choices"}, *(button(does, label) for does, label in ways))
    export = element("details", {"class": "export"}, element("summary", {}, texts.export), choices)
    return element("header", {"class": "top"}, button("menu", texts.menu, "icon", aria_expanded="false"), mark, export)


def _composer(texts: Texts) -> str:
    box = {"rows": 1, "name": "question", "aria-label": texts.question, "placeholder": texts.placeholder}
    buttons = [
        element("button", {"type": "submit", "class": "ask"}, texts.ask),
        button("stop", texts.stop, "stop", hidden=""),
    ]
    editing = element("p", {"class": "editing", "hidden": ""}, texts.editing, " ", button("stop-editing", texts.cancel))
    return element("form", {"class": "composer"}, editing, element("textarea", box), *buttons)


def progress(texts: Texts) -> str:
    """How far a build is, with a way to end it."""
    bar = element("progress", {"max": 1, "value": 0, "aria-label": texts.building})
    words = element("span", {"role": "status"})
    return element("div", {"class": "building", "hidden": ""}, words, bar, button("cancel", texts.cancel))


def _shelf(texts: Texts, read_only: bool) -> str:
    title = element("h2", {}, texts.library)
    head = element("header", {}, title, button("close-library", texts.close_library, "icon"))
    changing = element("p", {"class": "note"}, texts.read_only) if read_only else _adding(texts)
    search = {
        "type": "search",
        "name": "filter",
        "aria-label": texts.filter,
        "placeholder": texts.filter,
        "autocomplete": "off",
    }
    tools = element("div", {"class": "tools"}, element("input", search))
    foot = "" if read_only else element("footer", {}, button("rebuild", texts.rebuild))
    outcome = element("div", {"class": "outcome", "role": "status", "tabindex": -1})
    rows = element("div", {"class": "rows", "tabindex": -1})
    inside = element("div", {}, head, changing, progress(texts), outcome, tools, rows, foot)
    return element("dialog", {"class": "shelf", "aria-label": texts.library}, inside)


def _adding(texts: Texts) -> str:
    files = element("input", {"type": "file", "multiple": "", "hidden": "", "aria-label": texts.add})
    drop = element("div", {"class": "drop"}, texts.drop, " ", button("choose", texts.choose), files)
    fields = [
        element("input", {"name": "title", "aria-label": texts.paste_title, "placeholder": texts.paste_title}),
        element(
            "textarea", {"name": "text", "rows": 6, "aria-label": texts.paste_text, "placeholder": texts.paste_text}
        ),
        element("button", {"type": "submit", "class": "ask"}, texts.paste_add),
    ]
    form = element("form", {"class": "paste"}, *fields)
    return element(
        "section", {"class": "adding"}, drop, element("details", {}, element("summary", {}, texts.paste), form)
    )


STYLE = Path(__file__).parent / "style.css"


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
    """Loads the page's script and starts it with what Gradio and the server give it."""
    known = {
        "frames": {code: frame(texts, read_only=state.read_only) for code, texts in LANGUAGES.items()},
        "texts": {code: texts.plain() for code, texts in LANGUAGES.items()},
        "maxUpload": max_upload,
        "maxFiles": MOST_FILES,
    }
    # Behind a reverse proxy the root is a path or an address of its own.
    return (
        f"const path = (window.gradio_config?.root ?? '') + {json.dumps(script().path)};\n"
        "const address = new URL(path, document.baseURI);\n"
        f"const known = {json.dumps(known)};\n"
        "import(address).then(({ start }) => start({ element, upload, known }));"
    )
