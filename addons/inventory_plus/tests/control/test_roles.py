"""Who may do what: every stored model of this addon by role (DESIGN 4.8), and nothing of another company."""

from odoo.addons.inventory_plus.tests.control.common import ROLES, ControlCase
from odoo.tests import tagged

SEES_ITEMS = {"viewer", "sales", "buyer", "operator", "planner", "approver", "manager", "auditor"}
SEES_PLANS = {"buyer", "planner", "approver", "manager", "auditor"}
SEES_SALES = {"sales", "planner", "manager", "auditor"}
OPERATIONS = ("read", "write", "create", "unlink")


def _all(*roles, read=()):
    """Every operation for these roles, and reading for more."""
    return {operation: set(roles) | (set(read) if operation == "read" else set()) for operation in OPERATIONS}


#: model -> operation -> roles. What is not named is allowed to nobody; a model that is missing here fails the test.
MATRIX = {
    "inventory.scrap.request": _all("operator", "manager", read=("approver", "auditor")),
    "inventory.transfer.request": _all("operator", "manager", read=("approver", "auditor")),
    "inventory.shortage.choice": _all("sales", "manager"),
    "inventory.shortage.choice.line": _all("sales", "manager"),
    "inventory.adjustment": _all("operator", "counter", "manager", read=("approver", "auditor")),
    "inventory.adjustment.line": _all("operator", "counter", "manager", read=("approver", "auditor")),
    "inventory.approval.decision": _all("approver", "manager"),
    "inventory.approval.deputy": _all("approver", "manager", read=("auditor",)),
    "inventory.approval.rule": _all("manager", read=("approver", "auditor")),
    "inventory.approval.step": _all("manager", read=("approver", "auditor")),
    "inventory.approval.turn": {"read": {"operator", "counter", "approver", "manager", "auditor"}},
    "inventory.approval.voice": {"read": {"operator", "counter", "approver", "manager", "auditor"}},
    "inventory.audit.entry": {"read": {"manager", "auditor"}},
    "inventory.audit.head": {"read": {"manager", "auditor"}},
    "inventory.channel": _all("manager", read=SEES_SALES),
    "inventory.channel.delivery": {"read": {"manager", "auditor"}},
    "inventory.channel.explanation": _all(*SEES_SALES),
    "inventory.channel.rule": _all("manager", read=SEES_SALES),
    "inventory.channel.warehouse": _all("manager", read=SEES_SALES),
    "inventory.channel.webhook": _all("manager", read=("auditor",)),
    "inventory.count.line": _all("counter", "operator", "planner", "manager", read=("approver", "auditor")),
    "inventory.count.plan": _all("planner", "manager", read=("approver", "auditor")),
    "inventory.count.request": {},
    "inventory.count.result": {
        "read": {"planner", "approver", "auditor", "manager"},
        "write": {"planner", "approver", "manager"},
    },
    "inventory.count.task": {
        "read": {"counter", "operator", "planner", "approver", "auditor", "manager"},
        "write": {"counter", "operator", "planner", "manager"},
        "create": {"planner", "manager"},
        "unlink": {"planner", "manager"},
    },
    "inventory.count.tolerance": _all("planner", "manager", read=("approver", "auditor")),
    "inventory.daily.flow": {"read": SEES_ITEMS},
    "inventory.daily.flow.dirty": {},
    "inventory.daily.flow.place": {},
    "inventory.demand.event": _all("planner", "manager", read=SEES_ITEMS),
    "inventory.gate.event": {"read": {"manager", "auditor"}},
    "inventory.heartbeat": {"read": {"manager"}},
    "inventory.hold": _all("operator", "approver", "manager", read=SEES_ITEMS),
    "inventory.hold.outcome": _all("operator", "approver", "manager", read=SEES_ITEMS),
    "inventory.history.column": _all("planner", "manager", read=SEES_ITEMS),
    "inventory.history.import": _all("planner", "manager", read=SEES_ITEMS),
    "inventory.history.progress": {},
    "inventory.history.replaced": {"read": {"auditor"}},
    "inventory.inspection": {"read": SEES_ITEMS, "write": {"operator", "approver", "manager"}},
    "inventory.inspection.check": _all("operator", "approver", "manager", read=SEES_ITEMS),
    "inventory.inspection.point": _all("manager", read=SEES_ITEMS),
    "inventory.item": {
        "read": SEES_ITEMS,
        "write": {"planner", "manager"},
        "create": {"manager"},
        "unlink": {"manager"},
    },
    "inventory.item.dirty": {"read": {"manager"}},
    "inventory.item.path": {},
    "inventory.item.pin": _all("planner", "manager"),
    "inventory.plan.change": {"read": {"auditor"}},
    "inventory.plan.comparison": {"read": SEES_PLANS},
    "inventory.plan.progress": {},
    "inventory.plan.run": {"read": SEES_PLANS},
    "inventory.plan.run.failure": {"read": SEES_PLANS},
    "inventory.policy": _all("planner", "manager", read=SEES_ITEMS),
    "inventory.pool.transfer": _all("manager"),
    "inventory.promise.transfer": _all("manager"),
    "inventory.proposal": {"read": SEES_PLANS},
    "inventory.proposal.decision": _all("approver", "manager"),
    "inventory.readiness": {"read": SEES_ITEMS},
    "inventory.reason": _all("manager", read=(*SEES_ITEMS, "counter")),
    "inventory.reservation": {"read": SEES_SALES},
    "inventory.reservation.event": {"read": SEES_SALES},
    "inventory.reservation.line": {"read": SEES_SALES},
}
#: Queues of the system with a company in a column; nobody but the system reads them.
INTERNAL = {"inventory.daily.flow.dirty", "inventory.daily.flow.place"}


