"""Users of the roles and some stock, for the tests of the control room."""

from odoo.tests import TransactionCase, new_test_user

ROLES = ("viewer", "sales", "buyer", "operator", "counter", "planner", "approver", "manager", "auditor")


class ControlCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            role: new_test_user(cls.env, f"test_{role}", groups=f"inventory_plus.group_{role}", name=role.title())
            for role in ROLES
        }
        cls.approver2 = new_test_user(cls.env, "test_approver2", groups="inventory_plus.group_approver")
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.env.company.id)], limit=1)
        cls.stock = cls.warehouse.lot_stock_id
        cls.shelf = cls.env["stock.location"].create({"name": "Shelf", "location_id": cls.stock.id})
        cls.product = cls.env["product.product"].create({"name": "Bolt", "is_storable": True})
        cls.lotted = cls.env["product.product"].create({"name": "Milk", "is_storable": True, "tracking": "lot"})
        cls.lot = cls.env["stock.lot"].create({"name": "L1", "product_id": cls.lotted.id})
        cls.env["stock.quant"]._update_available_quantity(cls.product, cls.stock, 10)
        cls.env["stock.quant"]._update_available_quantity(cls.lotted, cls.shelf, 5, lot_id=cls.lot)

    def _as(self, role, record=None):
        user = self.users[role] if isinstance(role, str) else role
        return (self.env["inventory.adjustment"] if record is None else record).with_user(user)

    def _line(self, quantity, product=None, location=None, **more):
        product, location = product or self.product, location or self.stock
        return (0, 0, {"product_id": product.id, "location_id": location.id, "quantity": quantity, **more})

    def _adjustment(self, *lines, role="operator", **more):
        return self._as(role).create({"reason": "Found broken", "line_ids": list(lines), **more})

    def _pending(self, *lines, role="operator"):
        adjustment = self._adjustment(*(lines or (self._line(7),)), role=role)
        adjustment.action_request_approval()
        return adjustment

    def _on_hand(self, product=None, location=None, lot=None):
        domain = [("product_id", "=", (product or self.product).id), ("location_id", "=", (location or self.stock).id)]
        if lot:
            domain.append(("lot_id", "=", lot.id))
        return sum(self.env["stock.quant"].search(domain).mapped("quantity"))
