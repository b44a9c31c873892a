"""The page: a Gradio app with the named endpoints and a frame that the page's script fills."""

from __future__ import annotations

import json
from pathlib import Path

from markupsafe import Markup

from qa.web.api.endpoints import publish
from qa.web.api.gradio import gr
from qa.web.page.html import button, element, escaped
from qa.web.page.library.actions import MOST_FILES
from qa.web.page.scripts import script
from qa.web.page.texts import LANGUAGES, NAME, Texts
from qa.web.state import AppState

_NAME = escaped(NAME).replace("&amp;", Markup("<em>&amp;</em>"))


def frame(texts: Texts, *, read_only: bool) -> Markup:
    """The empty page: places for the list of chats, the conversation, a document, and the library."""
    return element(
        "div",
        {"class": "page read-only" if read_only else "page", "lang": texts.language},
        button("skip", texts.skip, "skip"),
        _sidebar(texts),
        element("div", {"class": "scrim", "data-do": "menu"}),
        _conversation(texts),
        element("aside", {"class": "beside"}),
        _library(texts, read_only),
    )


def _sidebar(texts: Texts) -> Markup:
    new_chat = button("new-chat", texts.new_chat, "side-button new-chat")
    library = button("library", texts.library, "side-button library")
    appearance = button("appearance", texts.appearance, "icon")
    return element(
        "nav",
        {"class": "side", "aria-label": texts.menu},
        element("div", {"class": "side-top"}, new_chat, button("menu", texts.close_menu, "icon")),
        element("ul", {"class": "chats", "aria-label": texts.chats}),
        element("div", {"class": "side-foot"}, library, _languages(texts), appearance),
    )


def _languages(texts: Texts) -> Markup:
    options = [
        element(
            "option",
            {"value": code, "lang": code, **({"selected": ""} if code == texts.language else {})},
            escaped(language.language_name),
        )
        for code, language in LANGUAGES.items()
    ]
    return element("select", {"class": "language", "aria-label": "Language / Язык"}, *options)


def _conversation(texts: Texts) -> Markup:
    turns = {"class": "turns", "role": "log", "aria-live": "polite", "aria-label": texts.conversation}
    return element(
        "div",
        {"class": "chat"},
        _header(texts),
        element("div", {"class": "conversation", "tabindex": -1}, element("div", turns)),
        element("div", {"class": "foot"}, _build_progress(texts), _notice(texts), _selection(texts), _composer(texts)),
    )


def _header(texts: Texts) -> Markup:
    name = element("h1", {}, _NAME)
    formats = [("export-markdown", texts.as_markdown), ("export-json", texts.as_json), ("print", texts.print)]
    choices = element("div", {"class": "choices"}, *(button(action, label) for action, label in formats))
    return element(
        "header",
        {"class": "top"},
        button("menu", texts.menu, "icon", aria_expanded="false"),
        element("div", {"class": "wordmark"}, name, element("p", {}, escaped(texts.tagline))),
        element("details", {"class": "export"}, element("summary", {}, escaped(texts.export)), choices),
    )


def _build_progress(texts: Texts) -> Markup:
    """A build's progress with a button to cancel it, shown above the question box and in the library."""
    step = element("span", {"role": "status"})
    bar = element("progress", {"max": 1, "value": 0, "aria-label": texts.building})
    return element("div", {"class": "building", "hidden": ""}, step, bar, button("cancel", texts.cancel))


def _notice(texts: Texts) -> Markup:
    undo = button("undo", texts.undo, hidden="")
    return element("p", {"class": "notice"}, element("span", {"role": "status"}), undo)


def _selection(texts: Texts) -> Markup:
    """The line that says which documents are searched, if not all."""
    return element("p", {"class": "asking", "hidden": ""}, element("span", {}), button("ask-all", texts.ask_all))


def _composer(texts: Texts) -> Markup:
    stop_editing = button("stop-editing", texts.cancel)
    box = {"rows": 1, "name": "question", "aria-label": texts.question, "placeholder": texts.placeholder}
    return element(
        "form",
        {"class": "composer"},
        element("p", {"class": "editing", "hidden": ""}, escaped(texts.editing), escaped(" "), stop_editing),
        element("textarea", box),
        element("button", {"type": "submit", "class": "ask"}, escaped(texts.ask)),
        button("stop", texts.stop, "stop", hidden=""),
    )


def _library(texts: Texts, read_only: bool) -> Markup:
    title = element("h2", {}, escaped(texts.library))
    note = element("p", {"class": "note"}, escaped(texts.read_only))
    rebuild = element("footer", {}, button("rebuild", texts.rebuild))
    content = element(
        "div",
        {},
        element("header", {}, title, button("close-library", texts.close_library, "icon")),
        note if read_only else _adding(texts),
        _build_progress(texts),
        element("div", {"class": "outcome", "role": "status", "tabindex": -1}),
        element("div", {"class": "tools"}, _filter(texts)),
        element("div", {"class": "rows", "tabindex": -1}),
        *([] if read_only else [rebuild]),
    )
    return element("dialog", {"class": "shelf", "aria-label": texts.library}, content)


def _filter(texts: Texts) -> Markup:
    box = {"type": "search", "name": "filter", "aria-label": texts.filter, "placeholder": texts.filter}
    return element("input", {**box, "autocomplete": "off"})


def _adding(texts: Texts) -> Markup:
    files = element("input", {"type": "file", "multiple": "", "hidden": "", "aria-label": texts.add})
    choose = button("choose", texts.choose)
    title = {"name": "title", "aria-label": texts.paste_title, "placeholder": texts.paste_title}
    text = {"name": "text", "rows": 6, "aria-label": texts.paste_text, "placeholder": texts.paste_text}
    form = element(
        "form",
        {"class": "paste"},
        element("input", title),
        element("textarea", text),
        element("button", {"type": "submit", "class": "ask"}, escaped(texts.paste_add)),
    )
    return element(
        "section",
        {"class": "adding"},
        element("div", {"class": "drop"}, escaped(texts.drop), escaped(" "), choose, files),
        element("details", {}, element("summary", {}, escaped(texts.paste)), form),
    )


STYLE = Path(__file__).parent / "style.css"


def create_app(state: AppState, max_upload: int = 50) -> gr.Blocks:
    """The web chat and the named endpoints, not launched yet. `max_upload`: megabytes per file."""
    app = gr.Blocks(title=NAME, analytics_enabled=False, fill_width=True, fill_height=True)
    with app:
        publish(state)
        # The value never changes: Gradio draws it once and leaves alone what the script puts there.
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
        "const unreachable = () => (known.texts[navigator.language.slice(0, 2)] ?? known.texts.en).unreachable;\n"
        "import(address).then(\n"
        "  ({ start }) => start({ element, upload, known }),\n"
        "  () => { element.textContent = unreachable(); },\n"
        ");"
    )
