"""The PostgreSQL servers and databases of ``./inventory``: private clusters in awkward places, databases of others."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path

import pytest

from .conftest import ROOT, copy_checkout, sentence

SQL = """
import json, sys
sys.path.insert(0, sys.argv[1])
from command import database, house
home = house.prepare()
request = json.load(sys.stdin)
if request["mark"]:
    database.set_mark(home, request["database"], **request["mark"])
json.dump(database.execute(home, request["database"], *request["statements"]), sys.stdout)
"""


def sql(checkout, database, *statements, mark=None, **environment):
    """Run statements on a database of the checkout's server, and mark the database as the checkout's own."""
    request = {"database": database, "statements": statements, "mark": mark}
    done = subprocess.run(
        [sys.executable, "-B", "-c", SQL, checkout.folder / "config"],
        input=json.dumps(request),
        env=checkout.environment(**environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def given_server():
    """The session's server, as a user would name it."""
    return {key: os.environ[key] for key in ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD") if key in os.environ}


@pytest.fixture
def name():
    """A database name that nobody has."""
    return f"cli_{uuid.uuid4().hex[:10]}"


@pytest.mark.slow
def test_a_checkout_with_a_very_long_path(tmp_path):
    """A socket's path has room for 107 bytes; the checkout's may be longer."""
    folder = tmp_path.joinpath(*(["a_folder_with_a_long_name"] * 5), "checkout")
    assert len(str(folder)) > 110
    checkout = copy_checkout(folder).use_ready_tools()
    try:
        outcome = checkout.run("shell", "--database", "none")
        assert outcome.returncode == 1
        assert "no database none" in sentence(outcome), "the cluster answered"
        assert sql(checkout, "postgres", "SELECT 1") == [[[1]]]
    finally:
        assert checkout.run("reset", "--yes").returncode == 0
    assert not checkout.local.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands PostgreSQL to another user")
def test_a_checkout_that_the_servers_user_may_not_enter(ready):
    ready.folder.parent.chmod(0o700)
    outcome = ready.run("shell", "--database", "none")
    assert "no database none" in sentence(outcome), "the cluster answered"
    house = (ready.local / "house-id").read_text().strip()
    away = Path("/var/lib/inventory-plus") / house
    assert (away / "run/data/PG_VERSION").exists()
    assert not (ready.local / "postgres/run/data").exists()
    assert ready.run("reset", "--yes").returncode == 0
    assert not away.exists()


def test_the_private_cluster_is_private_and_durable(ready):
    (listens, fsync, commits) = sql(ready, "postgres", "SHOW listen_addresses", "SHOW fsync", "SHOW synchronous_commit")
    assert (listens, fsync, commits) == ([[""]], [["on"]], [["on"]])
    ((folder,),) = sql(ready, "postgres", "SHOW unix_socket_directories")[0]
    assert Path(folder).stat().st_mode & 0o077 == 0, "nobody else may enter the socket's folder"
    assert "Stopped PostgreSQL (run)." in ready.run("stop").stdout
    assert ready.run("stop").stdout == "Nothing was running.\n"


@pytest.mark.slow
def test_a_killed_server_is_started_again(ready):
    sql(ready, "postgres", "CREATE DATABASE kept")
    ((pid_file,),) = sql(ready, "postgres", "SELECT current_setting('data_directory') || '/postmaster.pid'")[0]
    os.kill(int(Path(pid_file).read_text().split()[0]), signal.SIGKILL)
    time.sleep(0.5)
    assert sql(ready, "kept", "SELECT 1") == [[[1]]]


MODULES = (
    "CREATE TABLE ir_module_module (name varchar, latest_version varchar, state varchar)",
    "INSERT INTO ir_module_module VALUES ('base', '{base}', 'installed'), ('inventory_plus', '{ours}', 'installed')",
)


@pytest.mark.parametrize(
    ("base", "ours", "marked", "words"),
    [
        (None, None, False, "holds no Odoo"),
        ("18.0.1.3", "18.0.1.0.0", True, "is of Odoo 18.0"),
        ("19.0.1.3", "19.0.1.0.0", False, "was not made by ./inventory run"),
        ("19.0.1.3", "19.0.99.0.0", True, "newer version"),
        ("19.0.1.3", "19.0.0.0.1", True, "older version"),
    ],
)
def test_databases_of_others_and_of_other_versions_stay_as_they_are(ready, name, free_port, base, ours, marked, words):
    statements = [part.format(base=base, ours=ours) for part in MODULES] if base else ["CREATE TABLE mine (id int)"]
    sql(ready, "postgres", f"CREATE DATABASE {name}")
    sql(ready, name, *statements, mark={"state": "ready", "code": "x"} if marked else None)
    tables = "SELECT count(*), sum(reltuples)::int FROM pg_class WHERE relkind IN ('r', 'i')"
    before = sql(ready, name, tables)
    outcome = ready.run("run", "--database", name, "--port", free_port)
    assert outcome.returncode == 1
    text = sentence(outcome)
    assert words in text
    assert "nothing was changed" in text
    assert sql(ready, name, tables) == before


def test_a_database_of_another_checkout(ready, name, free_port):
    sql(ready, "postgres", f"CREATE DATABASE {name}")
    comment = json.dumps({"house": "somebodyelse", "checkout": "/home/other", "state": "ready"})
    sql(ready, name, *(part.format(base="19.0.1.3", ours="19.0.1.0.0") for part in MODULES))
    sql(ready, "postgres", f"COMMENT ON DATABASE {name} IS 'Inventory Plus {comment}'")
    assert "made by the checkout in /home/other" in sentence(ready.run("run", "--database", name, "--port", free_port))


def test_the_role_postgres_and_a_server_that_is_not_there(ready, free_port):
    outcome = ready.run("run", "--port", free_port, PGHOST="127.0.0.1", PGPORT="9", PGUSER="postgres")
    assert "PGUSER=odoo" in sentence(outcome)
    outcome = ready.run("run", "--port", free_port, PGHOST="127.0.0.1", PGPORT="9", PGUSER="odoo")
    assert "cannot be reached: check PGHOST" in sentence(outcome)


@pytest.mark.slow
def test_reset_asks_and_drops_only_our_databases(ready, name):
    given = given_server()
    sql(ready, "postgres", f"CREATE DATABASE {name}", f"CREATE DATABASE {name}_other", **given)
    try:
        sql(ready, "postgres", mark=None, **given)
        sql(ready, name, "SELECT 1", mark={"state": "ready"}, **given)
        outcome = ready.run("reset", **given)
        assert outcome.returncode == 1
        assert "Nothing was removed" in sentence(outcome)
        found = f"SELECT datname FROM pg_database WHERE starts_with(datname, '{name}') ORDER BY 1"
        assert sql(ready, "postgres", found, **given) == [[[name], [f"{name}_other"]]]
        outcome = ready.run("reset", "--yes", **given)
        assert outcome.returncode == 0, outcome.stderr
        ready.use_ready_tools()
        assert sql(ready, "postgres", found, **given) == [[[f"{name}_other"]]]
    finally:
        statements = [f"DROP DATABASE IF EXISTS {name}", f"DROP DATABASE IF EXISTS {name}_other"]
        sql(ready, "postgres", *statements, **given)


@pytest.mark.slow
def test_killed_while_building_begins_anew(ready, free_port):
    """The name is taken only by a whole database; what a killed run left is dropped by the next."""
    found = "SELECT oid FROM pg_database WHERE datname = 'built_building'"
    sql(ready, "postgres", "SELECT 1")
    seen = []
    for _attempt in range(2):
        child = ready.start("run", "--empty", "--database", "built", "--port", free_port)
        deadline = time.monotonic() + 120
        while not (rows := sql(ready, "postgres", found)[0]) or rows in seen:
            assert time.monotonic() < deadline
            assert child.poll() is None, child.communicate()
        seen.append(rows)
        time.sleep(2)
        child.kill()
        child.communicate()
    assert seen[0] != seen[1]
    assert sql(ready, "postgres", "SELECT datname FROM pg_database WHERE datname = 'built'") == [[]]
    assert "built_building (building)" in ready.run("status").stdout


@pytest.mark.slow
def test_served_found_again_killed_and_stopped(ready, clone, settings, free_port):
    """Serving a database that is ready: seconds, once; a killed server is replaced."""
    database = clone("inventory_plus")
    given = given_server()
    store = ready.local / "data/run/filestore" / database
    if (settings.data_dir / "filestore" / database).exists():
        shutil.copytree(settings.data_dir / "filestore" / database, store)
    code = subprocess.run(
        [sys.executable, "-B", "-c", "import sys; sys.path.insert(0, sys.argv[1]); from command import build;"
         "print(build.fingerprint())", ready.folder / "config"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    sql(ready, database, "SELECT 1", mark={"state": "ready", "code": code}, **given)
    options = ("run", "--database", database, "--port", free_port)
    pids = []
    for killed in (False, False, True):
        outcome = ready.run(*options, **given)
        assert outcome.returncode == 0, outcome.stderr
        assert f"Open http://localhost:{free_port}" in outcome.stdout
        assert re.search(r"^admin +admin +Administrator$", outcome.stdout, re.MULTILINE)
        with urllib.request.urlopen(f"http://127.0.0.1:{free_port}/web/login", timeout=60) as page:
            assert b'name="login"' in page.read()
        state = json.loads((ready.local / "run/server.json").read_text())
        pids.append(state["pid"])
        if killed:
            os.kill(state["pid"], signal.SIGKILL)
            time.sleep(0.5)
    assert pids[0] == pids[1] == pids[2]
    assert ready.run("status", **given).returncode == 3
    assert ready.run(*options, **given).returncode == 0
    assert ready.run("status", **given).returncode == 0
    assert f"Stopped Odoo on port {free_port}" in ready.run("stop", **given).stdout
    assert ready.run("status", **given).returncode == 3


@pytest.mark.slow
def test_doctor_finds_what_is_wrong_in_any_database(ready, clone):
    """One finding of each kind, put in behind Odoo's back; the database has Odoo's inventory and none of our addons."""
    database = clone("stock_account,sale_stock,purchase_stock")
    given = given_server()
    clean = ready.run("doctor", "--data", "--database", database, **given)
    assert clean.returncode == 0, clean.stdout + clean.stderr
    assert "0 findings" in clean.stdout
    script = (Path(__file__).parent / "spoil_data.py").read_text(encoding="utf-8")
    done = subprocess.run(
        [ROOT / "inventory", "--help"], capture_output=True, check=False
    )  # the entry point works from another folder, too
    assert done.returncode == 0
    child = subprocess.run(
        [ready.folder / "inventory", "shell", "--database", database],
        input=script,
        env=ready.environment(**given),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "spoiled" in child.stdout, child.stderr
    outcome = ready.run("doctor", "--data", "--database", database, **given)
    assert outcome.returncode == 1
    found = dict(re.findall(r"^(\S.*?)  +(\d+|none)$", outcome.stdout, re.MULTILINE))
    assert found == {
        "Negative stock": "1",
        "Reserved beyond what is on hand": "1",
        "Reserved quantity differs from the transfers' lines": "1",
        "Several quants for one product, place, lot, package and owner": "1",
        "The same internal reference on several products": "1",
        "Internal references that differ only by case or spaces": "1",
        "The same barcode on several products": "1",
        "Barcodes that differ only by case or spaces": "1",
        "A product's barcode that is also a packaging's": "1",
        "Stock outside any warehouse": "1",
    }
    assert "[NEG] Negative: -3" in outcome.stdout
    again = ready.run("doctor", "--data", "--database", database, **given)
    assert again.stdout == outcome.stdout, "looking changes nothing"


def test_doctor_on_the_machine(ready):
    outcome = ready.run("doctor")
    assert "Python packages" in outcome.stdout
    assert "19.0" in outcome.stdout
    assert outcome.returncode == 0, outcome.stdout


def test_doctor_names_the_databases_there_are(ready, name):
    sql(ready, "postgres", f"CREATE DATABASE {name}")
    assert name in sentence(ready.run("doctor", "--data", "--database", "missing"))
    assert "holds no Odoo" in sentence(ready.run("doctor", "--data", "--database", name))


def test_odoo_gets_no_database_that_nobody_named(ready):
    """Odoo reads PGDATABASE as -d: a command without -d must not fill PostgreSQL's own database."""
    ready.run("shell", "--database", "none")
    argv = [sys.executable, "-B", "-c", "import sys; sys.path.insert(0, sys.argv[1]); from command import house;"
            "print(house.prepare().environment().get('PGDATABASE'))", ready.folder / "config"]  # fmt: skip
    environment = ready.environment(PGDATABASE="postgres")
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "None\n", done.stderr


@pytest.mark.slow
def test_odoo_is_compiled_once(ready):
    """A machine that forbids compiled files means beside sources; ours have a folder, and save most of a start."""
    argv = [sys.executable, "-B", "-c", "import sys, json; sys.path.insert(0, sys.argv[1]); from command import house;"
            "print(json.dumps(house.prepare().environment()))", ready.folder / "config"]  # fmt: skip
    environment = ready.environment(PYTHONDONTWRITEBYTECODE="1")
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False, timeout=60)
    given = json.loads(done.stdout)
    assert "PYTHONDONTWRITEBYTECODE" not in given
    assert given["PYTHONPYCACHEPREFIX"].startswith(str(ready.local))
