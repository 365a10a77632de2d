"""One face for the three kinds of files: a header and rows with their line numbers."""

import csv
import io
import zipfile
from datetime import datetime

from .encodings import decode, is_broken
from .problems import FileProblem, Problem

DELIMITERS = ",;\t|"
#: Bounds for files that claim more than anybody sells: whoever may upload one must not keep a worker busy for hours.
MAX_UNZIPPED = 2_000_000_000
MAX_SHARED = 200_000_000  # bytes of each part of a workbook that is no sheet: those are read into memory whole
MAX_COLUMNS = 500
MAX_LINES = 20_000_000
SHEET_LINES = 1_048_576  # what a sheet of a workbook can hold


class HistoryTable:
    """A file opened for reading.

    :ivar format: ``csv``, ``xlsx`` or ``parquet``
    :ivar encoding: of a text file, else None
    :ivar delimiter: of a text file, else None
    :ivar header: column names in order
    """

    def __init__(self, kind, header, rows, encoding=None, delimiter=None):
        self.format = kind
        self.header = header = [_without_nul(name) for name in header]
        self.encoding = encoding
        self.delimiter = delimiter
        self._rows = rows
        if not any(header):
            raise FileProblem("empty")
        if len(header) > MAX_COLUMNS:
            raise FileProblem("too_wide", found=len(header), limit=MAX_COLUMNS)
        if _looks_like_data(header):
            raise FileProblem("no_header", first=", ".join(header)[:120])

    def rows(self):
        """Iterate over ``(line, values, problem)``.

        ``line`` counts as the user's program does: in CSV the line of the text, in XLSX the row of the sheet
        (the header is 1 in both), in Parquet the row from 1. ``values`` has the header's length; ``problem`` is
        None or says why the line cannot be used.

        :raise FileProblem: the file turns out to be damaged on the way
        """
        try:
            for count, row in enumerate(self._rows(), start=1):
                if count > MAX_LINES:
                    raise FileProblem("too_long", limit=MAX_LINES)
                yield row
        except FileProblem:
            raise
        except Exception as error:
            # The libraries raise whatever their parsers meet in a damaged file; all of it means the same to the user.
            kind = {"csv": "CSV", "xlsx": "XLSX", "parquet": "Parquet"}[self.format]
            raise FileProblem("broken_file", kind=kind, detail=_without_nul(str(error))[:200]) from error


def open_history(data, encoding=None, delimiter=None):
    """Open the bytes of a file by what it holds, whatever its name says.

    :param encoding: of a text file; None detects it
    :param delimiter: of a text file; None detects it
    :raise FileProblem: empty, of an unknown kind, broken, or without a line of column names
    """
    if not data or not data.strip(b" \t\r\n\0\xef\xbb\xbf"):
        raise FileProblem("empty")
    if data.startswith(b"PAR1"):
        return _open_parquet(data)
    if data.startswith(b"PK\x03\x04"):
        return _open_xlsx(data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileProblem("old_excel")
    if data.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf")):
        raise FileProblem("binary")
    return _open_csv(data, encoding, delimiter)


def _looks_like_data(header):
    """True when the first line holds a date or a lone number: then it is no line of column names."""
    from .values import DATE_SHAPES

    return any(any(shape.fullmatch(name.strip()) for shape in DATE_SHAPES) for name in header)


def _without_nul(text):
    """PostgreSQL stores every character but this one."""
    return text.replace("\0", "\ufffd")


def _checked(values):
    """``(values, problem)`` of a line that no text codec has checked."""
    for value in values:
        if isinstance(value, str) and "\0" in value:
            clean = [_without_nul(value) if isinstance(value, str) else value for value in values]
            return clean, Problem("broken_text", {"encoding": "utf-8"})
    return values, None


def _text(value):
    return "" if value is None else str(value).strip()


# CSV ----------------------------------------------------------------------------------------------------------------


def _guess_delimiter(text):
    """The delimiter that splits the first lines into the same number (> 1) of columns most often."""
    lines = [line for line in text[:65536].splitlines()[:30] if line.strip()]
    best, best_score = ",", (0, 0)
    for delimiter in DELIMITERS:
        counts = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        if not counts or counts[0] < 2:
            continue
        score = (sum(count == counts[0] for count in counts), counts[0])
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _open_csv(data, encoding, delimiter):
    text, encoding = decode(data, encoding)
    if "\0" in text:
        raise FileProblem("binary")
    delimiter = delimiter or _guess_delimiter(text)

    def reader():
        return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)

    first = next((row for row in reader() if any(cell.strip() for cell in row)), [])
    header = [_text(cell) for cell in first]
    while header and not header[-1]:
        header.pop()
    if any(is_broken(name) for name in header):
        raise FileProblem("encoding_broken", encoding=encoding)
    width = len(header)

    def rows():
        lines = reader()
        seen_header = False
        start = 1
        while True:
            try:
                row = next(lines)
            except StopIteration:
                return
            except csv.Error as error:
                yield start, [None] * width, Problem("csv_broken", {"detail": str(error)})
                start = lines.line_num + 1
                continue
            line, start = start, lines.line_num + 1
            if not any(cell.strip() for cell in row):
                continue
            if not seen_header:
                seen_header = True
                continue
            problem = None
            if len(row) > width and any(cell.strip() for cell in row[width:]):
                problem = Problem("too_many_columns", {"found": len(row), "expected": width})
            elif len(row) < width:
                problem = Problem("too_few_columns", {"found": len(row), "expected": width})
            elif any(is_broken(cell) for cell in row):
                problem = Problem("broken_text", {"encoding": encoding})
            yield line, (row + [None] * width)[:width], problem

    return HistoryTable("csv", header, rows, encoding, delimiter)