@tagged("post_install", "-at_install")
class TestRoles(ControlCase):
    def _models(self):
        for name in sorted(self.env.registry):
            model = self.env[name]
            if model._original_module == "inventory_plus" and not model._abstract:
                yield name, model

    def test_every_model_by_every_role(self):
        for name, model in self._models():
            self.assertIn(name, MATRIX, "say here which role may do what with this model")
            for operation in OPERATIONS:
                allowed = {role for role in ROLES if model.with_user(self.users[role]).has_access(operation)}
                with self.subTest(model=name, operation=operation):
                    self.assertEqual(allowed, MATRIX[name].get(operation, set()))

    def test_outsiders_get_nothing(self):
        """Internal users without a role of ours, portal users and the public."""
        outsider = self.env["res.users"].create(
            {"name": "Out", "login": "out", "group_ids": [(6, 0, self.env.ref("base.group_user").ids)]}
        )
        for user in (outsider, self.env.ref("base.public_user")):
            for name, model in self._models():
                for operation in OPERATIONS:
                    with self.subTest(model=name, operation=operation, user=user.login):
                        self.assertFalse(model.with_user(user).has_access(operation))

    def test_models_with_a_company_have_a_rule(self):
        rules = self.env["ir.rule"].search([("global", "=", True)])
        for name, model in self._models():
            if "company_id" in model._fields and not model._transient and name not in INTERNAL:
                with self.subTest(model=name):
                    own = rules.filtered(lambda rule, name=name: rule.model_id.model == name)
                    self.assertTrue(any("company" in (rule.domain_force or "") for rule in own))

    def test_roles_imply_what_they_need(self):
        for role, groups in {
            "sales": ["sales_team.group_sale_salesman"],
            "buyer": ["purchase.group_purchase_user"],
            "operator": ["stock.group_stock_user"],
            "manager": ["stock.group_stock_manager", "inventory_plus.group_planner", "inventory_plus.group_approver"],
        }.items():
            for group in groups:
                self.assertTrue(self.users[role].has_group(group), f"{role} has {group}")
        for role in ("viewer", "counter", "planner", "approver", "auditor"):
            self.assertFalse(self.users[role].has_group("stock.group_stock_user"), f"{role} moves no stock")

    def test_menus_open_for_those_who_see_them(self):
        """Whoever sees a menu of ours can open its list; nobody is led to an access error."""
        root = self.env.ref("inventory_plus.menu_root")
        for role in ROLES:
            user = self.users[role]
            menus = self.env["ir.ui.menu"].with_user(user)
            visible = menus.browse(menus._visible_menu_ids()).filtered(
                lambda menu: menu.parent_path.startswith(root.parent_path)
            )
            for menu in visible.sudo().filtered(
                lambda menu: menu.action and menu.action._name == "ir.actions.act_window"
            ):
                if menu.action.res_model not in MATRIX:
                    continue
                with self.subTest(role=role, menu=menu.complete_name):
                    model = self.env[menu.action.res_model].with_user(user)
                    self.assertTrue(model.has_access("read"))
                    for view_type in menu.action.view_mode.split(","):
                        model.get_view(view_type=view_type)
                    model.web_search_read([], {"display_name": {}}, limit=5)
