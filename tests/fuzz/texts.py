"""Texts as no one writes them: every plane of Unicode, controls, marks of direction, half letters."""

from __future__ import annotations

from random import Random

_RANGES = [
    (0x20, 0x7F), (0, 0x20), (0x80, 0x100), (0x300, 0x370), (0x370, 0x700), (0x900, 0xE80), (0x1100, 0x1200),
    (0x2000, 0x2070), (0x3000, 0x3100), (0x4E00, 0x9FFF), (0xD800, 0xE000), (0xE000, 0xE100), (0xFB00, 0xFE10),
    (0xFE00, 0xFE10), (0xFF00, 0x10000), (0x10000, 0x11000), (0x1F000, 0x1FA00), (0x20000, 0x20100),
    (0xE0000, 0xE0080), (0x10FF00, 0x110000),
]  # fmt: skip
SNIPPETS = [
    "The bridge was opened in 1931. ", "Who opened it?", "Кто построил мост? ", "这座桥建于1931年。", "من بنى الجسر؟ ",
    "橋は誰が作りましたか。", "สะพานสร้าง ", "e.g. Dr. No. ", "“", "”", "(", ")", "[1]", "1. ", "a) ", "— ", "...", "?!",
    "!", "。", "\n", "\n\n", "\r\n", "\u2028", "\u00a0", "\u200b", "\u202e", "\ufeff", "\x00", "U.S.", "he",
    "she", "3.14", "https://a.b/c?d=e&f", "in-\nvisible", "ﬁ", "\u0301", "A", "É", "i. ", "*", "Mr. X",
    "a" * 300, "\u2003.", "\ud83d", "\u3000", "x\u00ad", "The Serpent was built by Erik Olsen. ",
]  # fmt: skip


def text(random: Random, most: int) -> str:
    """At most so many characters, half of a surrogate pair among them."""
    kind = random.random()
    if kind < 0.1:
        return _run(random, most)
    parts: list[str] = []
    length = 0
    wanted = random.choice((5, 40, 300, most))
    while length < min(wanted, most):
        parts.append(random.choice(SNIPPETS) if random.random() < 0.7 else _characters(random))
        length += len(parts[-1])
    return "".join(parts)[:most]


def _run(random: Random, most: int) -> str:
    some = "".join(random.choice(SNIPPETS) for _ in range(random.randrange(1, 3)))
    return (some * random.choice((2, 50, 2000, most // len(some) + 1)))[:most]


def _characters(random: Random) -> str:
    first, last = random.choice(_RANGES)
    return "".join(chr(random.randrange(first, last)) for _ in range(random.choice((1, 3, 10))))
