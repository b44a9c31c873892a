"""Serves the page, the endpoints and the tools over HTTP."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import monotonic, sleep
from typing import Any

import uvicorn
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from qa.web.api.calls import share_queue
from qa.web.api.gradio import (
    STATIC_FOLDERS,
    PatchedResponses,
    RequestErrors,
    WholePaths,
    accept_plain_values,
    describe_api,
    gr,
    listening,
    log_errors,
)
from qa.web.api.results import PendingResults, bound_queue
from qa.web.http.access_log import AccessLog, log_request_ids
from qa.web.http.bodies import BodyLimits
from qa.web.http.concurrency import ConcurrencyLimit
from qa.web.http.config import MEGABYTE, Config
from qa.web.http.connections import Connections, max_connections
from qa.web.http.error_log import bound_error_log
from qa.web.http.health import health_route
from qa.web.http.hosts import TrustedHosts, listen, url_of
from qa.web.http.login import Authenticator, Login, session_tokens
from qa.web.http.logout import logout_route
from qa.web.http.metrics import Metrics, metrics_route
from qa.web.http.rate_limit import RateLimit
from qa.web.http.security import Security
from qa.web.http.static_files import StaticFiles
from qa.web.http.upload_route import upload_routes
from qa.web.http.uploads import UploadGate, UploadSpool
from qa.web.page.actions import ActionRoute, actions
from qa.web.page.library.actions import Uploads
from qa.web.page.page import STYLE
from qa.web.page.scripts import script
from qa.web.state import AppState

# Fonts that readers have installed. A theme's own would be fetched from the web.
_SANS = (
    "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Noto Sans", "Liberation Sans", "Arial",
    "sans-serif",
)  # fmt: skip
_LAUNCH_OPTIONS: dict[str, Any] = {
    "quiet": True, "share": False, "ssr_mode": False, "footer_links": [], "run_history": False,
    "enable_monitoring": False, "pwa": False, "mcp_server": False,
}  # fmt: skip
# Gradio's login page has fixed labels and error texts, and doesn't show when a client has to wait; so this says it.
_LOGIN_MESSAGE = "Sign in to Chapter &amp; Verse. After five wrong passwords, wait a minute and try again."


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that is running, with the page at `address`."""

    address: str
    server: uvicorn.Server
    metrics: Metrics

    def finish(self, seconds: float) -> None:
        """Stops accepting requests, and waits at most `seconds` for those in progress."""
        self.server.should_exit = True
        until = monotonic() + seconds
        while self.metrics.requests_in_progress and monotonic() < until:
            sleep(0.05)
        sleep(0.1)  # for the last bytes to be sent


def launch(
    app: gr.Blocks,
    host: str,
    port: int,
    state: AppState | None = None,
    config: Config = Config(),  # noqa: B008
) -> RunningServer:
    """Serves the page in background threads. Raises PortTakenError and UsageError.

    `state`: used by the page's actions, health, metrics and tools; without it, only the page is served.
    """
    limits, sockets = config.limits, listen(host, port)
    spool = UploadSpool(limits)
    security = partial(
        Security, hosts=TrustedHosts.of(host, config.root), endpoints=_endpoints(app),
        read_only=bool(state and state.read_only),
    )  # fmt: skip
    authenticator = Authenticator(config.passwords) if config.passwords else None
    metrics = Metrics(_endpoints(app))
    log_request_ids()
    log_errors()
    accept_plain_values(app)
    app.queue(max_size=2 * limits.pending, api_open=False)
    bound_queue(app, limits)
    share_queue(app)
    # Log and security come before everything else, Gradio's own middleware included.
    configure = partial(_server_config, wrap=lambda inner: AccessLog(security(inner), metrics, config.log))
    with listening(sockets, url_of(host, port), configure):
        app.launch(
            server_name=host,
            server_port=port,
            prevent_thread_lock=True,
            theme=gr.themes.Base(font=_SANS, font_mono=("ui-monospace", "Consolas", "monospace")),
            head=f"<style>{STYLE.read_text(encoding='utf-8')}</style>",  # Gradio would rewrite the selectors of `css`
            root_path=config.root,
            state_session_capacity=1,  # Gradio would keep each program's last values, which nothing here needs
            max_file_size=config.max_upload * MEGABYTE,
            auth=authenticator and authenticator.authenticate,
            auth_message=_LOGIN_MESSAGE,
            app_kwargs={
                "middleware": _middleware(authenticator, spool, config),
                **_routes(state, spool, metrics, config),
            },
            **_LAUNCH_OPTIONS,
        )
    describe_api(app)
    spool.start_cleanup()
    app.app.tokens = session_tokens()  # Gradio would keep them forever
    app.app.uploaded_file_dir = str(spool.folder)  # Gradio looks for some files there, so it must be private
    return RunningServer(str(app.local_url), app.server, metrics)


def _endpoints(app: gr.Blocks) -> set[str]:
    return {str(function.api_name) for function in app.fns.values()}


def _server_config(app: ASGIApp, wrap: Callable[[ASGIApp], ASGIApp]) -> uvicorn.Config:
    """The server's configuration: connections have limits, and the log too; there are no web sockets."""
    config = uvicorn.Config(
        wrap(app),
        log_level="warning",
        http=Connections(max_connections()),  # type: ignore[arg-type]
        ws="none",
        forwarded_allow_ips=os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1"),
    )
    bound_error_log()
    return config


def _middleware(authenticator: Authenticator | None, spool: UploadSpool, config: Config) -> list[Middleware]:
    """The middleware inside Gradio's own, in this order."""
    return [
        Middleware(WholePaths),
        Middleware(RequestErrors),
        *([Middleware(Login, authenticator, config.root)] if authenticator else []),
        Middleware(UploadGate, spool, RateLimit(config.limits.upload_allowance), config.max_upload),
        Middleware(BodyLimits, config.max_upload),
        Middleware(PendingResults),
        Middleware(ConcurrencyLimit, config.limits),
        Middleware(PatchedResponses),
    ]


def _routes(state: AppState | None, spool: UploadSpool, metrics: Metrics, config: Config) -> dict[str, Any]:
    """The routes besides Gradio's own, as arguments of the app; with a lifespan if they need one."""
    page_script = script()
    files = StaticFiles(STATIC_FOLDERS, {page_script.path: page_script.text})
    routes = [*files.routes, *upload_routes(spool), *([logout_route()] if config.passwords else [])]
    if state is None:
        return {"routes": routes}
    uploads = Uploads(spool, config.limits.uploaded_megabytes)
    acts = ActionRoute(actions(state, uploads), config.limits, state.changes)
    routes += [
        health_route(lambda: state.book, brief=config.passwords is not None),
        metrics_route(lambda: state.book, metrics),
        *acts.routes,
    ]
    if not config.mcp:
        return {"routes": routes}
    from qa.web.api.mcp import mcp_routes  # its package is an extra

    tool_routes, lifespan = mcp_routes(state, acts.turns)
    return {"routes": [*routes, *tool_routes], "lifespan": lifespan}
