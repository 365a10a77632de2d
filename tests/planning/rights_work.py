"""What the test of rights over RPC needs from the server's side: people, plans, and what the models offer."""

from tests.planning.test_two_approvers import _env, _sell

#: login -> groups of ours; the login is the password.
PEOPLE = {
    "viewer": ("viewer",),
    "sales": ("sales",),
    "buyer": ("buyer",),
    "operator": ("operator",),
    "planner": ("planner",),
    "approver": ("approver",),
    "elsewhere": ("approver", "planner"),
    "portal": (),
}
MODELS = (
    "inventory.proposal",
    "inventory.proposal.decision",
    "inventory.plan.run",
    "inventory.plan.run.failure",
    "inventory.plan.comparison",
    "inventory.plan.change",
    "inventory.policy",
    "inventory.demand.event",
    "inventory.item",
    "inventory.item.pin",
)


def prepare(registry):
    """People, a policy, an event, a pinned item, an applied and a waiting proposal; returns ids and public methods."""
    with registry.cursor() as cr:
        env = _env(cr)
        users = _people(env)
        warehouse = env["stock.warehouse"].search([], limit=1)
        products = env["product.product"].create([{"name": f"Guarded {n}", "is_storable": True} for n in range(2)])
        policy = env["inventory.policy"].create({"name": "Guarded", "domain": "[('abc', '!=', 'C')]", "auto_value": 7})
        event = env["inventory.demand.event"].create({"name": "Guarded", "active": False})
        _sell(env, products, warehouse, 10)
        env["inventory.item"]._plan()
        _sell(env, products, warehouse, 30)
        env["inventory.item"]._plan()
        waiting = env["inventory.proposal"].search([("state", "=", "waiting")], order="id")
        applied = env["inventory.proposal"].search([("state", "=", "applied")], order="id")
        decision = env["inventory.proposal.decision"].create({"proposal_ids": waiting.ids, "comment": "x"})
        item = waiting[0].item_id
        item.with_user(users["planner"]).write(
            {"pin_safety_stock": True, "pinned_safety_stock": 1, "pinned_until": "2035-01-01"}
        )
        pin = env["inventory.item.pin"].create(
            {"item_id": item.id, "pin_safety_stock": True, "pinned_until": "2035-01-01", "pinned_reason": "x"}
        )
        run = waiting[0].run_id
        failure = env["inventory.plan.run.failure"].create({"run_id": run.id, "name": "x", "sentence": "x"})
        change = env["inventory.plan.change"].search([], limit=1)
        env["inventory.plan.comparison"]._fill(applied[0].run_id, run)
        records = {
            record._name: record.id for record in (waiting[0], decision, run, failure, change, policy, event, item, pin)
        }
        records["inventory.plan.comparison"] = env["inventory.plan.comparison"].search([], limit=1).id
        return {
            "records": records,
            "applied": applied[0].id,
            "company": env.company.id,
            "methods": {name: _public_methods(env[name]) for name in MODELS},
            "fields": {name: _guarded_fields(env[name]) for name in MODELS},
        }


def _people(env):
    other = env["res.company"].create({"name": "Elsewhere"})
    users = {}
    for login, roles in PEOPLE.items():
        company = other if login == "elsewhere" else env.company
        groups = [env.ref(f"inventory_plus.group_{role}").id for role in roles] or env.ref("base.group_portal").ids
        users[login] = (
            env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": login,
                    "login": login,
                    "password": login,
                    "company_id": company.id,
                    "company_ids": [(6, 0, company.ids)],
                    "group_ids": [(6, 0, groups)],
                }
            )
        )
    return users


def _public_methods(model):
    """Names of the methods that our addons give a model and that a client may call."""
    found = set()
    for base in type(model).__mro__:
        if base.__module__.startswith("odoo.addons.inventory_"):
            found |= {name for name, value in vars(base).items() if callable(value) and not name.startswith("_")}
    return sorted(found)


def _guarded_fields(model):
    """Fields that only some groups of ours may read."""
    return sorted(name for name, field in model._fields.items() if "inventory_plus." in (field.groups or ""))
