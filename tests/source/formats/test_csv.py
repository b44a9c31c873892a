import csv
import io
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from source.document import Document, Doubt, DoubtKind, Region, RegionKind
from source.errors import NotText, SourceEmpty
from source.formats.csv import read_csv
from source.spans import Span

CELLS = st.sampled_from(
    [
        "a",
        "Erik",
        "two words",
        'say "x"',
        "a,b",
        "1,5",
        "x;y",
        "new\nline",
        "2020-01-01",
        "",
        "é",
        "|",
        "t\tab",
        '"',
        "漢",
    ]
)
ROWS = st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=8)
LIKELY = st.lists(st.sampled_from(['"', '""', ",", ";", "\t", "\n", "\r\n", "\r", " ", "a", "1", "b c"])).map("".join)


def paragraphs(document: Document) -> list[str]:
    return [document.text[span.start : span.end] for span in document.places.paragraphs]


def header(text: str) -> str | None:
    """The title of the heading that stands above the last record."""
    document = read_csv(text.encode(), id="x")
    return next(iter(document.place(document.places.paragraphs[-1].start).heading), None)


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc", "Co", "Cn"])) | LIKELY)
@settings(max_examples=200)
def test_text_is_kept_and_records_lie_in_order(text: str) -> None:
    try:
        document = read_csv(text.encode(), id="x")
    except SourceEmpty:
        assert not any(char.isalnum() for char in text)
        return
    assert document.text == text.removeprefix("\ufeff")
    end = 0
    for span in document.places.paragraphs:
        assert end <= span.start < span.end <= len(document.text)
        assert document.text[span.start : span.end] == document.text[span.start : span.end].strip()
        end = span.end
    heads = [region.span for region in document.regions]
    assert document.quotable() == [span for span in document.places.paragraphs if span not in heads]
    for heading in document.places.headings:
        assert heading.start < len(document.text) == heading.end


@given(ROWS, st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n"]))
def test_every_record_that_a_writer_wrote_is_one_paragraph(rows: list[list[str]], delimiter: str, end: str) -> None:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([["n", "m", "o"], *rows])
    worded = [row for row in rows if any(char.isalnum() for cell in row for char in cell)]
    records = paragraphs(read_csv(file.getvalue().encode(), id="x"))
    assert [next(csv.reader(io.StringIO(each, newline=""), delimiter=delimiter)) for each in records[1:]] == worded


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", list(",;\t|"))
def test_the_first_record_heads_the_columns_at_any_line_end(end: str, delimiter: str) -> None:
    lines = ["ship,built", "Erik,1902", "", '"Two""s', 'Brothers",1911', ""]
    text = end.join(lines).replace(",", delimiter)
    document = read_csv(text.encode(), id="ships.csv", title="ships", path="p", sha256="s")
    assert document.text == text
    assert paragraphs(document) == [
        f"ship{delimiter}built", f"Erik{delimiter}1902", f'"Two""s{end}Brothers"{delimiter}1911',
    ]  # fmt: skip
    assert (document.title, document.path, document.sha256, document.extractor) == ("ships", "p", "s", "csv/3")
    place = document.place(text.index("Brothers"))
    assert (place.heading, place.paragraph, place.line) == (("ship | built",), 3, 5)
    assert document.place(text.index("built")).heading == ("ship | built",)
    assert document.doubts == ()
    assert document.regions == (Region(Span(0, len("ship,built")), RegionKind.HEADING),)


def test_a_first_record_that_may_be_data_stays_quotable() -> None:
    document = read_csv(b"Anna,Rome\nErik,Oslo\n", id="x")
    assert document.place(12).heading == ("Anna | Rome",)
    assert document.quotable()[0] == Span(0, len("Anna,Rome"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name,town\nErik,Oslo\nAnna,Rome", "name | town"),  # short names, and nothing against it
        (",a,b\n0,x,y\n1,u,v", "a | b"),  # the numbers of the rows have no name
        ("Country,2019,2020\nNorway,5.3,5.4", "Country | 2019 | 2020"),  # years as names
        ('"Item" , "Price, net"\nsaw,"1,5"', "Item | Price, net"),  # white space around quotes
        ("Prices of 2020,\n# from the shop,\nitem,price\nsaw,12\nnail,1", "item | price"),  # a title and a note above
        ("x" * 60 + ",b\n1,2\n3,4", "x" * 60 + " | b"),  # long, but above numbers
        ("heading\n1\n2", "heading"),
        ("remark; long\n1\n2;3;4\n5; 6\n7;8;9;0", "remark; long"),  # the sign is no delimiter
        ("a;b,c\nd;e,f", "a | b,c"),  # of two that fit alike, the comma may be part of a text
        ('"the ""good"" ship",n\nErik,1', 'the "good" ship | n'),
        ("year;month;costs;\n2031;1;12,50;\n2031;2;14,00;\n", "year | month | costs"),  # lines end with a delimiter
        ("year,costs\n2031,12,\n2032,14,\n", "year | costs"),  # only those of the records do
        ("year,costs,\n2031,12,paid\n2032,14,\n", None),  # a column without a name
        ("Norway,2019\nSweden,2020", None),  # a year among years
        ("Norway,Oslo\nSweden,Kiruna\nNorway,Bergen", None),  # met again below
        ("a,a\n1,2", None),
        ("a,,b\n1,2,3", None),
        ("1,2\n3,4", None),
        ("12 km,$5.00\nfar,dear", None),
        ("me@example.org,Oslo\nyou@example.org,Rome", None),
        ("x" * 60 + ",b\nlong,text", None),
        ("apple\npear\nplum", None),
        ("name,town", None),
    ],
)
def test_a_record_that_is_a_header(text: str, expected: str | None) -> None:
    assert header(text) == expected


def test_records_above_the_header_are_not_under_it() -> None:
    text = "Prices of 2020\nitem,price\nsaw,12\n"
    document = read_csv(text.encode(), id="x")
    assert paragraphs(document) == ["Prices of 2020", "item,price", "saw,12"]
    assert [document.place(text.index(word)).heading for word in ("Prices", "item", "saw")] == [
        (), ("item | price",), ("item | price",),
    ]  # fmt: skip


def test_a_header_of_many_columns_is_cut_between_names() -> None:
    names = [f"column number {number}" for number in range(30)]
    title = header(",".join(names) + "\n" + ",".join("1" * 30))
    assert title == " | ".join(names[:11])
    assert header("y" * 500 + "\n1\n2") == "y" * 200


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ("a;b\n1,5;2,7\n", ["a;b", "1,5;2,7"]),
        ('x,"one, two\nthree"\ny,z', ['x,"one, two\nthree"', "y,z"]),
        ('name\tsize\npipe\t5"\nrod\t"6" or so\nbar\t7', ["name\tsize", 'pipe\t5"', 'rod\t"6" or so', "bar\t7"]),
        ('item\tsaid\nrod\t"6 inches\nbar\tthe "8"', ["item\tsaid", 'rod\t"6 inches', 'bar\tthe "8"']),
        (
            "No, thanks.\nThat is all; we go, they said, now.\nSo",
            ["No, thanks.", "That is all; we go, they said, now.", "So"],
        ),
        (",,\n \n- , -\na,b,c\n", ["a,b,c"]),
    ],
)
def test_delimiters_and_stray_quotes(text: str, records: list[str]) -> None:
    assert paragraphs(read_csv(text.encode(), id="x")) == records


