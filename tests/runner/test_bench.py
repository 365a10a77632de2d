"""The bench harness with benches of its own."""

import json

import pytest

pytestmark = pytest.mark.slow

_BENCH = '''"""Counts a table, against counting it again."""

BENCH = "trivial"
CAPABILITY = "facts"
MODULES = ("sample",)


def run(bench):
    with bench.env() as env:
        figure = env["res.company"].search_count([])
    connection = bench.connect()
    cursor = connection.cursor()
    cursor.execute("SELECT count(*) FROM res_company")
    floor = cursor.fetchone()[0]
    connection.close()
    bench.row(figures={"rows": figure}, floor={"rows": floor}, ratio=3.0, budget="<= 2x", ok=False)
'''
_BROKEN = '''"""Breaks."""

BENCH = "broken"
CAPABILITY = "planning"
MODULES = ()


def run(bench):
    raise ValueError("broken on purpose")
'''


def test_rows_and_exit_status(project):
    project.write("tests/bench/trivial.py", _BENCH)
    project.write("tests/bench/broken.py", _BROKEN)
    done = project.run("facts", "--json", "--quick", command="bench")
    assert done.returncode == 0, done.stderr
    (row,) = map(json.loads, done.stdout.splitlines())
    assert set(row) == {"bench", "figures", "floor", "ratio", "budget", "ok"}
    assert (row["bench"], row["ratio"], row["ok"]) == ("trivial", 3.0, False)
    assert row["figures"]["rows"] >= row["floor"]["rows"] > 0
    assert row["figures"]["durability"]
    table = project.run("trivial", "--strict", command="bench")
    assert table.returncode == 1
    assert "MISSED" in table.stdout
    broken = project.run("broken", "--json", command="bench")
    assert broken.returncode == 1
    assert "broken on purpose" in json.loads(broken.stdout)["figures"]["error"]
    unknown = project.run("nonsense", "--json", command="bench")
    assert unknown.returncode == 2
    assert unknown.stdout == ""
    assert "There is no benchmark or capability nonsense" in unknown.stderr
