"""How a command of the project ends: with an exit status, and an error as a sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable

from source.errors import INTERRUPTED, ChapterVerseError
from source.untrusted_text import printable


def run_command(command: Callable[[], int]) -> int:
    """Runs a command and returns its exit status.

    An error that the user can fix becomes one sentence on standard error; Ctrl-C
    and a closed pipe (`… | head`) end the command without a traceback.
    """
    try:
        return command()
    except ChapterVerseError as error:
        sys.stderr.write(f"{printable(str(error))}\n")
        return error.exit_status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # or Python complains at exit that it can't flush standard output
        return 0
