"""Proposals, runs, policies and pins over XML-RPC, as the weakest roles would try them: every method, every field."""

import xmlrpc.client

import pytest

from tests.planning.rights_work import MODELS, PEOPLE

pytestmark = pytest.mark.slow

#: Who reads what (DESIGN 4.8); nobody else reads anything.
PLANS = {"buyer", "planner", "approver"}
ITEMS = {"viewer", "sales", "buyer", "operator", "planner", "approver"}
READERS = {
    "inventory.proposal": PLANS,
    "inventory.plan.run": PLANS,
    "inventory.plan.run.failure": PLANS,
    "inventory.policy": ITEMS,
    "inventory.demand.event": ITEMS,
    "inventory.item": ITEMS,
}
#: What a planner writes; nobody else of these people writes anything.
WRITTEN = {
    "inventory.policy": {"name": "Written"},
    "inventory.demand.event": {"name": "Written"},
    "inventory.item": {"pinned_reason": "Written"},
}
ATTEMPTS = {
    "inventory.proposal": {"state": "applied", "new_reorder_point": 1e6, "author_ids": [[5]], "approvers_named": False},
    "inventory.proposal.decision": {"comment": "Written"},
    "inventory.plan.run": {"state": "done", "user_id": False, "read_change": 1e6},
    "inventory.plan.run.failure": {"sentence": "Written"},
    "inventory.plan.comparison": {"changed": "both"},
    "inventory.plan.change": {"user_id": 1},
    "inventory.item.pin": {"pinned_reason": "Written"},
    **WRITTEN,
}
#: What they make for themselves: a dialog, or something of their own company.
OWN = {
    "planner": {"inventory.item.pin"},
    "approver": {"inventory.proposal.decision"},
    "elsewhere": {"inventory.item.pin", "inventory.proposal.decision", "inventory.policy", "inventory.demand.event"},
}
#: What stays as it is, whoever of these people calls whatever.
STATE = """
    SELECT 'proposal', id, state, decided_by_id, approvers_named, new_reorder_point, base_data::text
      FROM inventory_proposal
     UNION ALL
    SELECT 'item', id, NULL, NULL, active, reorder_point, base_data::text FROM inventory_item
     UNION ALL
    SELECT 'author', proposal_id, NULL, user_id, NULL, NULL, NULL FROM inventory_proposal_author_rel
     UNION ALL
    SELECT 'rule', id, trigger, NULL, active, product_min_qty, NULL FROM stock_warehouse_orderpoint
     UNION ALL
    SELECT 'run', id, state, user_id, NULL, read_change, NULL FROM inventory_plan_run
     WHERE id <= (SELECT max(run_id) FROM inventory_proposal)
     ORDER BY 1, 2, 4
"""
#: What a planner may change and the others may not.
PLANNED = """
    SELECT 'policy', id, sequence, target_cycle::text, active::text FROM inventory_policy
     UNION ALL
    SELECT 'pin', id, pinned_by_id, pinned_safety_stock::text, pinned_until::text FROM inventory_item
     UNION ALL
    SELECT 'change', id, user_id, NULL, NULL FROM inventory_plan_change
     UNION ALL
    SELECT 'run', id, NULL, NULL, NULL FROM inventory_plan_run
     ORDER BY 1, 2
"""


class Person:
    """One user over XML-RPC; a refusal is a :class:`xmlrpc.client.Fault`."""

    def __init__(self, url, db, login):
        self.db, self.login = db, login
        self.models = xmlrpc.client.ServerProxy(f"{url}/xmlrpc/2/object", allow_none=True)
        self.uid = xmlrpc.client.ServerProxy(f"{url}/xmlrpc/2/common").authenticate(db, login, login, {})
        assert self.uid

    def call(self, model, method, *args, **kwargs):
        return self.models.execute_kw(self.db, self.uid, self.login, model, method, list(args), kwargs)

    def refused(self, model, method, *args, **kwargs):
        """The refusal as text; None where the call went through."""
        try:
            self.call(model, method, *args, **kwargs)
        except xmlrpc.client.Fault as fault:
            # An answer with an empty value in it went through, and cannot be told by XML-RPC.
            return None if "cannot marshal None" in fault.faultString else fault.faultString or "refused"
        return None


@pytest.fixture
def scene(clone, server, connect, registry_process):
    db = clone()
    known = registry_process(db, "tests.planning.rights_work:prepare").go().result(timeout=240)
    running = server(db, workers=2)
    people = {login: Person(running.url, db, login) for login in PEOPLE}
    connection = connect(db)

    def rows(query):
        with connection.cursor() as cr:
            cr.execute(query)
            return cr.fetchall()

    return known, people, rows


def test_the_weakest_roles(scene):
    known, people, rows = scene
    _check_reading(known, people)
    _check_writing(known, people, rows)
    _check_methods(known, people, rows)
    _check_private_methods(known, people, rows)
    _check_decisions(known, people, rows)


