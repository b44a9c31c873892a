"""`GET /logout`: a page with a button that logs out.

Gradio itself logs out on GET, so a link on another site could log out whoever follows it. The button sends a POST, to
which the browser adds an `Origin`.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from qa.web.http.login import session_cookies

LOGOUT = "/logout"
# Addresses are relative, because behind a proxy the page may be below a path. A form would send `Origin: null`, as the
# page has the referrer policy `no-referrer`.
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Log out – Chapter &amp; Verse</title>
<style>
  :root { color-scheme: light dark }
  body { font: 1rem/1.5 system-ui, sans-serif; margin: 20vh auto; text-align: center }
  button { font: inherit; padding: .4em 1.5em }
</style>
<h1>Chapter &amp; Verse</h1>
<p>You will be logged out in all browsers.
<p><button>Log out</button>
<p><a href="./">Back to the page</a>
<script>
  document.querySelector("button").addEventListener("click", async () => {
    await fetch("", { method: "POST" });
    location.replace("./");
  });
</script>
</html>
"""


def logout_route() -> Route:
    """The route, for a server with a login."""

    async def answer(request: Request) -> Response:
        if request.method != "POST":
            return HTMLResponse(_PAGE, headers={"cache-control": "no-store"})
        response = Response(status_code=204)
        tokens, names = request.app.tokens, session_cookies(request.app)
        users = {tokens.get(request.cookies.get(name)) for name in names} - {None}
        for token in [token for token in list(tokens) if tokens.get(token) in users]:
            tokens.pop(token, None)
        for name in names:
            response.delete_cookie(name)
        return response

    return Route(LOGOUT, answer, methods=["GET", "POST"])
