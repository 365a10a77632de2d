"""The fixtures that other tests stand on."""

import os
import subprocess
import sys

import pytest

from tests.support.databases import CLONE
from tests.support.processes import ProcessError
from tests.support.registry_main import tell
from tests.support.rpc import RemoteError
from tests.support.settings import ROOT, Settings

pytestmark = pytest.mark.slow


def count_installed(registry, prefix):
    """Runs in a process of its own: how many installed modules begin with `prefix`."""
    with registry.cursor() as cr:
        cr.execute("SELECT count(*) FROM ir_module_module WHERE state = 'installed' AND name LIKE %s", [prefix + "%"])
        return cr.fetchone()[0]


def wait_for_death(_registry):
    """Runs in a process of its own until it is killed."""
    import time

    tell({"begun": True})
    time.sleep(600)


def fail(_registry):
    """Runs in a process of its own and fails there."""
    raise ValueError("as expected")


def test_a_clone_has_our_addon_and_is_served(clone, server, connect):
    db = clone()
    running = server(db, workers=2)
    client = running.client()
    assert client.uid
    assert (
        client.call("ir.module.module", "search_count", [["name", "=", "inventory_plus"], ["state", "=", "installed"]])
        == 1
    )
    with pytest.raises(RemoteError) as refusal:
        client.call("ir.module.module", "no_such_method")
    assert "no_such_method" in str(refusal.value)
    running.stop()
    with connect(db).cursor() as cr:
        cr.execute("SELECT count(*) FROM ir_module_module WHERE name = 'inventory_alerts' AND state = 'installed'")
        assert cr.fetchone() == (0,)


def test_base_template_has_none_of_ours(clone, together):
    db = clone("base")
    ours, core = together(
        db,
        [("tests.test_support:count_installed", ["inventory_"]), ("tests.test_support:count_installed", ["stock"])],
    )
    assert ours == 0
    assert core >= 2


def test_a_process_that_fails_or_is_killed_is_told(clone, registry_process):
    db = clone("base")
    failing = registry_process(db, "tests.test_support:fail").go()
    with pytest.raises(ProcessError, match="as expected"):
        failing.result()
    victim = registry_process(db, "tests.test_support:wait_for_death").go()
    assert victim.say() == {"begun": True}
    victim.kill()
    with pytest.raises(ProcessError, match="-9"):
        victim.result()


def test_leftovers_of_a_killed_session_go(databases):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    leftover = f"{CLONE}_{ended.pid}_leftover"
    databases.copy(databases.template("base"), leftover)
    databases.clone("base")
    alive = databases.clones[-1]
    databases.drop_leftovers()
    assert not databases.exists(leftover)
    assert databases.exists(alive)


def test_without_settings_the_fixtures_fail(tmp_path):
    test = ROOT / "tests" / "test_support.py"
    environment = {key: value for key, value in os.environ.items() if key != "INVENTORY_ODOO"}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", str(test), "-k", "base_template"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "INVENTORY_ODOO not set" in done.stdout
    assert "skipped" not in done.stdout


def test_processes_of_tests_compile_odoo_once(tmp_path, monkeypatch):
    """Compiled files lie beside no source, and yet are kept from one process to the next."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    given = Settings(odoo=("odoo",), data_dir=tmp_path, addons_path=(), work_dir=tmp_path).environment()
    assert "PYTHONDONTWRITEBYTECODE" not in given
    assert given["PYTHONPYCACHEPREFIX"] == str(tmp_path / "pyc")
