"""Checks of what the user types, each with a sentence; a wrong value stops the command before anything is done."""

import argparse
import datetime
import re
from pathlib import Path

_DATABASE = re.compile(r"^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,49}$")
_HISTORY = (".csv", ".tsv", ".txt", ".xlsx", ".parquet")


def port(text):
    """A TCP port."""
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 1 to 65535")
    return int(text)


def workers(text):
    """A number of worker processes; Odoo prints no PDF with exactly one."""
    if not text.isdigit() or int(text) > 64:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of workers: give 0 to 64")
    if int(text) == 1:
        raise argparse.ArgumentTypeError("with one worker a PDF report waits for itself: give 0, or 2 and more")
    return int(text)


def database(text):
    """A database name that PostgreSQL, Odoo and the file system take alike."""
    if not _DATABASE.match(text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no database name: up to 50 letters, digits, dots, dashes and underlines, "
            "a letter or digit first"
        )
    if text in ("postgres", "template0", "template1"):
        raise argparse.ArgumentTypeError(f"{text} belongs to PostgreSQL: choose another name")
    return text


def date(text):
    """A day, YYYY-MM-DD, between 1990 and ten years from now."""
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise ValueError(text)
        value = datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date: write it as YYYY-MM-DD") from None
    if not 1990 <= value.year <= datetime.date.today().year + 10:
        raise argparse.ArgumentTypeError(f"{text} is too far away to plan for")
    return text


def history(text):
    """A readable file of sales history."""
    path = Path(text).expanduser()
    if not path.exists():
        raise argparse.ArgumentTypeError(f"there is no file {text}")
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{text} is not a file")
    if path.suffix.lower() not in _HISTORY:
        raise argparse.ArgumentTypeError(f"{text} is none of {', '.join(_HISTORY)}")
    if path.stat().st_size == 0:
        raise argparse.ArgumentTypeError(f"{text} is empty")
    try:
        with path.open("rb"):
            pass
    except OSError:
        raise argparse.ArgumentTypeError(f"{text} may not be read by this user") from None
    return path.resolve()
