"""The password file, and the throttle that slows down guessing."""

from __future__ import annotations

import asyncio
import io
import os
import pty
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import pytest

from qa.__main__ import main
from qa.web.http.login import Authenticator, LoginThrottle, TooManyLoginsError, TooManyWrongError
from qa.web.http.passwords import Hash, Passwords, hash_password, line, read_passwords
from qa.web.http.rate_limit import current_client
from source import UsageError

SECRET = "correct horse: battery staple ✓"


def written(folder: Path, text: str) -> Path:
    path = folder / "passwords"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def test_users_in_the_file_log_in_only_with_their_password(tmp_path: Path) -> None:
    text = f"# readers\n\n{line('anna', SECRET)}\r\n  {line('Bert Ångström', 'x')}\n"
    passwords = read_passwords(written(tmp_path, text))
    assert passwords.verify("anna", SECRET)
    assert passwords.verify("Bert Ångström", "x")
    for name, password in [
        ("anna", "x"),
        ("anna", ""),
        ("Anna", SECRET),
        ("carl", SECRET),
        ("", ""),
        ("anna", "\ud800"),
    ]:
        assert not passwords.verify(name, password)


def test_a_hash_tells_nothing_of_the_password_and_is_another_each_time() -> None:
    first, second = hash_password(SECRET), hash_password(SECRET)
    assert first != second
    assert str(Hash.parse(first)) == first
    assert "horse" not in first


HASH = "scrypt$32768$8$1$YSBzYWx0IG9mIHNpeHRlZQ==$d2hhdCBzY3J5cHQgbWFkZSBvZiBzb21lIHBhc3N3b3I="


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no entries"),
        ("# nobody\n\n", "has no entries"),
        ("anna\n", "Line 1 "),
        ("\nanna:open sesame\n", "Line 2 "),
        (f":{HASH}\n", "Line 1 "),
        (f"anna:{HASH}\nanna:{HASH}\n", "Line 2 .* repeats the name anna"),
        ("anna:scrypt$3$8$1$c2FsdA==$c2FsdA==\n", "Line 1 "),
        (f"anna:{HASH.replace('$32768$', '$1073741824$')}\n", "Line 1 "),
        (f"anna:{HASH.replace('scrypt', 'md5')}\n", "Line 1 "),
        (f"anna:{HASH[:-6]}\n", "Line 1 "),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_refused_by_line(tmp_path: Path, text: str, said: str) -> None:
    assert str(Hash.parse(HASH)) == HASH
    with pytest.raises(UsageError, match=said):
        read_passwords(written(tmp_path, text))


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        read_passwords(tmp_path / "none")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not UTF-8"):
        read_passwords(tmp_path / "binary")


@pytest.mark.skipif(os.name != "posix", reason="the permissions of POSIX")
def test_a_file_that_everybody_can_read_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = written(tmp_path, line("anna", SECRET))
    read_passwords(path)
    assert not caplog.records
    path.chmod(0o644)
    read_passwords(path)
    assert "chmod 600" in caplog.text
    caplog.clear()
    with pytest.raises(UsageError, match="has no entries"):
        read_passwords(Path(os.devnull))
    assert not caplog.text


def test_an_unknown_name_takes_as_long_as_a_wrong_password() -> None:
    """Attack: finding out names by the time that an answer takes."""
    passwords = Passwords({"anna": Hash.parse(hash_password(SECRET))})

    def spent(name: str) -> float:
        started = time.process_time()
        passwords.verify(name, "wrong")
        return time.process_time() - started

    assert min(spent("nobody") for _ in range(3)) > 0.5 * min(spent("anna") for _ in range(3))


@pytest.mark.parametrize("name", ["", "a:b", "#a", " a", "a ", "a\nb", "x" * 101])
def test_a_name_that_the_file_cannot_hold_is_refused(name: str) -> None:
    """Attack: a name with a line break, to add a line to the file of passwords."""
    with pytest.raises(UsageError, match="cannot be a name"):
        line(name, SECRET)


def test_the_command_prints_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{SECRET}\nnot this\n"))
    assert main(["password", "anna"]) == 0
    assert read_passwords(written(tmp_path, capsys.readouterr().out)).verify("anna", SECRET)
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    assert main(["password", "anna"]) == 2
    assert "The password is empty" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="the terminal of POSIX")
