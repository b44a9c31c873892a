"""What Gradio fails at: requests that its own page would not send, and whose errors it does not catch."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.web.refusal import refusal

_log = logging.getLogger("chapter-verse")


class Failing:
    """Answers 400 where an exception would be 500, with one line in the log and none of what was sent.

    What fails in answering is caught where it is answered, so that only the
    reading of a request is left.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            if scope["type"] != "http" or begun:
                raise
            _log.warning("A request to %.100r cannot be understood (%s).", scope["path"], type(error).__name__)
            said = "That request cannot be understood; docs/api.md says what is served."
            await refusal(400, "BadRequest", said)(scope, receive, send)
