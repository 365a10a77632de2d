"""Reading files without Odoo: encodings, columns, numbers, dates."""

import io
import sys
from datetime import date, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "addons" / "inventory_plus"))

from history_files import FileProblem, ValueReader, guess_columns, open_history
from history_files.encodings import detect_encoding

TODAY = date(2026, 1, 31)


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        ("code,café", "utf-8", "utf-8"),
        ("code,café", "utf-8-sig", "utf-8-sig"),
        ("Stück,Größe,Café\nein,Müller,ß", "cp1252", "cp1252"),
        ("Stück,Größe,Café\nein,Müller,ß", "latin-1", "cp1252"),
        ("商品编码,日期,数量\n茶叶,2024-01-01,3", "gb18030", "gb18030"),
        ("商品编码,日期,数量\n茶叶,2024-01-01,3", "gbk", "gb18030"),
        ("商品编码,日期,数量", "utf-16", "utf-16"),
    ],
)
def test_encoding_is_found(text, encoding, found):
    data = text.encode(encoding)
    assert detect_encoding(data) == found
    assert (
        open_history(data + "\nx,2,3\n".encode(encoding)[2 if encoding == "utf-16" else 0 :]).header[0]
        == (text.split(",")[0])
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found(delimiter):
    table = open_history(f"sku{delimiter}day{delimiter}qty\nA,1{delimiter}2024-01-01{delimiter}2\n".encode())
    expected = "A" if delimiter == "," else "A,1"
    assert table.delimiter == delimiter
    assert next(iter(table.rows()))[1][0] == expected


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b"\x00\x01\x02", b"%PDF-1.7", b"\x1f\x8b\x08\x00xx"])
def test_no_table(data):
    with pytest.raises(FileProblem):
        open_history(data)


def test_lines_count_as_in_an_editor():
    table = open_history(b'sku,day,qty\n\nA,2024-01-01,"1\n"\nB,2024-01-02,2\nC,3\n')
    rows = list(table.rows())
    assert [(line, problem and problem.code) for line, _values, problem in rows] == [
        (3, None),
        (5, None),
        (6, "too_few_columns"),
    ]


def test_guesses():
    assert guess_columns(["StockCode", "day", "sale", "ret", "lines", "rev"]) == [
        "product", "date", "sold", "returned", "lines", "revenue",
    ]  # fmt: skip
    assert guess_columns(["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price"]) == [
        None, "product", "name", "sold", "date", "price",
    ]  # fmt: skip
    assert guess_columns(["商品编码", "商品名称", "仓库", "销售日期", "销量", "金额"]) == [
        "product", "name", "warehouse", "date", "sold", "revenue",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1,234.5", ".", 1234.5),
        ("1.234,5", ",", 1234.5),
        ("1 234", ".", 1234.0),
        ("1'234", ".", 1234.0),
        ("(5)", ".", -5.0),
        ("5-", ".", -5.0),
        ("−5", ".", -5.0),
        ("１２", ".", 12.0),
        ("1e3", ".", 1000.0),
        ("", ".", None),
    ],
)
def test_numbers(text, decimal, value):
    assert ValueReader(TODAY, "dmy", decimal).number(text) == (value, None)


@pytest.mark.parametrize("text", ["x", "1,2,3", "1.2.3", "nan", "inf", "0x10", "#N/A", "12abc", True, "--5"])
def test_no_numbers(text):
    number, problem = ValueReader(TODAY, "dmy", ".").number(text)
    assert number is None
    assert problem.code == "number_bad"


@pytest.mark.parametrize(
    "value",
    [
        "2024-05-06", "2024/5/6", "2024.05.06", "20240506", "2024年5月6日", "06.05.2024", "6/5/2024", "06-05-24",
        "2024-05-06T08:26:00Z", "2024-05-06 08:26", "6/5/2024 7:45", datetime(2024, 5, 6, 23, 59), date(2024, 5, 6),
        45418, 20240506,
    ],
)  # fmt: skip
def test_dates(value):
    assert ValueReader(TODAY, "dmy", ".").date(value) == (date(2024, 5, 6), None)


def test_order_of_day_and_month_is_learnt_or_asked_for():
    reader = ValueReader(TODAY)
    reader.learn(["1/2/2024", "12/31/2024"], ["1"])
    assert reader.date("1/2/2024")[0] == date(2024, 1, 2)
    with pytest.raises(FileProblem) as caught:
        ValueReader(TODAY).learn(["1/2/2024", "3/4/2024"], [])
    assert caught.value.code == "date_ambiguous"


def test_decimal_sign_is_learnt():
    reader = ValueReader(TODAY)
    reader.learn([], ["1.000", "2,5"])
    assert reader.decimal == ","
    assert reader.number("1.000")[0] == 1000.0


def test_parquet():
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    stream = io.BytesIO()
    day = arrow.array([datetime(2024, 5, 6)], arrow.timestamp("ns"))
    parquet.write_table(arrow.table({"sku": ["A"], "day": day, "qty": [3]}), stream)
    table = open_history(stream.getvalue())
    assert table.format == "parquet"
    assert list(table.rows()) == [(1, ["A", date(2024, 5, 6), 3], None)]
