"""Puts the page on the network."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any

from starlette.middleware import Middleware
from uvicorn import Server

from qa.web.api.gradio import PatchedResponses, RequestErrors, gr, share, take_plain_values
from qa.web.http.access_log import AccessLog, name_requests
from qa.web.http.bodies import BodyLimits
from qa.web.http.concurrency import ConcurrencyLimit
from qa.web.http.config import MEGABYTE, Config
from qa.web.http.connections import Connections, most_connections
from qa.web.http.health import health
from qa.web.http.hosts import PortTakenError, TrustedHosts
from qa.web.http.login import Authenticator, Login
from qa.web.http.metrics import Metrics, metrics
from qa.web.http.rate_limit import RateLimit
from qa.web.http.security import Security
from qa.web.http.uploads import UploadGate, UploadSpool
from qa.web.page.actions import ActionRoute, actions
from qa.web.page.library.actions import Uploads
from qa.web.page.page import STYLE
from qa.web.state import AppState

# Fonts that are on the reader's machine; a theme's own would be fetched.
_SANS = (
    "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Noto Sans", "Liberation Sans", "Arial",
    "sans-serif",
)  # fmt: skip
_QUIET: dict[str, Any] = {
    "quiet": True, "share": False, "ssr_mode": False, "footer_links": [], "run_history": False,
    "enable_monitoring": False, "pwa": False, "mcp_server": False,
}  # fmt: skip
_LOGIN = "After five wrong passwords within a minute, wait for a minute."


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A page that is served at `address`."""

    address: str
    server: Server
    counts: Metrics

    def finish(self, seconds: float) -> None:
        """Takes no more requests, and waits until those that have come are answered, so long at the most."""
        self.server.should_exit = True
        until = monotonic() + seconds
        while self.counts.working and monotonic() < until:
            sleep(0.05)
        sleep(0.1)  # the last bytes are on their way


def launch(
    app: gr.Blocks,
    host: str,
    port: int,
    state: AppState | None = None,
    rules: Config = Config(),  # noqa: B008
) -> RunningServer:
    """Serves the page in threads of its own. Raises PortTakenError.

    `state`: whose health is told, and whose uses are tools.
    """
    theme = gr.themes.Base(font=_SANS, font_mono=("ui-monospace", "Consolas", "monospace"))
    room, limits = UploadSpool(rules.limits, app.upload_file_set), rules.limits
    names, door = TrustedHosts.of(host, rules.root), Authenticator(rules.passwords) if rules.passwords else None
    name_requests()
    take_plain_values(app)
    app.queue(max_size=limits.asked, api_open=False)
    share(app, limits.asked + limits.streams)
    endpoints = {str(function.api_name) for function in app.fns.values()}
    counts = Metrics(endpoints)
    around = _around(names, door, endpoints, room, counts, rules)
    try:
        app.launch(
            server_name=host,
            server_port=port,
            prevent_thread_lock=True,
            theme=theme,
            head=f"<style>{STYLE.read_text(encoding='utf-8')}</style>",  # as css Gradio would take its selectors apart
            root_path=rules.root,
            state_session_capacity=1,  # it would keep what each program has sent last; nothing here needs that
            max_file_size=rules.max_upload * MEGABYTE,
            auth=door and door.admits,
            auth_message=_LOGIN,
            app_kwargs={
                "middleware": around,
                **_beside(app, state, counts, rules),
            },
            **_QUIET,
        )
    except OSError as error:  # another program has come between, or has the port at another address of this machine
        raise PortTakenError.of(port) from error
    room.keep()
    app.app.uploaded_file_dir = str(room.folder)
    app.server.config.http_protocol_class = Connections(most_connections())
    return RunningServer(str(app.local_url), app.server, counts)


def _around(
    names: TrustedHosts,
    door: Authenticator | None,
    endpoints: Set[str],
    room: UploadSpool,
    counts: Metrics,
    rules: Config,
) -> list[Middleware]:
    """What every request goes through, in this order."""
    uploads = RateLimit(rules.limits.uploads)
    return [
        Middleware(AccessLog, counts, rules.tell),
        Middleware(Security, names, endpoints, read_only=rules.read_only),
        Middleware(RequestErrors),
        *([Middleware(Login, door)] if door else []),
        Middleware(UploadGate, room, uploads, rules.max_upload),
        Middleware(BodyLimits, rules.max_upload),
        Middleware(ConcurrencyLimit, rules.limits),
        Middleware(PatchedResponses),
    ]


def _beside(app: gr.Blocks, state: AppState | None, counts: Metrics, rules: Config) -> dict[str, Any]:
    """What is served beside the page."""
    if state is None:
        return {}
    acts = ActionRoute(actions(state, Uploads(app, rules.limits.room)), rules.limits, state.changes)
    routes = [
        health(lambda: state.book, brief=rules.passwords is not None),
        metrics(lambda: state.book, counts),
        *acts.routes,
    ]
    if not rules.mcp:
        return {"routes": routes}
    from qa.web.api.mcp import tools  # its package is an extra

    more, lifespan = tools(state)
    return {"routes": [*routes, *more], "lifespan": lifespan}