@pytest.mark.parametrize(("again", "status"), [("secret", 0), ("secert", 2)])
def test_on_a_terminal_the_password_is_asked_for_twice_and_not_shown(tmp_path: Path, again: str, status: int) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "qa", "password", "anna"]
    with subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stderr is not None
        shown = b""
        for typed in (b"secret", again.encode()):
            shown += prompt(process.stderr)
            os.write(ours, typed + b"\n")
        out, err = process.communicate(timeout=60)
    os.close(theirs)
    os.close(ours)
    assert process.returncode == status
    assert not any(typed in shown + out + err for typed in (b"secret", b"secert"))
    if status == 0:
        assert read_passwords(written(tmp_path, out.decode())).verify("anna", "secret")
    else:
        assert b"don't match" in err


def prompt(shown: IO[bytes]) -> bytes:
    """What is shown up to and including a prompt."""
    text = b""
    while not text.endswith(b": "):
        text += os.read(shown.fileno(), 1)
    return text


def test_five_wrong_passwords_within_a_minute_are_enough() -> None:
    times = iter([0, 0, 10, 10, 20, 20, 30, 30])  # each failure counts for a name and a client
    now = 40.0
    throttle = LoginThrottle(now=lambda: next(times, now))
    for _ in range(4):
        throttle.add_failure("anna", "192.0.2.1")
    assert throttle.wait("anna", "192.0.2.1") == 0
    throttle.add_failure("anna", "192.0.2.1")
    assert throttle.wait("anna", "192.0.2.2") == throttle.wait("bert", "192.0.2.1") == 20
    assert throttle.wait("bert", "192.0.2.2") == 0
    now = 60.0
    assert throttle.wait("anna", "192.0.2.1") == 0


class SlowPasswords(Passwords):
    """Takes a while for each check, and counts them."""

    def __init__(self) -> None:
        super().__init__({"anna": Hash.parse(HASH)})
        self.checked = 0

    def verify(self, name: str, password: str) -> bool:
        self.checked += 1
        time.sleep(0.02)
        return False


def test_of_many_attempts_some_wait_and_the_rest_are_refused_at_once() -> None:
    """Attack: attempts to log in under invented names and addresses, to make all others wait."""
    passwords = SlowPasswords()
    authenticator = Authenticator(passwords)
    refused: list[int] = []

    async def attempt(number: int) -> None:
        current_client.set(f"192.0.2.{number}")
        try:
            await authenticator.authenticate(f"guess {number}", "x")
        except TooManyLoginsError:
            refused.append(passwords.checked)

    async def run() -> None:
        await asyncio.gather(*(attempt(number) for number in range(300)))
        assert not authenticator._waiting

    with ThreadPoolExecutor(1) as pool:  # after browser tests, this thread has an event loop
        pool.submit(asyncio.run, run()).result()
    assert passwords.checked == 16
    assert len(refused) == 284 and max(refused) <= 1


def test_one_client_has_half_of_the_waiting_attempts() -> None:
    passwords = SlowPasswords()
    authenticator = Authenticator(passwords)

    async def attempt(client: str) -> str:
        current_client.set(client)
        try:
            await authenticator.authenticate("anna", "x")
        except (TooManyLoginsError, TooManyWrongError) as error:
            return type(error).__name__
        return ""

    async def run() -> list[str]:
        return await asyncio.gather(*(attempt("192.0.2.1") for _ in range(20)), attempt("192.0.2.2"))

    with ThreadPoolExecutor(1) as pool:
        results = pool.submit(asyncio.run, run()).result()
    assert results.count("TooManyLoginsError") == 12
    assert results[-1] != "TooManyLoginsError"


def test_attempts_are_remembered_in_bounded_memory() -> None:
    """Attack: filling the memory with names that failed."""
    throttle = LoginThrottle(now=lambda: 0.0)
    for number in range(20_000):
        throttle.add_failure(f"{number}" * 100, "192.0.2.1")
    assert len(throttle._failures) == 10_000
    assert throttle.wait("anna", "192.0.2.1") > 0
