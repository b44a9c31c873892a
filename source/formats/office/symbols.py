"""What fonts show that have pictures in place of letters."""

from __future__ import annotations

# What the font Symbol shows for the codes 0x20 to 0x7E and 0xA1 to 0xFE (Adobe's encoding of it).
_SYMBOLS = {
    0x20: " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼",
    0xA1: "ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪",
    0xF1: "〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭",
}
_IN_SYMBOL = {first + place: char for first, chars in _SYMBOLS.items() for place, char in enumerate(chars)}
# The few of Wingdings that Word writes by itself or that stand in forms.
_IN_WINGDINGS = {0x4A: "☺", 0x4C: "☹", 0x6C: "●", 0x6E: "■", 0x6F: "□", 0xA7: "▪", 0xA8: "◻", 0xD8: "➢"} | {
    0xDF: "←", 0xE0: "→", 0xE8: "➔", 0xF0: "⇨", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
}  # fmt: skip
_FONTS = {"symbol": _IN_SYMBOL, "wingdings": _IN_WINGDINGS}


def symbol(font: str, code: int) -> str:
    """The character that `font` shows for a code; one for private use, if only the font knows."""
    return _FONTS.get(font.casefold(), {}).get(code & 0xFF) or chr(0xF000 | code & 0xFF)
