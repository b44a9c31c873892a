"""An MCP server, which offers the functions of the API as tools for assistants.

Gradio has such a server of its own. Its tools return the `repr` of a dict instead of JSON, do not say
what kind of error there was, and fail wherever a login is required, because they call the server as a
client without one. So the protocol's own package serves them here, at the path where Gradio's server would be.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import mcp
from anyio.to_thread import run_sync
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from qa import ChapterVerseError, UsageError
from qa.web.api.endpoints import Api, Function
from qa.web.api.gradio import gr
from qa.web.http.errors import refusal
from qa.web.http.rate_limit import RateLimit, client_of
from qa.web.http.turns import Turns
from qa.web.page.request import BadRequest, json_of
from qa.web.state import AppState
from source import is_unicode, isolated, printable_json

Lifespan = Callable[[object], AbstractAsyncContextManager[None]]
_PATH = "/gradio_api/mcp"
_PACKAGE = Path(mcp.__file__).parent
_log = logging.getLogger("chapter-verse")


def mcp_routes(state: AppState, turns: Turns) -> tuple[list[Route], Lifespan]:
    """The routes of the MCP server, and the lifespan that must be active while they are served.

    The server has tools only, and keeps no sessions. `turns`: those of the page's requests, which calls share.
    """
    _silence()
    server: Server[object, Request] = Server("Chapter & Verse")
    tools = _Tools(Api(state), turns, lambda: server.request_context.request, state.changes)
    server.list_tools()(tools.list_tools)
    server.call_tool(validate_input=False)(tools.call_tool)  # the functions check their arguments
    manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True)
    routes = [Route(path, _Endpoint(manager), methods=["POST"]) for path in (_PATH, f"{_PATH}/")]
    return routes, lambda app: manager.run()


def _silence() -> None:
    """Silences the package: it logs invalid messages, with the questions in them, some through the root logger."""
    package = logging.getLogger("mcp")
    package.propagate = False
    package.addHandler(logging.NullHandler())
    logging.getLogger().addFilter(_is_from_elsewhere)


def _is_from_elsewhere(record: logging.LogRecord) -> bool:
    return not Path(record.pathname).is_relative_to(_PACKAGE)


class _Endpoint:
    """The ASGI app of a route. It is a class because Starlette would call a function with a `Request`."""

    def __init__(self, manager: StreamableHTTPSessionManager) -> None:
        self._manager = manager

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        try:
            await run_sync(_check_message, body)
        except BadRequest:
            error = "The request is not an MCP message in JSON, whose id is a string or a whole number."
            await refusal(400, "BadRequest", error)(scope, receive, send)
            return
        messages: list[Message] = [{"type": "http.request", "body": body}]

        async def receive_again() -> Message:
            return messages.pop() if messages else await receive()

        await self._manager.handle_request(scope, receive_again, send)


def _check_message(body: bytes) -> None:
    """Raises BadRequest for what the package fails on, or takes for a message that needs no answer."""
    message = json_of(body)
    if isinstance(message, dict) and "method" in message and "id" in message:
        number = message["id"]
        if isinstance(number, bool) or not isinstance(number, str | int):
            raise BadRequest("id")
        if isinstance(number, str) and not is_unicode(number):
            raise BadRequest("id")


class _Tools:
    """The functions of the API by name, and their descriptions."""

    def __init__(self, api: Api, turns: Turns, request: Callable[[], Request | None], changes: RateLimit) -> None:
        """`request`: the request that is being answered. `changes`: how often a client may change the documents."""
        self._request = request
        self._changes = changes
        self._tools = [_tool(function, changes=False) for function in api.reading]
        self._tools += [_tool(function, changes=True) for function in api.changing]
        self._changing = api.changing
        rebuilds = Turns(1)
        self._functions = {function.__name__: (function, turns) for function in api.reading}
        self._functions |= {function.__name__: (function, rebuilds) for function in api.changing}

    async def list_tools(self) -> list[types.Tool]:
        return self._tools

    async def call_tool(self, name: str, arguments: Mapping[str, Any]) -> types.CallToolResult:
        try:
            return _result(await self._call(name, arguments))
        except ChapterVerseError as error:
            return _result({"error": str(error), "title": type(error).__name__}, is_error=True)
        except Exception as error:
            _log.error("The tool %s has failed.", name, exc_info=error)
            message = "Something went wrong on the server. Its log has the details."
            return _result({"error": message, "title": "Error"}, is_error=True)

    async def _call(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        function, turns = self._function(name)
        _check(function, arguments)
        request = self._request()
        client = client_of(request.scope) if request else ""
        if function in self._changing:
            self._changes.count(client)
        async with turns.slot(client):
            if request and await request.is_disconnected():
                return {}  # to nobody: the client has gone
            return await run_sync(partial(function, **arguments), limiter=turns.threads)

    def _function(self, name: str) -> tuple[Function, Turns]:
        if name not in self._functions:
            raise UsageError(f"There is no tool {isolated(repr(name))}. Call one of {', '.join(self._functions)}.")
        return self._functions[name]


def _tool(function: Function, *, changes: bool) -> types.Tool:
    description, parameters, _ = gr.utils.get_function_description(function)
    schema = TypeAdapter(function).json_schema()  # type: ignore[arg-type]
    for name, text in parameters.items():
        schema["properties"][name]["description"] = text
    hints = types.ToolAnnotations(readOnlyHint=not changes, openWorldHint=False)
    return types.Tool(name=function.__name__, description=description, inputSchema=schema, annotations=hints)


def _check(function: Function, arguments: Mapping[str, Any]) -> None:
    try:
        signature(function).bind(**arguments)
    except TypeError as error:
        names = ", ".join(signature(function).parameters) or "no arguments"
        raise UsageError(f"{function.__name__} takes {names} ({isolated(error)}).") from error


def _result(value: dict[str, Any], *, is_error: bool = False) -> types.CallToolResult:
    """The value as an object for programs, and as JSON text for models."""
    text = types.TextContent(type="text", text=printable_json(value))
    return types.CallToolResult(content=[text], structuredContent=value, isError=is_error)
