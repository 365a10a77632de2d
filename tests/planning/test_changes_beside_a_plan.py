"""A change that is committed while a plan runs is not in that plan: its author still counts for the next one."""

import pytest

from tests.planning.test_two_approvers import _env, _sell

pytestmark = pytest.mark.slow


def race(registry):
    """One author's change ends beside a plan, a later one's before it; returns who may not decide on what comes."""
    with registry.cursor() as cr:
        env = _env(cr)
        warehouse = env["stock.warehouse"].search([], limit=1)
        product = env["product.product"].create({"name": "Raced", "is_storable": True})
        policy = env["inventory.policy"].create({"name": "Raced"})
        groups = [env.ref(f"inventory_plus.group_{role}").id for role in ("planner", "approver")]
        slow, quick, approver = env["res.users"].create(
            [{"name": name, "login": name, "group_ids": [(6, 0, groups)]} for name in ("slow", "quick", "approver")]
        )
        _sell(env, product, warehouse, 10)
        env["inventory.item"]._plan()
        _sell(env, product, warehouse, 30)
    with registry.cursor() as beside:
        _env(beside, slow.id)["inventory.policy"].browse(policy.id).cycle_days = 100
        _env(beside).flush_all()
        with registry.cursor() as cr:
            _env(cr, quick.id)["inventory.demand.event"].create({"name": "Fair", "uplift": 10})
        with registry.cursor() as cr:
            _env(cr)["inventory.item"]._plan()
    with registry.cursor() as cr:
        first = _env(cr)["inventory.proposal"].search([("product_id", "=", product.id), ("state", "=", "waiting")])
        told = [sorted(first.author_ids.mapped("name"))]
        first.with_user(approver.id).action_apply()
    with registry.cursor() as cr:
        _env(cr)["inventory.item"]._plan()
    with registry.cursor() as cr:
        second = _env(cr)["inventory.proposal"].search([("product_id", "=", product.id), ("state", "=", "waiting")])
        return [*told, sorted(second.author_ids.mapped("name"))]


def test_a_change_beside_a_plan(clone, registry_process):
    authors = registry_process(clone(), "tests.planning.test_changes_beside_a_plan:race").go().result()
    assert authors == [["quick"], ["slow"]]
