"""What the user types: help that explains itself, and wrong values that get one sentence and change nothing."""

import pytest

from .conftest import sentence

COMMANDS = (
    "run",
    "test",
    "bench",
    "verify",
    "doctor",
    "shell",
    "odoo",
    "stop",
    "status",
    "reset",
    "screenshots",
)


def test_help_names_every_command(checkout):
    outcome = checkout.run()
    assert outcome.returncode == 0
    for command in COMMANDS:
        assert f"    {command}" in outcome.stdout
    assert not checkout.local.exists(), "asking for help makes nothing"


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(checkout, command):
    outcome = checkout.run(command, "--help")
    assert outcome.returncode == 0, outcome.stderr
    assert len(outcome.stdout.splitlines()) > 4


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (("run", "--port", "0"), "no port"),
        (("run", "--port", "70000"), "no port"),
        (("run", "--port", "web"), "no port"),
        (("run", "--workers", "-1"), "worker"),
        (("run", "--workers", "1"), "one worker"),
        (("run", "--as-of", "2024-02-30"), "YYYY-MM-DD"),
        (("run", "--as-of", "01.02.2024"), "YYYY-MM-DD"),
        (("run", "--as-of", "20240201"), "YYYY-MM-DD"),
        (("run", "--as-of", "1066-10-14"), "too far away"),
        (("run", "--database", "two words"), "no database name"),
        (("run", "--database", ""), "no database name"),
        (("run", "--database", "../etc"), "no database name"),
        (("run", "--database", "template1"), "belongs to PostgreSQL"),
        (("run", "--database", "x" * 60), "no database name"),
        (("run", "--history", "/nowhere/sales.csv"), "there is no file"),
        (("run", "--history", "/etc"), "not a file"),
        (("run", "--history", "/etc/hostname"), ".csv"),
        (("run", "--opening", "seeded"), "--history"),
        (("run", "--opening", "invented"), "invalid choice"),
        (("run", "--unknown"), "--unknown"),
        (("dance",), "dance"),
        (("doctor", "--data", "--sample", "-1"), "--sample"),
    ],
)
def test_wrong_values_get_a_sentence_and_change_nothing(checkout, args, word):
    outcome = checkout.run(*args)
    assert outcome.returncode == 2, outcome.stderr
    assert word in sentence(outcome)
    assert not checkout.local.exists()


def test_history_must_be_a_file_with_content(checkout, tmp_path):
    empty = tmp_path / "empty.csv"
    empty.touch()
    assert "is empty" in sentence(checkout.run("run", "--history", empty))
    strange = tmp_path / "sales.pdf"
    strange.write_bytes(b"%PDF")
    assert ".parquet" in sentence(checkout.run("run", "--history", strange))
    good = tmp_path / "sales.csv"
    good.write_text("date,product,quantity\n", encoding="utf-8")
    assert "contradict" in sentence(checkout.run("run", "--history", good, "--empty"))


def test_nothing_runs_and_that_is_said(checkout):
    outcome = checkout.run("status")
    assert outcome.returncode == 3
    assert "not running" in outcome.stdout
    outcome = checkout.run("stop")
    assert outcome.returncode == 0
    assert outcome.stdout == "Nothing was running.\n"
