"""Who may log in: a file with a line `name:hash` for each, made by `python -m qa password NAME`.

>>> made = hashed("open sesame")
>>> made.split("$")[:4]
['scrypt', '32768', '8', '1']
>>> Hash.read(made).fits("open sesame"), Hash.read(made).fits("open barley")
(True, False)
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from source import UsageError
from source.errors import reason_of

_N, _R, _P = 2**15, 8, 1  # 32 MB and 80 ms a password here, in the range that OWASP advises
_WIDEST = 2**10  # r times p; PBKDF2, which n does not count for, makes as many blocks of 128 bytes
_MOST_MEMORY = 2**30  # bytes; OpenSSL's own limit is too low
_LENGTH = 32  # bytes
_NAME = re.compile(r"[^\s:#][^:]{0,98}(?<!\s)|[^\s:#]")
_log = logging.getLogger("chapter-verse")


@dataclass(frozen=True, slots=True)
class Hash:
    """A password that cannot be read, only tried: `scrypt$n$r$p$salt$hash`, the last two in base64."""

    n: int
    r: int
    p: int
    salt: bytes
    digest: bytes

    @classmethod
    def read(cls, text: str) -> Hash:
        """The hash as `str` wrote it. Raises ValueError."""
        _, n, r, p, *encoded = text.split("$")
        salt, digest = (base64.b64decode(each, validate=True) for each in encoded)
        made = cls(int(n), int(r), int(p), salt, digest)
        if str(made) != text or not made._reasonable or not made.salt or len(made.digest) != _LENGTH:
            raise ValueError("not one of ours")
        return made

    @property
    def _reasonable(self) -> bool:
        """Whether its numbers are scrypt's, and cost no more than sixteen times ours."""
        if not 0 < self.r * self.p <= _WIDEST or min(self.r, self.p) < 1:
            return False
        is_power = self.n > 1 and self.n & (self.n - 1) == 0
        is_power = is_power and self.n.bit_length() <= 16 * self.r  # RFC 7914: n < 2^(128r/8)
        return is_power and self.n * self.r * self.p <= 16 * _N * _R * _P

    def fits(self, password: str) -> bool:
        """Whether it was made from this password; takes as long either way."""
        return hmac.compare_digest(self._digest(password), self.digest)

    def _digest(self, password: str) -> bytes:
        return hashlib.scrypt(
            password.encode("utf-8", "surrogatepass"),
            salt=self.salt, n=self.n, r=self.r, p=self.p, maxmem=_MOST_MEMORY, dklen=_LENGTH,
        )  # fmt: skip

    def __str__(self) -> str:
        salt, digest = (base64.b64encode(each).decode() for each in (self.salt, self.digest))
        return f"scrypt${self.n}${self.r}${self.p}${salt}${digest}"


def hashed(password: str) -> str:
    """The text to keep instead of a password; another one each time."""
    empty = Hash(_N, _R, _P, os.urandom(16), b"")
    return str(Hash(_N, _R, _P, empty.salt, empty._digest(password)))


def line(name: str, password: str) -> str:
    """The line of the file that lets `name` in. Raises UsageError."""
    if not _NAME.fullmatch(name) or not name.isprintable():
        raise UsageError(f"{name!r} cannot be a name; choose up to 100 characters, none a colon, the first no #.")
    if not password:
        raise UsageError("The password is empty; choose one.")
    return f"{name}:{hashed(password)}"


class Passwords:
    """The names that may log in, each with its hash."""

    def __init__(self, hashes: Mapping[str, Hash]) -> None:
        """`hashes`: one at least."""
        self._hashes = dict(hashes)
        self._nobody = next(iter(self._hashes.values()))

    def fit(self, name: str, password: str) -> bool:
        """Whether `name` may log in with this password. An unknown name takes as long to refuse as a wrong password."""
        found = self._hashes.get(name)
        return (found or self._nobody).fits(password) and found is not None


def read_passwords(path: Path) -> Passwords:
    """The passwords of a file. Raises UsageError, which names the line; warns if everybody can read it."""
    try:
        text = path.read_text("utf-8-sig")
        if os.name == "posix" and path.stat().st_mode & stat.S_IROTH:
            _log.warning("Everybody on this machine can read %s; run `chmod 600 %s`.", path, path)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The password file {path} cannot be read ({_reason(error)}); name another.") from error
    hashes: dict[str, Hash] = {}
    for number, content in enumerate(text.split("\n"), start=1):
        if content.strip() and not content.lstrip().startswith("#"):
            name, made = _entry(path, number, content)
            if name in hashes:
                raise _wrong(path, number, f"names {name} again; keep one of the two")
            hashes[name] = made
    if not hashes:
        raise UsageError(f"The password file {path} names nobody; add what `python -m qa password NAME` prints.")
    return Passwords(hashes)


def _entry(path: Path, number: int, content: str) -> tuple[str, Hash]:
    name, _, made = content.strip().partition(":")
    try:
        if not _NAME.fullmatch(name):
            raise ValueError("no name")
        return name, Hash.read(made)
    except ValueError as error:
        remedy = "is no name:hash; put there what `python -m qa password NAME` prints"
        raise _wrong(path, number, remedy) from error


def _wrong(path: Path, number: int, problem: str) -> UsageError:
    return UsageError(f"Line {number} of the password file {path} {problem}.")


def _reason(error: Exception) -> str:
    return reason_of(error) if isinstance(error, OSError) else "it is not UTF-8 text"
