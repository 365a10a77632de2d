"""Two approvers decide at the same moment, in two processes: one decision counts, the other is told of it."""

import pytest

pytestmark = pytest.mark.slow


def _env(cr, user=None):
    from odoo import SUPERUSER_ID, api

    return api.Environment(cr, user or SUPERUSER_ID, {"tracking_disable": True})


def prepare(registry):
    """Two approvers and twenty items with a waiting proposal each; returns ``(user ids, proposal ids)``."""
    with registry.cursor() as cr:
        env = _env(cr)
        warehouse = env["stock.warehouse"].search([], limit=1)
        products = env["product.product"].create([{"name": f"Decided {n}", "is_storable": True} for n in range(20)])
        _sell(env, products, warehouse, 10)
        env["inventory.item"]._plan()
        _sell(env, products, warehouse, 30)
        env["inventory.item"]._plan()
        group = env.ref("inventory_plus.group_approver")
        users = env["res.users"].create(
            [{"name": f"Approver {n}", "login": f"approver{n}", "group_ids": [(6, 0, group.ids)]} for n in range(4)]
        )
        waiting = env["inventory.proposal"].search([("state", "=", "waiting")])
        return users.ids, waiting.ids


def _sell(env, products, warehouse, quantity):
    env.flush_all()
    env.cr.execute("DELETE FROM inventory_daily_flow WHERE product_id = ANY(%s)", [products.ids])
    env.cr.execute(
        """INSERT INTO inventory_daily_flow (product_id, warehouse_id, company_id, date, source, sold, revenue)
           SELECT product, %s, %s, current_date - day, 'moves', %s, 100
             FROM generate_series(1, 300) day, unnest(%s) product""",
        [warehouse.id, warehouse.company_id.id, quantity, products.ids],
    )


def decide(registry, user_id, proposal_ids, method):
    """Press a button as a request would, with Odoo's retry; returns what the user is told."""
    from odoo.exceptions import UserError
    from odoo.service.model import retrying

    with registry.cursor() as cr:
        env = _env(cr, user_id)
        proposals = env["inventory.proposal"].browse(proposal_ids)
        arguments = ["Not now"] if method == "action_reject" else []
        try:
            return retrying(lambda: getattr(proposals, method)(*arguments)["params"]["message"], env)
        except UserError as error:
            return str(error)


def outcome(registry, proposal_ids):
    with registry.cursor() as cr:
        env = _env(cr)
        proposals = env["inventory.proposal"].browse(proposal_ids)
        rules = env["stock.warehouse.orderpoint"].search([("inventory_item_id", "in", proposals.item_id.ids)])
        entries = env["inventory.audit.entry"].search([("event", "in", ("proposal.applied", "proposal.rejected"))])
        return {
            "states": sorted(set(proposals.mapped("state"))),
            "deciders": len(proposals.decided_by_id),
            "in force": sorted(set(proposals.item_id.mapped("reorder_point"))),
            "rules": sorted(set(rules.mapped("product_min_qty"))),
            "old": sorted(set(proposals.mapped("old_reorder_point"))),
            "new": sorted(set(proposals.mapped("new_reorder_point"))),
            "entries": len(entries),
        }


@pytest.mark.parametrize(
    "methods",
    [("action_apply", "action_apply"), ("action_apply",) * 4, ("action_apply", "action_reject")],
    ids=["two", "four", "apply and reject"],
)
def test_one_decision(clone, registry_process, together, methods):
    db = clone()
    here = "tests.planning.test_two_approvers"
    users, proposals = registry_process(db, f"{here}:prepare").go().result()
    assert len(proposals) == 20
    answers = together(
        db,
        [(f"{here}:decide", [user, proposals, method]) for user, method in zip(users, methods, strict=False)],
    )
    assert len(answers) == len(methods)
    told = [answer for answer in answers if "already decided by" in answer]
    assert len(told) == len(methods) - 1, answers
    found = registry_process(db, f"{here}:outcome", [proposals]).go().result()
    assert len(found["states"]) == 1
    assert (found["deciders"], found["entries"]) == (1, 1), "decided and logged once"
    values = found["new"] if found["states"] == ["applied"] else found["old"]
    assert found["in force"] == found["rules"] == values, "Odoo's rules follow what is in force"
