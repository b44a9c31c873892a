"""Converts files of old formats with LibreOffice, in a process apart with limits of its own.

    python -m source.sandbox.convert SECONDS PROGRAM ARGUMENT...

limits itself and becomes the program. LibreOffice gets a profile of its own in which macros
are off, and whatever a document refers to elsewhere is not loaded.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from source.errors import Damaged, ExtraMissing, TooLarge
from source.forking import temporary_folder
from source.untrusted_text import isolated

_MEMORY = 4 << 30  # bytes of address space
_LARGEST = 1 << 29  # bytes of a file that is written
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FILTERS = {".docx": "MS Word 97", ".xlsx": "MS Excel 97", ".pptx": "MS PowerPoint 97"}
_ALSO = (b"{\\rtf", b"PK\x03\x04")  # files of newer formats that only have the old ending
_ITEM = (
    '<item oor:path="/org.openoffice.Office.Common/Security/Scripting">'
    '<prop oor:name="{}" oor:op="fuse"><value>{}</value></prop></item>'
)
_SETTINGS = {
    "MacroSecurityLevel": "3", "DisableMacrosExecution": "true", "BlockUntrustedRefererLinks": "true",
    "DisableActiveContent": "true",
}  # fmt: skip
_NO_PROXY = dict.fromkeys(("http_proxy", "https_proxy", "ftp_proxy"), "http://127.0.0.1:9")  # where nobody answers


@contextmanager
def converted(file: Path, ending: str, shown_as: str, seconds: float) -> Iterator[Path]:
    """A copy of a file in the format with this ending, which is deleted afterwards.

    Raises ExtraMissing if LibreOffice isn't installed, TooLarge or Damaged.
    """
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        raise ExtraMissing(
            f"{isolated(shown_as)} is in an old format of Office. Install LibreOffice to have it read (on Debian: apt "
            f"install libreoffice-writer libreoffice-calc libreoffice-impress), or save it as {ending}."
        )
    reads = _input_filter(file, ending, shown_as)
    with temporary_folder(prefix="office-") as folder:
        _write_profile(folder / "profile")
        made = folder / "out" / f"{file.stem}{ending}"
        _run([program, *reads], file, ending, folder, shown_as, seconds)
        if not made.is_file():
            raise Damaged(f"{isolated(shown_as)} is damaged: LibreOffice can't open it. Try saving it again.")
        yield made


def _input_filter(file: Path, ending: str, shown_as: str) -> list[str]:
    """The option that names a file's format; LibreOffice takes what it doesn't know for text. Raises Damaged."""
    with file.open("rb") as opened:
        start = opened.read(len(_COMPOUND))
    if start == _COMPOUND:
        return [f"--infilter={_FILTERS[ending]}"]
    if start.startswith(_ALSO):
        return []
    raise Damaged(f"{isolated(shown_as)} is damaged or has the wrong extension. Try saving it again.")


def _write_profile(profile: Path) -> None:
    (profile / "user").mkdir(parents=True)
    items = "".join(_ITEM.format(name, value) for name, value in _SETTINGS.items())
    schema = 'xmlns:oor="http://openoffice.org/2001/registry"'
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<oor:items {schema}>{items}</oor:items>\n'
    (profile / "user" / "registrymodifications.xcu").write_text(text, "utf-8")


def _run(program: Sequence[str], file: Path, ending: str, folder: Path, shown_as: str, seconds: float) -> None:
    """Runs LibreOffice, and kills it with all that it has started when the time is over. Raises TooLarge."""
    options = [f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore", "--convert-to"]
    command = [*program, *options, ending.removeprefix("."), "--outdir", str(folder / "out"), str(file.absolute())]
    keep = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT") if name in os.environ}
    process = subprocess.Popen(
        [sys.executable, "-m", "source.sandbox.convert", str(seconds), *command],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[2],
        env={**keep, **_NO_PROXY, "HOME": os.fspath(folder)}, start_new_session=True,
    )  # fmt: skip
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired as error:
        raise TooLarge(
            f"{isolated(shown_as)} took LibreOffice longer than {seconds:.0f} seconds. Split it or exclude it."
        ) from error
    finally:
        with suppress(ProcessLookupError, AttributeError):  # Windows has no groups
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()


def main() -> None:
    """Limits this process and becomes the program that the arguments name."""
    seconds, *command = sys.argv[1:]
    with suppress(ImportError):  # Windows doesn't have this module
        import resource

        limits = {"AS": _MEMORY, "FSIZE": _LARGEST, "CORE": 0, "CPU": int(float(seconds)) + 1}
        for name, limit in limits.items():
            kind = getattr(resource, f"RLIMIT_{name}")
            _, most = resource.getrlimit(kind)
            limit = limit if most == resource.RLIM_INFINITY else min(limit, most)
            resource.setrlimit(kind, (limit, limit))
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