def _check_reading(known, people):
    for model in MODELS:
        record = known["records"][model]
        allowed = READERS.get(model, set())
        for login, person in people.items():
            told = person.refused(model, "read", [record], ["display_name"])
            assert (told is None) == (login in allowed), (model, login, told)
            found = person.refused(model, "search_read", [["id", "=", record]], ["id"])
            if login not in allowed:
                assert found or not person.call(model, "search_read", [["id", "=", record]], ["id"]), (model, login)
    # What only some roles know of a policy or an item is refused, not left empty.
    for model in ("inventory.policy", "inventory.item"):
        record = known["records"][model]
        for name in known["fields"][model]:
            seen = {login for login in ITEMS if not people[login].refused(model, "read", [record], [name])}
            offered = {login for login in ITEMS if name in people[login].call(model, "fields_get", [name])}
            assert seen == offered, (model, name)
            assert "viewer" not in seen, (model, name)
    assert "domain" in known["fields"]["inventory.policy"]


def _check_writing(known, people, rows):
    before, planned = rows(STATE), rows(PLANNED)
    for model, values in ATTEMPTS.items():
        record = known["records"][model]
        for login, person in people.items():
            if login == "planner" and model in WRITTEN:
                continue
            for name, value in values.items():
                assert person.refused(model, "write", [record], {name: value}), (model, login, name)
            assert person.refused(model, "web_save", [record], values, {}), (model, login)
            if model not in OWN.get(login, ()):
                assert person.refused(model, "create", values), (model, login)
            assert person.refused(model, "copy", [record]), (model, login)
            assert person.refused(model, "unlink", [record]), (model, login)
    assert (rows(STATE), rows(PLANNED)) == (before, planned)
    planner = people["planner"]
    for model, values in WRITTEN.items():
        assert not planner.refused(model, "write", [known["records"][model]], values)
    item = known["records"]["inventory.item"]
    for values in (
        {"reorder_point": 1},
        {"base_data": {}},
        {"explanation_data": {}},
        {"pinned_by_id": 1},
        {"policy_id": False},
    ):
        assert planner.refused("inventory.item", "write", [item], values), values
    assert rows(STATE) == before


def _check_methods(known, people, rows):
    """Every public method, as everybody: without the role nothing changes; a planner brings nothing into force."""
    for login, person in people.items():
        before, planned = rows(STATE), rows(PLANNED)
        for model in MODELS:
            for method in known["methods"][model]:
                if method in ("create", "write", "unlink") or (login == "approver" and method in DECISIONS):
                    continue
                person.refused(model, method, [known["records"][model]])
                person.refused(model, method)
        assert rows(STATE) == before, login
        if login != "planner":
            assert rows(PLANNED) == planned, login


#: An approver decides; that is tried apart.
DECISIONS = {"action_apply", "action_apply_waiting", "action_reject", "action_roll_back", "action_decide"}


def _check_private_methods(known, people, rows):
    """What begins with an underscore is called by nobody, nor is the context believed."""
    before, planned = rows(STATE), rows(PLANNED)
    proposal, item = known["records"]["inventory.proposal"], known["records"]["inventory.item"]
    for login, person in people.items():
        for model, method, args in (
            ("inventory.proposal", "_put_in_force", [[proposal], "new_"]),
            ("inventory.proposal", "_decide", [[proposal], "applied", None]),
            ("inventory.item", "_plan", []),
            ("inventory.item", "_write_plan", []),
            ("inventory.item", "_note_inputs", [[item], ["pin_safety_stock"]]),
            ("inventory.plan.change", "_insert", ["company", "SELECT"]),
            ("inventory.plan.run", "_work", [[known["records"]["inventory.plan.run"]]]),
            ("inventory.plan.run", "_note_reading", [[known["records"]["inventory.plan.run"]]]),
        ):
            assert person.refused(model, method, *args), (login, method)
    forged = {"allowed_company_ids": [known["company"]]}
    for method in ("action_apply", "action_roll_back", "read"):
        assert people["elsewhere"].refused("inventory.proposal", method, [proposal], context=forged)
    assert (rows(STATE), rows(PLANNED)) == (before, planned)


def _check_decisions(known, people, rows):
    """Of all these people the approver of the company alone decides, and only what he may."""
    proposal, applied = known["records"]["inventory.proposal"], known["applied"]
    before = rows(STATE)
    for login in set(people) - {"approver"}:
        person = people[login]
        for method, args in (("action_apply", [[proposal]]), ("action_reject", [[proposal], "No"])):
            assert person.refused("inventory.proposal", method, *args), (login, method)
        assert person.refused("inventory.proposal", "action_roll_back", [applied], "No"), login
        assert person.refused("inventory.plan.run", "action_apply_waiting", [known["records"]["inventory.plan.run"]])
    assert rows(STATE) == before
    approver = people["approver"]
    assert approver.call("inventory.proposal", "read", [proposal], ["can_decide"])[0]["can_decide"]
    approver.call("inventory.proposal", "action_apply", [proposal])
    assert approver.call("inventory.proposal", "read", [proposal], ["state"])[0]["state"] == "applied"
    assert "already decided" in approver.refused("inventory.proposal", "action_apply", [proposal])
