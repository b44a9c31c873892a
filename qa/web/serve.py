"""Puts the page on the network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.middleware import Middleware

from qa.web.address import PortTakenError
from qa.web.guard import Guard, PlainPaths
from qa.web.quick_import import gr

_STYLE = Path(__file__).with_name("style.css")
# Fonts that are on the reader's machine; a theme's own would be fetched.
_SANS = (
    "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Noto Sans", "Liberation Sans", "Arial",
    "sans-serif",
)  # fmt: skip
_MARK = "c0-3 2-5 5-5v3c-1.5 0-2 .8-2 2h2v7z"
_ICON = (
    "<link rel='icon' href=\"data:image/svg+xml,"
    "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    f"%3Crect width='32' height='32' rx='7' fill='%239c2f22'/%3E%3Cpath d='M9 21V14{_MARK}m9 0V14{_MARK}'"
    " fill='%23fff'/%3E%3C/svg%3E\">"
)
_QUIET: dict[str, Any] = {
    "quiet": True, "share": False, "ssr_mode": False, "footer_links": [], "run_history": False,
    "enable_monitoring": False, "pwa": False, "max_file_size": "1b",  # nothing is uploaded
}  # fmt: skip


def launch(app: gr.Blocks, host: str, port: int) -> str:
    """Serves the page in threads of its own; returns its address. Raises PortTakenError."""
    theme = gr.themes.Base(font=_SANS, font_mono=("ui-monospace", "Consolas", "monospace"))
    try:
        app.launch(
            server_name=host,
            server_port=port,
            prevent_thread_lock=True,
            theme=theme,
            css_paths=_STYLE,
            head=_ICON,
            app_kwargs={"middleware": [Middleware(Guard), Middleware(PlainPaths)]},
            **_QUIET,
        )
    except OSError as error:  # another program has come between, or has the port at another address of this machine
        raise PortTakenError.of(port) from error
    return str(app.local_url)
