"""What is answered to a request that is not let in: a status, and why, in the form that the endpoints' errors have."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse


def refusal(status: int, title: str, error: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """`title`: what kind of refusal, for programs; `error`: one sentence that names the remedy, for people."""
    return JSONResponse({"error": error, "title": title}, status, headers)
