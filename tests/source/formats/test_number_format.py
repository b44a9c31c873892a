"""Number formats of spreadsheets: expected values as Excel and LibreOffice show them."""

from __future__ import annotations

import pytest

from source.formats.sheets.number_format import shown


@pytest.mark.parametrize(
    ("value", "code", "expected"),
    [
        ("1234.5", "#,##0.00", "1,234.50"),
        ("0.256", "0%", "26%"),
        ("45000", "d mmm yyyy", "15 Mar 2023"),
        ("45000.5", "yyyy-mm-dd hh:mm:ss", "2023-03-15 12:00:00"),
        ("0.75", "h:mm AM/PM", "6:00 PM"),
        ("1.5", "[h]:mm:ss", "36:00:00"),
        ("-5", "0.00;(0.00)", "(5.00)"),
        ("-5", "0.0", "-5.0"),
        ("1234567", '0.0,,"M"', "1.2M"),
        ("0.1", "General", "0.1"),
        ("5551234", "000-0000", "555-1234"),
        ("123456789", "000-00-0000", "123-45-6789"),
        ("1234.5", "[$€-407] #,##0.00", "€ 1,234.50"),
        ("12345", "0.00E+00", "1.23E+04"),
        ("0.5", "# ?/?", "1/2"),
        ("2.25", "# ?/?", "2 1/4"),
        ("0", '0;-0;"zero"', "zero"),
        ("5", '[>3]"big";"small"', "big"),
        ("45000", "dddd, mmmm d", "Wednesday, March 15"),
        ("45000.020833333", "mm:ss", "30:00"),
        ("1e-7", "General", "1E-7"),
        ("123456789012", "General", "123456789012"),
        ("0.30000000000000004", "General", "0.3"),
        ("45000", "dd/mm/yy", "15/03/23"),
        ("1234", "#,##0 \\k\\m", "1,234 km"),
        ("7", '0" pcs"', "7 pcs"),
        ("0.125", "0.#", "0.1"),
        ("5", "0.##", "5"),
        ("59", "d mmm yyyy", "28 Feb 1900"),
        ("x", "0", "x"),
        ("1234.5", "_(* #,##0.00_);_(* (#,##0.00)", "1,234.50"),
        ("3", 'General" kg"', "3 kg"),
        ("1e400", "0", "1e400"),
        ("2.5", "0", "3"),
        ("45000", "[$-409]d-mmm-yyyy;@", "15-Mar-2023"),
        ("1", "yyyy", "1900"),
    ],
)
def test_a_number_is_shown_in_its_format(value: str, code: str, expected: str) -> None:
    assert shown(value, code) == expected


def test_a_hostile_format_ends_quickly() -> None:
    for code in ("0" * 100_000, '"' * 100_000, "[" * 100_000, "#,##0." + "0" * 10_000, "h" * 100_000, "E+" * 1000):
        assert len(shown("12345.678", code)) < 1000
    assert shown("-1", "yyyy") == "-1"
    assert shown("9e99", "yyyy-mm-dd") == "9e99"
