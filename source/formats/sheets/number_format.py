"""What a cell shows: numbers and dates in a spreadsheet's number formats (ECMA-376 part 1, 18.8.31), in English.

>>> shown("1234.5", "#,##0.00"), shown("0.256", "0%"), shown("45000", "d mmm yyyy")
('1,234.50', '26%', '15 Mar 2023')
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache

GENERAL = "General"
BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
    15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss",
    # These two are shown in the form of the reader's own country, which no file says.
    14: "yyyy-mm-dd", 22: "yyyy-mm-dd h:mm",
    37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)", 45: "mm:ss",
    46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
}  # fmt: skip
"""The formats that a file refers to by number only."""

_LONGEST_CODE = 255  # characters, as in Excel
_LONGEST = 400  # digits of a number
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_.|\*.|\[(?P<bracket>[^\]]*)\]|(?P<general>General)|(?P<noon>AM/PM|A/P)'
    r"|(?P<date>y+|m+|d+|h+|s+(?:\.0+)?)|(?P<exponent>E[+-]?)|(?P<digit>[0#?])|(?P<mark>[.,%/@])|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_PLAIN = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?")
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)")
_CURRENCY = re.compile(r"\$([^-]*)")
_HOLDS = {
    "<": Decimal.__lt__, "<=": Decimal.__le__, ">": Decimal.__gt__, ">=": Decimal.__ge__, "=": Decimal.__eq__,
    "<>": Decimal.__ne__,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Token:
    """A part of a format code: `kind` is the name of the pattern's group, "elapsed", or "literal"."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class _Section:
    """A section of a format code, and the condition (an operator and a number) under which it applies."""

    tokens: tuple[_Token, ...]
    condition: tuple[str, Decimal] | None

    @property
    def is_date(self) -> bool:
        return any(token.kind in ("date", "elapsed", "noon") for token in self.tokens)


@lru_cache(maxsize=1 << 16)
def shown(value: str, code: str, epoch_1904: bool = False) -> str:
    """A number, as it stands in a file, as a cell with this format code shows it; as it is if that is impossible.

    `epoch_1904`: whether days are counted from 1904, as in files of old Macs.
    """
    if code == GENERAL and len(value) < 12 and _PLAIN.fullmatch(value):
        return value
    try:
        number = Decimal(f"{float(value):.15g}")
        if not number.is_finite() or number.adjusted() > _LONGEST:
            return value
        return _in_format(number, code, epoch_1904).strip() if code != GENERAL else general(number)
    except (ValueError, InvalidOperation, OverflowError):
        return value


def general(number: Decimal) -> str:
    """A number without a format: up to ten digits after the first; whole numbers in full."""
    if not number:
        return "0"
    if number == number.to_integral_value() and number.adjusted() < 15:
        return f"{number:f}".partition(".")[0]
    if -5 <= number.adjusted() < 15:
        return f"{Decimal(f'{number:.10g}').normalize():f}"
    return f"{number:.6g}".upper()


def _in_format(number: Decimal, code: str, epoch_1904: bool) -> str:
    section, own_sign = _chosen(_sections(code), number)
    if section.is_date:
        return _date(number, section.tokens, epoch_1904)
    sign = "-" if number < 0 and not own_sign else ""
    return sign + _number(abs(number), section.tokens)


@lru_cache(maxsize=1024)
def _sections(code: str) -> tuple[_Section, ...]:
    """The sections of a code, which semicolons divide."""
    found: list[_Section] = []
    tokens: list[_Token] = []
    condition: tuple[str, Decimal] | None = None
    for match in [*_TOKEN.finditer(code[:_LONGEST_CODE]), None]:
        if match is None or match["other"] == ";":
            found.append(_Section(tuple(tokens), condition))
            tokens, condition = [], None
        elif match["bracket"] is not None and (limit := _CONDITION.fullmatch(match["bracket"])):
            condition = limit[1], Decimal(limit[2])
        elif token := _token(match):
            tokens.append(token)
    return tuple(found)