def test_a_quote_that_is_never_closed_swallows_nothing() -> None:
    text = 'name,said\nErik,"well, then\nAnna,no\nPer,"yes""\n'
    document = read_csv(text.encode(), id="x")
    assert paragraphs(document) == ["name,said", 'Erik,"well, then', "Anna,no", 'Per,"yes""']
    assert document.doubts == (Doubt(DoubtKind.TRUNCATED),)
    assert read_csv(b'name,said\nErik,"well, then"\n', id="x").doubts == ()


def test_encodings_are_those_of_plain_text() -> None:
    text = "имя,город\nАнна,Рим\n"
    for encoding in ("utf-8-sig", "utf-16"):
        assert read_csv(text.encode(encoding), id="x").text == text


@pytest.mark.parametrize("data", [b"", b"\n\n", b",,,\n,,,\n", b'"",""\n', b"-\t-\n"])
def test_a_table_without_words_is_empty(data: bytes) -> None:
    with pytest.raises(SourceEmpty, match=r"^t\.csv contains no text\.$"):
        read_csv(data, id="x", path="t.csv")


def test_bytes_that_are_not_text_are_refused() -> None:
    with pytest.raises(NotText, match="x"):
        read_csv(b"PK\3\4\0\0\0\0" * 40, id="x")


@pytest.mark.parametrize(
    "unit", ['"', ',"""a', '"a\n', ',""a', '"",', ' "', ",", 'a,"b"\n', '\t"x"y', "a;b,c|d\te\n", "1 " * 50 + "\n"]
)
def test_a_hostile_table_is_read_in_time(unit: str, within: Callable[[float], AbstractContextManager[None]]) -> None:
    text = "a,b\n" + unit * (400_000 // len(unit))
    with within(3):
        assert read_csv(text.encode(), id="x").text == text


def test_hostile_text_is_read_in_time(hostile: str, within: Callable[[float], AbstractContextManager[None]]) -> None:
    with within(5):
        assert read_csv(f"a\n{hostile}".encode(), id="x").text == f"a\n{hostile}"
