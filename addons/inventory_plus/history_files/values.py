"""Reading numbers and dates from what people and programs write into files."""

import math
import re
import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal

from .problems import FileProblem, Problem

MAX_QUANTITY = 10_000_000
MAX_AMOUNT = 1e12
FIRST_DAY = date(1970, 1, 1)
EXCEL_EPOCH = date(1899, 12, 30)

_TIME = r"(?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?\s*(?:Z|UTC|[+-]\d{2}:?\d{2})?)?"
YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _TIME)
YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})" + _TIME)
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
CHINESE = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]?" + _TIME)
DATE_SHAPES = (YEAR_FIRST, YEAR_LAST, CHINESE)

NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})?")


class ValueReader:
    """Reads the values of one file: remembers what it has read, as dates and quantities repeat.

    :param today: last day that is not in the future
    :param date_order: ``dmy``, ``mdy`` or None to find out by :meth:`learn`
    :param decimal: ``.``, ``,`` or None to find out
    """

    def __init__(self, today, date_order=None, decimal=None):
        self.today = today
        self.date_order = date_order
        self.decimal = decimal
        self._dates = {}
        self._numbers = {}

    # Learning from a sample ------------------------------------------------------------------------------------------

    def learn(self, dates, numbers):
        """Find the order of day and month and the decimal sign from sample values.

        :raise FileProblem: dates that can be read both ways, with nothing in the sample that tells
        """
        if not self.date_order:
            self.date_order = self._learn_date_order(dates)
        if not self.decimal:
            self.decimal = self._learn_decimal(numbers)

    def _learn_date_order(self, values):
        ambiguous = None
        for value in values:
            match = YEAR_LAST.fullmatch(_clean(value)) if isinstance(value, str) else None
            if not match:
                continue
            first, second = int(match[1]), int(match[2])
            if first > 12 >= second:
                return "dmy"
            if second > 12 >= first:
                return "mdy"
            if first != second and "." not in match[0][:6]:
                ambiguous = ambiguous or match[0]
        if ambiguous:
            raise FileProblem("date_ambiguous", example=ambiguous)
        return "dmy"

    @staticmethod
    def _learn_decimal(values):
        for value in values:
            text = _clean(value) if isinstance(value, str) else ""
            comma, point = text.rfind(","), text.rfind(".")
            if comma >= 0 and point >= 0:
                return "," if comma > point else "."
            if comma >= 0 and len(text) - comma - 1 != 3:
                return ","
        return "."

    # Values ----------------------------------------------------------------------------------------------------------

    def date(self, value):
        """``(date, None)`` or ``(None, Problem)``; the time of day is left out, as the file's days are local days."""
        try:
            return self._dates[value]
        except KeyError:
            result = self._dates[value] = self._read_date(value)
            return result
        except TypeError:
            return None, Problem("date_bad", {"value": str(value)[:60]})

    def _read_date(self, value):
        if value is None or value == "":
            return None, Problem("date_missing", {})
        day = _date_of(value, self.date_order)
        if day is None:
            return None, Problem("date_bad", {"value": str(value)[:60]})
        if day > self.today:
            return None, Problem("date_future", {"value": day.isoformat()})
        if day < FIRST_DAY:
            return None, Problem("date_old", {"value": day.isoformat()})
        return day, None

    def number(self, value):
        """``(float, None)`` or ``(None, Problem)``; an empty cell is ``(None, None)``."""
        kind = type(value)
        if kind is int:
            return float(value), None
        if value is None:
            return None, None
        try:
            return self._numbers[kind, value]
        except KeyError:
            result = self._numbers[kind, value] = self._read_number(value)
            return result
        except TypeError:
            return None, Problem("number_bad", {"value": str(value)[:60]})

    def _read_number(self, value):
        if isinstance(value, (bool, date, datetime, timedelta)):
            return None, Problem("number_bad", {"value": str(value)[:60]})
        if isinstance(value, (int, float, Decimal)):
            number = float(value)
        else:
            text = _clean(value)
            if not text:
                return None, None
            number = _number_of(text, self.decimal)
        if number is None or not math.isfinite(number):
            return None, Problem("number_bad", {"value": str(value)[:60]})
        return number, None


def _clean(value):
    return unicodedata.normalize("NFKC", str(value)).strip()


def _date_of(value, order):
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _date_of_number(value)
    text = _clean(value)
    for shape in (YEAR_FIRST, CHINESE, COMPACT):
        match = shape.fullmatch(text)
        if match:
            return _day(int(match[1]), int(match[2]), int(match[3]))
    match = YEAR_LAST.fullmatch(text)
    if not match:
        return None
    first, second, year = int(match[1]), int(match[2]), int(match[3])
    year += 2000 if year < 100 else 0
    return _day(year, first, second) if order == "mdy" else _day(year, second, first)


def _date_of_number(value):
    """A spreadsheet's day number (days since 1899-12-30), or a day written as 20110131."""
    if not math.isfinite(value):
        return None
    if 20_000 <= value < 80_000:
        return EXCEL_EPOCH + timedelta(days=int(value))
    whole = int(value)
    if whole == value and 19_000_101 <= whole <= 99_991_231:
        return _day(whole // 10_000, whole // 100 % 100, whole % 100)
    return None


def _day(year, month, day):
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _number_of(text, decimal):
    """Number written with signs of thousands, a trailing minus or brackets for minus; None when it is none."""
    negative = False
    if text.startswith("(") and text.endswith(")"):
        negative, text = True, text[1:-1].strip()
    elif text.endswith("-"):
        negative, text = True, text[:-1].strip()
    text = text.replace("\u2212", "-").replace(" ", "").replace("'", "")
    if decimal == ",":
        text = text.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?", text):
        text = text.replace(",", "")
    if not NUMBER.fullmatch(text):
        return None
    number = float(text)
    return -number if negative else number
