"""Makes hostile inputs of ordinary ones. All of it is a function of the `Random` that is given."""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from random import Random
from warnings import catch_warnings, simplefilter

_SIZES = (3_000,) * 45 + (20_000,) * 4 + (200_000,)  # bytes that an input may have
_LARGEST = max(_SIZES)
_REPEATS = (2, 3, 50, 1000, 20_000)
_BYTES = [
    b"\0", b"\xff", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\x1a", b"\x0c", b"\x0b", b"\x85", b"\r", b"\n",
    b"\r\n", b"\n\n", b"\t", b" " * 50, b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b"0", b"-1", b"2147483648",
    b"4294967295", b"18446744073709551616", b"1e999", b"NaN", b"99999999999999999999999999", b'"', b"'", b"\\", b"<",
    b">", b"&", b"(", b"[", b"{", b"}",
    "\u2028\u200f\u202e\ufeff".encode(), "e\u0301\u0323".encode(), "ﬁﬀİßŉ".encode(), "𝔘🏳️‍🌈".encode(), "漢字。".encode(),
    "\ue000\U000f0000\ufffe".encode(), "אב گچ".encode(), "ⷠ\u0e33".encode(),
]  # fmt: skip
WORDS: dict[str, list[bytes]] = {
    kind: [word.encode() for word in words]
    for kind, words in json.loads(Path(__file__).with_name("words.json").read_text("utf-8")).items()
}
"""What the files of each format are made of."""
_NUMBER = re.compile(rb"\d+")
_TAG = re.compile(rb"<[^<>]{1,200}>")
_STREAM = re.compile(rb"(stream\r?\n)(.*?)(\r?\nendstream)", re.DOTALL)

Change = Callable[[bytearray, Random], object]


def mutated(data: bytes, random: Random, words: Sequence[bytes] = (), others: Sequence[bytes] = ()) -> bytes:
    """`data`, changed in some places. `words`: what its format is made of; `others`: what it may be spliced with."""
    most = random.choice(_SIZES)
    changed = bytearray(_part(data, random, most))
    for _ in range(random.choice((1, 1, 2, 3, 8))):
        kind = random.random()
        if kind < 0.35:
            _insert(changed, random, random.choice([*words] or _BYTES))
        elif kind < 0.45 and others:
            other = random.choice(others)
            start, end = _stretch(other, random)
            _insert(changed, random, other[start:end])
        elif kind < 0.55 and words:
            _nest(changed, random, words)
        else:
            random.choice(_CHANGES)(changed, random)
        del changed[most:]
    return bytes(changed)


def _part(data: bytes, random: Random, most: int) -> bytes:
    """So many bytes of it, from anywhere."""
    start = random.randrange(len(data) - most) if len(data) > most else 0
    return data[start : start + most]


def mutated_text(data: bytes, random: Random, words: Sequence[bytes] = (), others: Sequence[bytes] = ()) -> bytes:
    """As `mutated`, and mostly UTF-8 again: what is none is soon refused, or guessed at for long."""
    changed = mutated(data, random, words, others)
    return changed if random.random() < 0.1 else changed.decode("utf-8", "replace").encode()


def mutated_zip(data: bytes, random: Random, others: Sequence[bytes] = ()) -> bytes:
    """An archive with changed members, or else changed itself."""
    if random.random() < 0.2:
        return mutated(data, random, (), others)
    members = {**_unpacked(data)}
    for _ in range(random.choice((1, 1, 2, 4))):
        if not members:
            return data
        name = random.choice([*members])
        kind = random.random()
        if kind < 0.7:
            members[name] = mutated(members[name], random, WORDS["xml"], [*members.values()])
        elif kind < 0.8:
            del members[name]
        elif kind < 0.9:
            members[name] = random.choice([*members.values()])
        else:
            members[random.choice(["../" + name, name.upper(), name + "\0", "", "/" + name])] = members[name]
    return _archive(members, random)


def mutated_pdf(data: bytes, random: Random, others: Sequence[bytes] = ()) -> bytes:
    """A PDF that is changed, or what one of its streams holds when it is unpacked."""
    streams = [match for match in _STREAM.finditer(data) if match.end() - match.start() < _LARGEST]
    if not streams or random.random() < 0.4:
        return mutated(data, random, WORDS["pdf"], others)
    match = random.choice(streams)
    try:
        content = zlib.decompress(match[2])
        packed = zlib.compress(mutated(content, random, WORDS["pdf"]), 1)
    except zlib.error:
        packed = mutated(match[2], random, WORDS["pdf"])
    return data[: match.start(2)] + packed + data[match.end(2) :]


@lru_cache(64)
def _unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _archive(members: dict[str, bytes], random: Random) -> bytes:
    target = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if random.random() < 0.2 else zipfile.ZIP_STORED  # which takes no time
    with catch_warnings(), zipfile.ZipFile(target, "w", method) as archive:
        simplefilter("ignore")  # two members may have one name
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
        if random.random() < 0.002:  # one that unpacks to a thousand times its size
            archive.writestr("bomb.xml", bytes(40 << 20), zipfile.ZIP_DEFLATED, 1)
    return target.getvalue()


def _stretch(data: bytes | bytearray, random: Random, most: int = 2000) -> tuple[int, int]:
    start = random.randrange(len(data) + 1)
    return start, min(len(data), start + random.randrange(random.choice((2, 20, most))))


def _insert(data: bytearray, random: Random, what: bytes) -> None:
    at = random.randrange(len(data) + 1)
    data[at:at] = what * (random.choice(_REPEATS) if random.random() < 0.1 else 1)


def _nest(data: bytearray, random: Random, words: Sequence[bytes]) -> None:
    """A few of the words again and again, as deep as it goes."""
    some = b"".join(random.choice(words) for _ in range(random.randrange(1, 4)))
    at = random.randrange(len(data) + 1)
    data[at:at] = some * min(random.choice((20, 300, 5000)), _LARGEST // 8 // max(1, len(some)))


def _flip(data: bytearray, random: Random) -> None:
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _set(data: bytearray, random: Random) -> None:
    if data:
        data[random.randrange(len(data))] = random.randrange(256)


def _odd(data: bytearray, random: Random) -> None:
    _insert(data, random, random.choice(_BYTES))


def _cut(data: bytearray, random: Random) -> None:
    if random.random() < 0.3:
        del data[random.randrange(len(data) + 1) :]
    else:
        start, end = _stretch(data, random)
        del data[start:end]


def _again(data: bytearray, random: Random) -> None:
    start, end = _stretch(data, random)
    _insert(data, random, bytes(data[start:end]))


def _move(data: bytearray, random: Random) -> None:
    start, end = _stretch(data, random)
    moved = bytes(data[start:end])
    del data[start:end]
    _insert(data, random, moved)


def _renumber(data: bytearray, random: Random) -> None:
    at = random.randrange(len(data) + 1)
    if match := _NUMBER.search(data, at):
        value = random.choice((b"0", b"-1", b"1", b"65536", b"2147483647", b"99999999999", b"1e30"))
        data[match.start() : match.end()] = value


def _tag(data: bytearray, random: Random) -> None:
    at = random.randrange(len(data) + 1)
    if match := _TAG.search(data, at):
        tag = match.group()
        data[match.start() : match.end()] = random.choice((b"", tag * 2, tag[:-1] + b"/>", tag[:1] + b"/" + tag[1:]))


_CHANGES: list[Change] = [_flip, _set, _odd, _cut, _again, _move, _renumber, _tag]
