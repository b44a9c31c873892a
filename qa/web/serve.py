"""Serves the page, the endpoints and the tools over HTTP."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any

from starlette.middleware import Middleware
from uvicorn import Server

from qa.web.api.gradio import PatchedResponses, RequestErrors, accept_plain_values, bound_queue, gr
from qa.web.http.access_log import AccessLog, log_request_ids
from qa.web.http.bodies import BodyLimits
from qa.web.http.concurrency import ConcurrencyLimit
from qa.web.http.config import MEGABYTE, Config
from qa.web.http.connections import Connections, max_connections
from qa.web.http.health import health_route
from qa.web.http.hosts import PortTakenError, TrustedHosts
from qa.web.http.login import Authenticator, Login
from qa.web.http.metrics import Metrics, metrics_route
from qa.web.http.rate_limit import RateLimit
from qa.web.http.security import Security
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
    server: Server
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
    """Serves the page in background threads. Raises PortTakenError.

    `state`: used by the page's actions, health, metrics and tools; without it, only the page is served.
    """
    limits = config.limits
    spool = UploadSpool(limits)
    hosts = TrustedHosts.of(host, config.root)
    authenticator = Authenticator(config.passwords) if config.passwords else None
    endpoints = {str(function.api_name) for function in app.fns.values()}
    metrics = Metrics(endpoints)
    log_request_ids()
    accept_plain_values(app)
    app.queue(max_size=limits.pending, api_open=False)
    bound_queue(app, limits.pending + limits.streams)
    try:
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
                "middleware": _middleware(
                    hosts, authenticator, endpoints, spool, metrics, config, read_only=bool(state and state.read_only)
                ),
                **_routes(state, spool, metrics, config),
            },
            **_LAUNCH_OPTIONS,
        )
    except OSError as error:  # another program was quicker, or has the port at another address of this machine
        raise PortTakenError.of(port) from error
    spool.start_cleanup()
    app.app.uploaded_file_dir = str(spool.folder)  # Gradio looks for some files there, so it must be private
    app.server.config.http_protocol_class = Connections(max_connections())
    return RunningServer(str(app.local_url), app.server, metrics)


def _middleware(
    hosts: TrustedHosts,
    authenticator: Authenticator | None,
    endpoints: Set[str],
    spool: UploadSpool,
    metrics: Metrics,
    config: Config,
    *,
    read_only: bool,
) -> list[Middleware]:
    """The middleware that every request passes through, in this order."""
    return [
        Middleware(AccessLog, metrics, config.log),
        Middleware(Security, hosts, endpoints, read_only=read_only),
        Middleware(RequestErrors),
        *([Middleware(Login, authenticator)] if authenticator else []),
        Middleware(UploadGate, spool, RateLimit(config.limits.upload_allowance), config.max_upload),
        Middleware(BodyLimits, config.max_upload),
        Middleware(ConcurrencyLimit, config.limits),
        Middleware(PatchedResponses),
    ]


def _routes(state: AppState | None, spool: UploadSpool, metrics: Metrics, config: Config) -> dict[str, Any]:
    """The routes besides Gradio's own, as arguments of the app; with a lifespan if they need one."""
    routes = [script().route, *upload_routes(spool)]
    if state is None:
        return {"routes": routes}
    uploads = Uploads(spool, config.limits.uploaded_megabytes)
    routes += [
        health_route(lambda: state.book, brief=config.passwords is not None),
        metrics_route(lambda: state.book, metrics),
        *ActionRoute(actions(state, uploads), config.limits, state.changes).routes,
    ]
    if not config.mcp:
        return {"routes": routes}
    from qa.web.api.mcp import mcp_routes  # its package is an extra

    tool_routes, lifespan = mcp_routes(state)
    return {"routes": [*routes, *tool_routes], "lifespan": lifespan}
