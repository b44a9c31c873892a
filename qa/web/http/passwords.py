"""The password file: a line `name:hash` for each user, as `python -m qa password NAME` prints it.

scrypt is memory-hard and in the standard library, so a login needs neither another package nor another
server. That is enough for a few users. If you have the choice, the login of a reverse proxy is better: it
offers single sign-on, groups and second factors, and unauthenticated requests never reach this server.

>>> text = hash_password("open sesame")
>>> text.split("$")[:4]
['scrypt', '32768', '8', '1']
>>> Hash.parse(text).matches("open sesame"), Hash.parse(text).matches("open barley")
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
from dataclasses import dataclass, replace
from pathlib import Path

from source import UsageError, isolated, reason_of

_N, _R, _P = 2**15, 8, 1  # 32 MB and some 80 ms a password, in the range that OWASP recommends
_MAX_RP = 2**10  # r times p: scrypt's PBKDF2, whose cost does not depend on n, makes as many blocks of 128 bytes
_MAX_MEMORY = 2**30  # bytes; OpenSSL's own limit is too low
_LENGTH = 32  # bytes of the digest
_NAME = re.compile(r"[^\s:#][^:]{0,98}(?<!\s)|[^\s:#]")
_log = logging.getLogger("chapter-verse")


@dataclass(frozen=True, slots=True)
class Hash:
    """A password hash of scrypt (RFC 7914), as text `scrypt$n$r$p$salt$hash`, the last two in base64."""

    n: int
    r: int
    p: int
    salt: bytes
    digest: bytes

    @classmethod
    def parse(cls, text: str) -> Hash:
        """The hash from its text, exactly as `str` writes it. Raises ValueError."""
        _, n, r, p, *encoded = text.split("$")
        salt, digest = (base64.b64decode(part, validate=True) for part in encoded)
        hash = cls(int(n), int(r), int(p), salt, digest)
        if str(hash) != text or not hash._is_affordable or not hash.salt or len(hash.digest) != _LENGTH:
            raise ValueError("not a hash of this form")
        return hash

    @property
    def _is_affordable(self) -> bool:
        """Whether its parameters are valid for scrypt, and cost at most sixteen times as much as ours."""
        if not 0 < self.r * self.p <= _MAX_RP or min(self.r, self.p) < 1:
            return False
        is_power = self.n > 1 and self.n & (self.n - 1) == 0
        is_power = is_power and self.n.bit_length() <= 16 * self.r  # RFC 7914: n < 2^(128r/8)
        return is_power and self.n * self.r * self.p <= 16 * _N * _R * _P

    def matches(self, password: str) -> bool:
        """Whether this is the hash of the password. Takes the same time either way."""
        return hmac.compare_digest(self._digest(password), self.digest)

    def _digest(self, password: str) -> bytes:
        return hashlib.scrypt(
            password.encode("utf-8", "surrogatepass"),
            salt=self.salt, n=self.n, r=self.r, p=self.p, maxmem=_MAX_MEMORY, dklen=_LENGTH,
        )  # fmt: skip

    def __str__(self) -> str:
        salt, digest = (base64.b64encode(part).decode() for part in (self.salt, self.digest))
        return f"scrypt${self.n}${self.r}${self.p}${salt}${digest}"


def hash_password(password: str) -> str:
    """The text to store instead of a password. It has a new salt, so it is different each time."""
    salted = Hash(_N, _R, _P, os.urandom(16), b"")
    return str(replace(salted, digest=salted._digest(password)))


def line(name: str, password: str) -> str:
    """The line of the file for this name. Raises UsageError."""
    if not _NAME.fullmatch(name) or not name.isprintable():
        rule = "Use up to 100 characters without a colon, and no # at the start"
        raise UsageError(f"{isolated(repr(name))} cannot be a name. {rule}.")
    if not password:
        raise UsageError("The password is empty. Choose one.")
    return f"{name}:{hash_password(password)}"


class Passwords:
    """The names that may log in, each with its hash."""

    def __init__(self, hashes: Mapping[str, Hash]) -> None:
        """`hashes`: at least one."""
        self._hashes = dict(hashes)
        self._any = next(iter(self._hashes.values()))

    def verify(self, name: str, password: str) -> bool:
        """Whether `name` may log in with this password. An unknown name takes as long as a wrong password."""
        hash = self._hashes.get(name)
        return (hash or self._any).matches(password) and hash is not None


def read_passwords(path: Path) -> Passwords:
    """Reads a file of passwords. Raises UsageError, which names the line; warns if other users can read the file."""
    try:
        text = path.read_text("utf-8-sig")
        mode = path.stat().st_mode
        if os.name == "posix" and stat.S_ISREG(mode) and mode & stat.S_IROTH:  # not a device or a pipe
            _log.warning("%s is readable by other users. Run `chmod 600 %s`.", path, path)
    except (OSError, ValueError) as error:  # also a name with a NUL
        raise UsageError(f"The password file {isolated(path)} cannot be read ({_reason(error)}).") from error
    hashes: dict[str, Hash] = {}
    for number, content in enumerate(text.split("\n"), start=1):
        if content.strip() and not content.lstrip().startswith("#"):
            name, hash = _entry(path, number, content)
            if name in hashes:
                raise _invalid(path, number, f"repeats the name {isolated(name)}. Keep one of the two")
            hashes[name] = hash
    if not hashes:
        raise UsageError(
            f"The password file {isolated(path)} has no entries. Add what `python -m qa password NAME` prints."
        )
    return Passwords(hashes)


def _entry(path: Path, number: int, content: str) -> tuple[str, Hash]:
    name, _, text = content.strip().partition(":")
    try:
        if not _NAME.fullmatch(name):
            raise ValueError("not a name")
        return name, Hash.parse(text)
    except ValueError as error:
        problem = "does not have the form name:hash. Replace it with what `python -m qa password NAME` prints"
        raise _invalid(path, number, problem) from error


def _invalid(path: Path, number: int, problem: str) -> UsageError:
    return UsageError(f"Line {number} of the password file {isolated(path)} {problem}.")


def _reason(error: Exception) -> str:
    return reason_of(error) if isinstance(error, OSError) else "it is not UTF-8 text"
