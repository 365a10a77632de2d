"""Each addon installs alone and with the others, and leaves nothing behind when it goes."""

import contextlib

import psycopg2
import pytest

from tests.support.databases import manifest
from tests.support.settings import OURS

pytestmark = pytest.mark.slow

_LEFTOVERS = {
    "tables": """
        SELECT relname FROM pg_class
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'S', 'p')
    """,
    "columns": """
        SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'
    """,
    "functions": "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "triggers": "SELECT tgrelid::regclass || '.' || tgname FROM pg_trigger WHERE NOT tgisinternal",
    "types": """
        SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd', 'c')
    """,
    "indexes": "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'",
    "constraints": """
        SELECT conrelid::regclass || '.' || conname FROM pg_constraint
         WHERE connamespace = 'public'::regnamespace AND contype <> 't'
    """,
    "event triggers": "SELECT evtname FROM pg_event_trigger",
    "scheduled actions": "SELECT cron_name FROM ir_cron",
    "settings": "SELECT key FROM ir_config_parameter WHERE key LIKE 'inventory%'",
    "external identifiers": "SELECT module || '.' || name FROM ir_model_data WHERE module LIKE 'inventory\\_%'",
    "models": "SELECT model FROM ir_model",
    "groups": "SELECT coalesce(name->>'en_US', '') FROM res_groups",
    "menus": "SELECT coalesce(name->>'en_US', '') FROM ir_ui_menu",
}


def _inventory_of(db):
    """Everything in a database that an addon could leave behind, by kind."""
    with contextlib.closing(psycopg2.connect(dbname=db)) as connection, connection.cursor() as cursor:
        found = {}
        for kind, query in _LEFTOVERS.items():
            cursor.execute(query)
            found[kind] = {row[0] for row in cursor.fetchall()}
        return found


def _left(db, before):
    now = _inventory_of(db)
    return {kind: sorted(now[kind] - before[kind]) for kind in now if now[kind] - before[kind]}


@pytest.fixture
def inside(together):
    """``inside(db, function, *args)`` -> result of a function of tests.install.work in a process of its own."""
    return lambda db, function, *args: together(db, [(f"tests.install.work:{function}", args)], timeout=300)[0]


@pytest.mark.parametrize("addon", OURS)
def test_each_addon_installs_alone(addon, clone, inside):
    db = clone(addon)
    expected = {addon, *(name for name in manifest(addon)["depends"] if name in OURS)}
    assert set(inside(db, "installed")) == expected
    assert inside(db, "deliver") == {"state": "done", "left": 6}


def test_each_goes_alone_and_comes_back(clone, inside):
    db = clone(",".join(OURS))
    before = _inventory_of(clone("base"))
    for addon in ("inventory_alerts", "inventory_devices", "inventory_reports"):
        assert inside(db, "uninstall", addon)
        assert addon not in inside(db, "installed")
        rest = _inventory_of(clone(",".join(inside(db, "installed"))))
        assert _left(db, rest) == {}, f"left by {addon}"
        assert inside(db, "deliver") == {"state": "done", "left": 6}
    rule = inside(db, "plan")
    assert 0 < rule[0] < rule[1]
    assert rule[2:] == ["manual", True]
    assert inside(db, "uninstall", "inventory_plus")
    assert _left(db, before) == {}
    assert inside(db, "rule") == rule, "what people buy by stays"
    assert inside(db, "deliver") == {"state": "done", "left": 6}
    assert inside(db, "install", list(OURS))
    assert set(inside(db, "installed")) == set(OURS)
    assert inside(db, "deliver") == {"state": "done", "left": 6}


@pytest.mark.parametrize(
    ("ours", "others", "glue"),
    [
        (OURS, "mrp_account", {"inventory_plus_mrp"}),
        (["inventory_plus"], "website_sale_stock,point_of_sale", {"inventory_plus_website", "inventory_plus_pos"}),
    ],
    ids=["manufacturing", "shops"],
)
def test_all_go_together_with_what_is_glued(ours, others, glue, clone, inside):
    db = clone(",".join([*ours, others]))
    assert set(inside(db, "installed")) == {*ours, *glue}
    before = _inventory_of(clone(others))
    assert inside(db, "deliver") == {"state": "done", "left": 6}
    assert inside(db, "uninstall", "inventory_plus")
    assert inside(db, "installed") == []
    assert _left(db, before) == {}
    assert inside(db, "deliver") == {"state": "done", "left": 6}


def test_promises_go_on_without_manufacturing(clone, inside):
    """The glue addon's functions of the database look at tables that go away with it."""
    db = clone("inventory_plus,mrp_account")
    assert inside(db, "kits", True) == {"KIT": 5, "PART": 10}
    assert inside(db, "uninstall", "inventory_plus_mrp")
    assert inside(db, "kits", False) == {"PART": 9}
