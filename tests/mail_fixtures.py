"""Mails made for tests: as they are sent, and as Outlook keeps them."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from email.message import EmailMessage

_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SECTOR, _MINI = 512, 64


def mail(subject: str = "Ships", text: str = "Two sail.", attached: Mapping[str, bytes] | None = None) -> bytes:
    message = EmailMessage()
    message["From"] = "Anna Berg <anna@example.org>"
    message["Date"] = "Wed, 14 May 2031 09:30:00 +0200"
    message["Subject"] = subject
    message.set_content(text)
    for name, data in (attached or {}).items():
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def mailbox(*mails: bytes) -> bytes:
    return b"".join(b"From a@example.org Wed May 14 09:30:00 2031\n" + each + b"\n\n" for each in mails)


def msg(texts: Mapping[str, str], attached: Mapping[str, bytes] | None = None, filetime: int = 0) -> bytes:
    """A mail of Outlook. `texts`: by their property ("0037"). `filetime`: when it was sent."""
    row = struct.pack("<HHIq", 0x0040, 0x0039, 6, filetime)
    root: dict[str, bytes | dict[str, bytes]] = {"__properties_version1.0": bytes(32) + row}
    root |= {f"__substg1.0_{name}001F": text.encode("utf-16-le") for name, text in texts.items()}
    for number, (name, data) in enumerate((attached or {}).items()):
        own = {"__substg1.0_3707001F": name.encode("utf-16-le"), "__substg1.0_37010102": data}
        root[f"__attach_version1.0_#{number:08X}"] = own
    return _compound(root)


def _compound(root: Mapping[str, bytes | Mapping[str, bytes]]) -> bytes:
    """A compound file (MS-CFB, version 3) of short streams, which all lie in the mini stream."""
    entries: list[tuple[str, int, int, int, bytes]] = []  # name, kind, child, right sibling, content

    def add(children: Mapping[str, bytes | Mapping[str, bytes]]) -> int:
        first = -1
        for name, content in reversed([*children.items()]):
            below = add(content) if isinstance(content, Mapping) else -1
            kind, data = (1, b"") if isinstance(content, Mapping) else (2, content)
            entries.append((name, kind, below, first, data))
            first = len(entries)  # after the root, whose number is 0
        return first

    top = add(root)
    mini = b""
    starts: list[int] = []
    chain: list[int] = []
    for _, _, _, _, data in entries:
        count = -(-len(data) // _MINI)
        starts.append(len(chain) if count else _END)
        chain += [*range(len(chain) + 1, len(chain) + count), _END] if count else []
        mini += data.ljust(count * _MINI, b"\0")
    directory = _entry("Root Entry", 5, top, -1, 0, len(mini))
    for (name, kind, below, right, data), start in zip(entries, starts, strict=True):
        directory += _entry(name, kind, below, right, start if kind == 2 else 0, len(data))
    parts = [mini, directory, struct.pack(f"<{len(chain)}I", *chain)]
    sectors = [-(-len(part) // _SECTOR) for part in parts]
    first = [1, 1 + sectors[0], 1 + sectors[0] + sectors[1]]  # after the one sector of the table of sectors
    table = [_FAT]
    for start, count in zip(first, sectors, strict=True):
        table += [*range(start + 1, start + count), _END]
    assert len(table) <= _SECTOR // 4
    directory_start, mini_start = first[1], first[2]
    body = struct.pack(f"<{_SECTOR // 4}I", *table, *[_FREE] * (_SECTOR // 4 - len(table)))
    body += b"".join(part.ljust(count * _SECTOR, b"\xff") for part, count in zip(parts, sectors, strict=True))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIIII", 0, 1, directory_start, 0, 4096, mini_start, sectors[2], _END, 0, 0)
    head += struct.pack("<108I", *[_FREE] * 108)
    return head + body


def _entry(name: str, kind: int, below: int, right: int, start: int, size: int) -> bytes:
    encoded = name.encode("utf-16-le") + b"\0\0"
    sector = 1 if kind == 5 else start  # the mini stream is the first after the table of sectors
    numbers = struct.pack("<III", _FREE, right & _FREE, below & _FREE)
    return (
        encoded.ljust(64, b"\0") + struct.pack("<HBB", len(encoded), kind, 1) + numbers + bytes(36)
        + struct.pack("<IQ", sector, size)
    )  # fmt: skip