def _token(match: re.Match[str]) -> _Token | None:
    kind, text = match.lastgroup, match[match.lastgroup] if match.lastgroup else ""
    if kind is None:  # room for a character, or a fill: nothing to read
        return None
    if kind == "bracket":
        if _ELAPSED.fullmatch(text):
            return _Token("elapsed", text.lower())
        currency = _CURRENCY.match(text)
        return _Token("literal", currency[1]) if currency else None
    if kind in ("quoted", "escaped", "other"):
        return _Token("literal", text)
    return _Token(kind, text.lower() if kind == "date" else text)


def _chosen(sections: tuple[_Section, ...], number: Decimal) -> tuple[_Section, bool]:
    """The section for a number, and whether it shows the sign itself."""
    if any(each.condition for each in sections):
        for each in sections:
            if each.condition is None or _HOLDS[each.condition[0]](number, each.condition[1]):
                return each, False
        return sections[-1], False
    if number < 0 and len(sections) > 1:
        return sections[1], True
    if number == 0 and len(sections) > 2:
        return sections[2], False
    return sections[0], False


def _number(number: Decimal, tokens: tuple[_Token, ...]) -> str:
    kinds = [token.kind for token in tokens]
    if "general" in kinds:
        return "".join(general(number) if each.kind == "general" else each.text for each in tokens)
    if "digit" not in kinds:
        return "".join(token.text for token in tokens if token.kind == "literal" or token.text == "%")
    if any(token.text == "/" and token.kind == "mark" for token in tokens):
        return _fraction(number)
    first, last = kinds.index("digit"), len(kinds) - 1 - kinds[::-1].index("digit")
    thousands = last + 1
    while thousands < len(tokens) and tokens[thousands].text == ",":
        number, thousands = number / 1000, thousands + 1
    percent = sum(token.kind == "mark" and token.text == "%" for token in tokens)
    number *= 100**percent
    exponent = ""
    if "exponent" in kinds:
        at = kinds.index("exponent")
        number, exponent = _scientific(number, tokens[:at], tokens[at:])
        tokens, last = tokens[:at], at - 1
    before, body = tokens[:first], tokens[first : last + 1]
    after = [token for token in tokens[last + 1 :] if token.text != "," or token.kind == "literal"]
    return _texts(before) + _digits(number, body) + exponent + _texts(after)


def _texts(tokens: tuple[_Token, ...] | list[_Token]) -> str:
    return "".join(token.text for token in tokens if token.text != "@")


def _digits(number: Decimal, tokens: tuple[_Token, ...]) -> str:
    """The digits of a number in their places, with what stands between them ("000-0000")."""
    point = next((at for at, token in enumerate(tokens) if token.kind == "mark" and token.text == "."), len(tokens))
    whole, decimals = tokens[:point], [token for token in tokens[point:] if token.kind == "digit"]
    rounded = number.quantize(Decimal(1).scaleb(-len(decimals)), ROUND_HALF_UP)
    integer, _, part = f"{rounded:f}".partition(".")
    needed = sum(token.kind == "digit" and token.text == "0" for token in whole)
    integer = integer.lstrip("0").rjust(needed, "0")
    grouped = any(token.kind == "mark" and token.text == "," for token in whole)
    kept = list(zip(part, decimals, strict=True))
    while kept and kept[-1][0] == "0" and kept[-1][1].text in "#?":
        kept.pop()
    after = "".join(digit for digit, _ in kept)
    return _placed(integer, whole, grouped) + ("." + after if after else "")


def _placed(integer: str, tokens: tuple[_Token, ...], grouped: bool) -> str:
    """The digits before the point, from right to left into their places; the first place takes the rest."""
    if grouped or all(token.kind == "digit" for token in tokens):
        return f"{int(integer):,}" if grouped and integer and integer[0] != "0" else integer
    parts: list[str] = []
    places = sum(token.kind == "digit" for token in tokens)
    for token in reversed(tokens):
        if token.kind == "digit":
            places -= 1
            taken = integer if places == 0 else integer[-1:]
            integer = integer[: len(integer) - len(taken)]
            parts.append(taken)
        elif token.kind == "literal":
            parts.append(token.text)
    return "".join(reversed(parts))


