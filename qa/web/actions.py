"""What the server does for the page: all of it, or what a page for reading needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qa.web.acting import act_with
from qa.web.asking import Asking
from qa.web.desk import Desk
from qa.web.opening import Opening
from qa.web.shelving import Shelving
from qa.web.uploads import Uploads


def actions(desk: Desk, uploads: Uploads) -> Callable[[Any], dict[str, Any]]:
    """The one function that the page calls. What it sends is all checked: it may be anything."""
    asking, opening, shelving = Asking(desk), Opening(desk), Shelving(desk, uploads)
    reading = [
        asking.welcome, asking.ask, asking.draw,
        opening.open, opening.read, opening.part, opening.find,
        shelving.library, shelving.progress,
    ]  # fmt: skip
    changing = [
        asking.judge, shelving.add, shelving.remove, shelving.put_back, shelving.rebuild,
        shelving.cancel,
    ]  # fmt: skip
    return act_with(reading if desk.read_only else [*reading, *changing])
