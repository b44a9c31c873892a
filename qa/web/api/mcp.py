"""The endpoints' uses as tools of an MCP server, for assistants.

Gradio has such a server of its own. Its tools give Python's way of writing a
dict, not JSON, do not say what kind of error there was, and fail wherever a
login is asked for, because they call the server as a client that has none. So
this is the protocol's own package, at the address where Gradio's would be.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import mcp
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from qa import ChapterVerseError, UsageError
from qa.web.api.endpoints import Api, Use
from qa.web.api.gradio import gr
from qa.web.http.errors import refusal
from qa.web.http.rate_limit import client_of
from qa.web.page.request import BadRequest, json_of
from qa.web.state import AppState

Lifespan = Callable[[object], AbstractAsyncContextManager[None]]
_ADDRESS = "/gradio_api/mcp"
_PACKAGE = Path(mcp.__file__).parent
_log = logging.getLogger("chapter-verse")


def tools(state: AppState) -> tuple[list[Route], Lifespan]:
    """The routes of the MCP server, and what has to run while they are served. It has tools only, and no state."""
    _keep_quiet()
    server: Server[object, Request] = Server("Chapter & Verse")
    box = _Tools(Api(state), lambda: state.changes.count(_client(server)))
    server.list_tools()(box.listed)
    server.call_tool(validate_input=False)(box.called)  # the uses check what they are given
    manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True)
    routes = [Route(path, _Served(manager), methods=["POST"]) for path in (_ADDRESS, f"{_ADDRESS}/")]
    return routes, lambda app: manager.run()


def _keep_quiet() -> None:
    """The package logs messages that it does not understand, with the questions in them, part of it as nobody's."""
    package = logging.getLogger("mcp")
    package.propagate = False
    package.addHandler(logging.NullHandler())
    logging.getLogger().addFilter(_is_not_its)


def _is_not_its(record: logging.LogRecord) -> bool:
    return not Path(record.pathname).is_relative_to(_PACKAGE)


class _Served:
    """A class, because Starlette takes a function for one that answers a `Request`."""

    def __init__(self, manager: StreamableHTTPSessionManager) -> None:
        self._manager = manager

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        try:
            json_of(body)
        except BadRequest:
            await refusal(400, "BadRequest", "The request is no JSON; send a message of MCP.")(scope, receive, send)
            return
        messages: list[Message] = [{"type": "http.request", "body": body}]

        async def again() -> Message:
            return messages.pop() if messages else await receive()

        await self._manager.handle_request(scope, again, send)


class _Tools:
    def __init__(self, uses: Api, count: Callable[[], None]) -> None:
        """`count`: is called before a change, and raises TooOften."""
        self._count = count
        few, one = CapacityLimiter(4), CapacityLimiter(1)
        self._tools = [_tool(use, changes=False) for use in uses.reading]
        self._tools += [_tool(use, changes=True) for use in uses.changing]
        self._changing = uses.changing
        self._uses = {use.__name__: (use, few) for use in uses.reading}
        self._uses |= {use.__name__: (use, one) for use in uses.changing}

    async def listed(self) -> list[types.Tool]:
        return self._tools

    async def called(self, name: str, arguments: Mapping[str, Any]) -> types.CallToolResult:
        try:
            use, limiter = self._use(name)
            _check(use, arguments)
            if use in self._changing:
                self._count()
            return _result(await run_sync(partial(use, **arguments), limiter=limiter))
        except ChapterVerseError as error:
            return _result({"error": str(error), "title": type(error).__name__}, is_error=True)
        except Exception as error:
            _log.error("The tool %s has failed.", name, exc_info=error)
            said = "Something went wrong that should not; the server's log says what."
            return _result({"error": said, "title": "Error"}, is_error=True)

    def _use(self, name: str) -> tuple[Use, CapacityLimiter]:
        if name not in self._uses:
            raise UsageError(f"There is no tool {name!r}; call one of {', '.join(self._uses)}.")
        return self._uses[name]


def _client(server: Server[object, Request]) -> str:
    request = server.request_context.request
    return client_of(request.scope) if request else ""


def _tool(use: Use, *, changes: bool) -> types.Tool:
    description, parameters, _ = gr.utils.get_function_description(use)
    schema = TypeAdapter(use).json_schema()  # type: ignore[arg-type]
    for name, text in parameters.items():
        schema["properties"][name]["description"] = text
    hints = types.ToolAnnotations(readOnlyHint=not changes, openWorldHint=False)
    return types.Tool(name=use.__name__, description=description, inputSchema=schema, annotations=hints)


def _check(use: Use, arguments: Mapping[str, Any]) -> None:
    try:
        signature(use).bind(**arguments)
    except TypeError as error:
        names = ", ".join(signature(use).parameters) or "no argument"
        raise UsageError(f"{use.__name__} takes {names}, and cannot be called so ({error}).") from error


def _result(value: dict[str, Any], *, is_error: bool = False) -> types.CallToolResult:
    """As an object for programs, and as its JSON for models."""
    text = types.TextContent(type="text", text=json.dumps(value, ensure_ascii=False))
    return types.CallToolResult(content=[text], structuredContent=value, isError=is_error)