def _scientific(number: Decimal, mantissa: tuple[_Token, ...], after: tuple[_Token, ...]) -> tuple[Decimal, str]:
    """The number scaled to its mantissa, and the text of its exponent."""
    digits = len(list(_until_point(mantissa))) or 1
    power = number.adjusted() if number else 0
    power -= power % digits if digits > 1 else 0
    width = sum(token.kind == "digit" for token in after)
    sign = "-" if power < 0 else "+" if "+" in after[0].text else ""
    return number.scaleb(-power), f"E{sign}{abs(power):0{width}d}"


def _until_point(tokens: tuple[_Token, ...]) -> list[_Token]:
    point = next((at for at, token in enumerate(tokens) if token.kind == "mark" and token.text == "."), len(tokens))
    return [token for token in tokens[:point] if token.kind == "digit"]


def _fraction(number: Decimal) -> str:
    whole, rest = divmod(number, 1)
    fraction = Fraction(rest).limit_denominator(99)
    if fraction == 1:
        return str(int(whole) + 1)
    return " ".join(filter(None, [str(int(whole)) if whole or not fraction else "", str(fraction) if fraction else ""]))


def _date(days: Decimal, tokens: tuple[_Token, ...], epoch_1904: bool) -> str:
    moment = _moment(days, epoch_1904, any("." in token.text for token in tokens if token.kind == "date"))
    noon = any(token.kind == "noon" for token in tokens)
    parts: list[str] = []
    for at, token in enumerate(tokens):
        if token.kind == "date":
            parts.append(_date_part(moment, token.text, _is_minute(tokens, at), noon))
        elif token.kind == "elapsed":
            seconds = int((days * 86400).to_integral_value(ROUND_HALF_UP))
            count = seconds // {"h": 3600, "m": 60, "s": 1}[token.text[0]]
            parts.append(f"{count:0{len(token.text)}d}")
        elif token.kind == "noon":
            parts.append(("AM" if moment.hour < 12 else "PM")[: 2 if len(token.text) == 5 else 1])
        elif token.kind in ("literal", "mark") and token.text != "@":
            parts.append(token.text)
    return "".join(parts)


def _moment(days: Decimal, epoch_1904: bool, fractional: bool) -> datetime:
    """The moment that a count of days means; Excel also counts a 29 February 1900, which there was not."""
    if days < 0:
        raise ValueError(days)
    start = datetime(1904, 1, 1) if epoch_1904 else datetime(1899, 12, 31 if days < 60 else 30)
    moment = start + timedelta(milliseconds=int((days * 86_400_000).to_integral_value(ROUND_HALF_UP)))
    return moment if fractional else (moment + timedelta(milliseconds=500)).replace(microsecond=0)


def _is_minute(tokens: tuple[_Token, ...], at: int) -> bool:
    """Whether an "m" means minutes: after hours, or before seconds."""
    own = [each.text[0] for each in tokens[:at] if each.kind in ("date", "elapsed")]
    later = [each.text[0] for each in tokens[at + 1 :] if each.kind in ("date", "elapsed")]
    return (bool(own) and own[-1] == "h") or (bool(later) and later[0] == "s")


def _date_part(moment: datetime, token: str, minute: bool, noon: bool) -> str:
    size = len(token)
    kind = "n" if token[0] == "m" and minute else token[0]
    if kind == "y":
        return f"{moment:%Y}".rjust(4, "0") if size > 2 else f"{moment.year % 100:02d}"
    if kind == "m" and size > 2:
        return _MONTHS[moment.month - 1][: {3: 3, 5: 1}.get(size, 99)]
    if kind == "d" and size > 2:
        return _DAYS[moment.weekday()][: 3 if size == 3 else 99]
    if kind == "s" and "." in token:
        decimals = len(token.partition(".")[2])
        return f"{moment.second:02d}." + f"{moment.microsecond:06d}"[: min(decimals, 3)]
    hour = (moment.hour % 12 or 12) if noon else moment.hour
    value = {"m": moment.month, "d": moment.day, "h": hour, "n": moment.minute, "s": moment.second}[kind]
    return f"{value:0{min(size, 2)}d}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
