"""The response to a request that is refused, in the form that errors of the endpoints have."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse


def refusal(status: int, title: str, error: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The response with `title`, the kind of error for programs, and `error`, what is wrong and what to do."""
    return JSONResponse({"error": error, "title": title}, status, headers)


def not_served() -> JSONResponse:
    """The response where there is nothing."""
    return refusal(404, "NotServed", "Not found. docs/api.md lists what this server offers.")


def try_again(seconds: int) -> str:
    """The sentence that says when to retry.

    >>> try_again(1), try_again(2)
    ('Try again in 1 second.', 'Try again in 2 seconds.')
    """
    return f"Try again in {seconds} second{'s' if seconds != 1 else ''}."