# XLSX ---------------------------------------------------------------------------------------------------------------


def _open_xlsx(data):
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                raise FileProblem("not_a_table")
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNZIPPED:
                raise FileProblem("too_big")
            if any(
                entry.file_size > MAX_SHARED
                for entry in archive.infolist()
                if not entry.filename.startswith("xl/worksheets/")
            ):
                raise FileProblem("too_big")
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = next((sheet for sheet in book.worksheets if sheet.sheet_state == "visible"), None)
        if sheet is None:
            raise FileProblem("empty")
        # The size that the file claims may be wrong (some programs write A1:A1), which would hide rows.
        sheet.reset_dimensions()
        first_line, header = 0, []
        for line, row in enumerate(sheet.iter_rows(values_only=True), start=1):
            first_line, header = line, [_header_text(cell) for cell in row]
            if any(header):
                break
            _check_sheet_line(line)
    except FileProblem:
        raise
    except Exception as error:
        # openpyxl raises whatever its parsers meet in a damaged file; all of it means the same to the user.
        raise FileProblem("broken_file", kind="XLSX", detail=str(error)[:200]) from error
    while header and not header[-1]:
        header.pop()
    width = len(header)

    def rows():
        lines = sheet.iter_rows(min_row=first_line + 1, max_col=width, values_only=True)
        for line, row in enumerate(lines, start=first_line + 1):
            _check_sheet_line(line)
            if not any(cell is not None and cell != "" for cell in row):
                continue
            yield line, *_checked((list(row) + [None] * width)[:width])

    return HistoryTable("xlsx", header, rows)


def _check_sheet_line(line):
    """The numbers of rows are written in the file; the gaps between them would be walked through one by one."""
    if line > SHEET_LINES:
        raise ValueError(f"row {line}")


def _header_text(cell):
    return cell.date().isoformat() if isinstance(cell, datetime) else _text(cell)


# Parquet ------------------------------------------------------------------------------------------------------------


def _open_parquet(data):
    try:
        import pyarrow as arrow
        import pyarrow.parquet as parquet
    except ImportError:
        raise FileProblem("no_pyarrow") from None
    try:
        file = parquet.ParquetFile(io.BytesIO(data))
        header = list(file.schema_arrow.names)
    except (arrow.ArrowException, OSError, ValueError) as error:
        raise FileProblem("broken_file", kind="Parquet", detail=str(error)[:200]) from error
    if not file.metadata.num_rows:
        raise FileProblem("empty")
    if file.metadata.num_rows > MAX_LINES:
        raise FileProblem("too_long", limit=MAX_LINES)

    def rows():
        line = 0
        for batch in file.iter_batches(batch_size=65536):
            # Nanoseconds do not fit Python's datetime; days are all that counts.
            columns = [
                (
                    column.cast(arrow.date32(), safe=False) if arrow.types.is_timestamp(column.type) else column
                ).to_pylist()
                for column in batch.columns
            ]
            for values in zip(*columns, strict=True):
                line += 1
                yield line, *_checked(list(values))

    return HistoryTable("parquet", header, rows)
