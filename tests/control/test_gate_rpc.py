"""Every way by which stock could change past an approval, over RPC, as the weakest role that reaches it (law 4)."""

import pytest

from tests.support.rpc import RemoteError

WORK = "tests.control.gate_work:"
APPROVED = "after another person approved"
BY_HAND = "not written by hand"
DONE = "What is done stays"
SOURCE = "with a source document"
WITHIN = "within one warehouse only"


@pytest.fixture
def house(clone, together, server, connect):
    """A server whose gate is on; ``unchanged()`` fails when any stock is not as it was."""
    db = clone("inventory_plus", gate=True)
    [ids] = together(db, [(WORK + "prepare", ())])
    return House(server(db, workers=2), connect(db), ids)


class House:
    def __init__(self, running, connection, ids):
        self.running, self.connection, self.ids = running, connection, ids
        self.people = {}
        self.before = self.stock()

    def client(self, login):
        if login not in self.people:
            self.people[login] = self.running.client(login)
        return self.people[login]

    def stock(self):
        """On hand of the prepared products by place, lot and package."""
        with self.connection.cursor() as cr:
            cr.execute(
                "SELECT q.product_id, q.location_id, q.lot_id, q.package_id, SUM(q.quantity), SUM(q.reserved_quantity)"
                "  FROM stock_quant q JOIN stock_location l ON l.id = q.location_id"
                " WHERE q.product_id = ANY(%s) AND l.usage IN ('internal', 'transit')"
                " GROUP BY 1, 2, 3, 4 HAVING SUM(q.quantity) <> 0 OR SUM(q.reserved_quantity) <> 0 ORDER BY 1, 2, 3, 4",
                (self.ids["products"],),
            )
            return cr.fetchall()

    def unchanged(self, what):
        assert self.stock() == self.before, what

    def refused(self, login, text, model, method, *args, **kwargs):
        """The call fails by the gate, with its sentence, and changes nothing."""
        with pytest.raises(RemoteError) as caught:
            self.client(login).call(model, method, *args, **kwargs)
        assert caught.value.name.endswith("GateError"), (model, method, args, caught.value)
        assert text in caught.value.message, caught.value.message
        self.unchanged((model, method, args))

    def led(self, login, request, model, method, *args, **kwargs):
        """The button answers with the filled-in request, and nothing changes."""
        action = self.client(login).call(model, method, *args, **kwargs)
        assert action["res_model"] == request, action
        assert action["res_id"], action
        self.unchanged((model, method, args))
        return action["res_id"]

    def transfer(self, login, source, target):
        place = {"location_id": self.ids[source], "location_dest_id": self.ids[target]}
        line = {**place, "product_id": self.ids["products"][0], "quantity": 3, "picked": True}
        return self.client(login).call(
            "stock.picking", "create", {**place, "picking_type_id": self.ids["type"], "move_line_ids": [[0, 0, line]]}
        )


def test_every_way_past_an_approval(house):
    ids, counting = house.ids, {"inventory_mode": True}
    quant, bolt = [ids["quant"]], ids["products"][0]
    place = {"product_id": bolt, "location_id": ids["shelf"]}

    # Quants written, created, imported, deleted.
    for context in ({}, counting, {"inventory_permit": True}, {"inventory_permit": {"_open": True}}):
        house.refused("clerk", BY_HAND, "stock.quant", "write", quant, {"quantity": 99}, context=context)
        house.refused("clerk", BY_HAND, "stock.quant", "write", quant, {"reserved_quantity": -50}, context=context)
        house.refused("clerk", BY_HAND, "stock.quant", "create", {**place, "quantity": 9}, context=context)
    house.refused("clerk", BY_HAND, "stock.quant", "create", place, context={"default_quantity": 9})
    house.refused("clerk", BY_HAND, "stock.quant", "write", quant, {"location_id": ids["shelf"]})
    house.refused("clerk", BY_HAND, "stock.quant", "web_save", quant, {"quantity": 1}, {})
    columns = ["product_id/.id", "location_id/.id", "quantity"]
    for fields, row in (
        (columns, [str(bolt), str(ids["stock"]), "77"]),
        ([".id", "quantity"], [str(ids["quant"]), "77"]),
    ):
        answer = house.client("clerk").call("stock.quant", "load", fields, [row])
        assert not answer["ids"]
        assert "nothing was changed" in answer["messages"][0]["message"]
        house.unchanged(fields)
    columns[-1] = "inventory_quantity_auto_apply"
    for login in ("clerk", "keeper"):
        house.client(login).call("stock.quant", "load", columns, [[str(bolt), str(ids["stock"]), "77"]])
        house.unchanged(columns)
    with pytest.raises(RemoteError):
        house.client("clerk").call("stock.quant", "unlink", quant)
    house.unchanged("unlink")

    # Counts applied by the buttons, by the list, by the product.
    def count():
        house.client("clerk").call("stock.quant", "write", quant, {"inventory_quantity": 4}, context=counting)

    count()
    house.led("clerk", "inventory.adjustment", "stock.quant", "action_apply_inventory", quant)
    count()
    wizard = house.client("clerk").call("stock.inventory.adjustment.name", "create", {"quant_ids": [[6, 0, quant]]})
    house.led("clerk", "inventory.adjustment", "stock.inventory.adjustment.name", "action_apply", [wizard])
    for button in ("action_keep_counted_quantity", "action_keep_difference"):
        count()
        wizard = house.client("keeper").call("stock.inventory.conflict", "create", {"quant_ids": [[6, 0, quant]]})
        house.led("keeper", "inventory.adjustment", "stock.inventory.conflict", button, [wizard])
    zero = ("stock.quant", "action_set_inventory_quantity_zero", quant)
    house.led("clerk", "inventory.adjustment", *zero, context={"inventory_report_mode": True})
    written = {"inventory_quantity_auto_apply": 3}
    house.refused("keeper", APPROVED, "stock.quant", "write", quant, written, context=counting)
    house.refused("clerk", APPROVED, "stock.quant", "create", {**place, **written}, context=counting)
    house.refused("merchant", APPROVED, "product.product", "write", [bolt], {"qty_available": 77})
    house.refused("merchant", APPROVED, "product.template", "write", [ids["template"]], {"qty_available": 77})

    # What is done: taken back, edited, added to, born done.
    line = [ids["counted"]]
    house.led("clerk", "inventory.adjustment", "stock.move.line", "action_revert_inventory", line)
    for login in ("anybody", "clerk"):
        house.refused(login, DONE, "stock.move.line", "write", line, {"quantity": 500})
    house.refused("anybody", DONE, "stock.move.line", "write", line, {"state": "draft"})
    house.refused("anybody", DONE, "stock.move.line", "write", line, {"location_dest_id": ids["shelf"]})
    [move] = house.client("clerk").call("stock.move.line", "read", line, ["move_id"])
    house.refused("clerk", DONE, "stock.move", "write", [move["move_id"][0]], {"quantity": 500})
    house.refused("seller", DONE, "stock.move", "write", [move["move_id"][0]], {"state": "assigned"})
    more = {"product_id": bolt, "quantity": 5, "location_id": ids["loss"], "location_dest_id": ids["stock"]}
    move = move["move_id"][0]
    house.refused("anybody", DONE, "stock.move.line", "create", {**more, "move_id": move})
    house.refused("anybody", DONE, "stock.move.line", "create", more, context={"default_move_id": move})
    for target in ("loss", "customers", "production", "suppliers", "between", "shelf"):
        there = {"product_id": bolt, "location_id": ids["stock"], "location_dest_id": ids[target]}
        lines = [[0, 0, {**there, "quantity": 5}]]
        born = {**there, "product_uom_qty": 5, "state": "done", "move_line_ids": lines}
        house.refused("seller", DONE, "stock.move", "create", born)
        del born["state"]
        house.refused("seller", DONE, "stock.move", "create", born, context={"default_state": "done"})
        house.unchanged(target)

    # Transfers to and from losses, and without a document.
    for source, target, text in (
        ("stock", "loss", APPROVED),
        ("loss", "stock", APPROVED),
        ("stock", "customers", SOURCE),
        ("suppliers", "stock", SOURCE),
        ("stock", "production", SOURCE),
        ("production", "stock", SOURCE),
        ("stock", "between", SOURCE),
    ):
        picking = house.transfer("clerk", source, target)
        with pytest.raises(RemoteError) as caught:
            house.client("clerk").call("stock.picking", "button_validate", [picking])
        assert caught.value.name.endswith("GateError"), caught.value
        assert text in caught.value.message
        house.client("keeper").call("stock.picking", "unlink", [picking])
        house.unchanged((source, target))

    # Scrap, and its public method, also of more than there is.
    for quantity, button in ((4, "action_validate"), (4, "do_scrap"), (300, "do_scrap")):
        vals = {"product_id": bolt, "scrap_qty": quantity, "location_id": ids["stock"]}
        scrap = house.client("clerk").call("stock.scrap", "create", vals)
        request = house.led("clerk", "inventory.scrap.request", "stock.scrap", button, [scrap])
        with pytest.raises(RemoteError):
            house.client("clerk").call("inventory.scrap.request", "action_approve", [request])
        house.unchanged(button)

    # Lots, packages and quants put elsewhere.
    for target in ("loss", "other", "customers"):
        for login, model, record in (("clerk", "stock.lot", "lot"), ("clerk", "stock.package", "package")):
            house.refused(login, WITHIN, model, "write", [ids[record]], {"location_id": ids[target]})
        vals = {"quant_ids": [[6, 0, quant]], "dest_location_id": ids[target]}
        wizard = house.client("keeper").call("stock.quant.relocate", "create", vals)
        house.refused("keeper", WITHIN, "stock.quant.relocate", "action_relocate_quants", [wizard])
        with pytest.raises(RemoteError):
            house.client("clerk").call("stock.quant", "move_quants", quant, location_dest_id=ids[target])
        house.unchanged(target)

    # Locations, switches, and code that runs in a user's name.
    house.refused(
        "keeper",
        "would become something else",
        "stock.location",
        "write",
        [ids["shelf"], ids["stock"]],
        {"location_id": ids["other"]},
    )
    for login, model, method, *args in (
        ("keeper", "stock.location", "write", [ids["stock"]], {"inventory_gate": "open"}),
        ("keeper", "ir.config_parameter", "set_param", "inventory_plus.gate", "off"),
        ("keeper", "res.company", "write", [1], {"inventory_gate": "open"}),
        ("keeper", "inventory.permit", "_granted", 1, {}),
        ("keeper", "inventory.gate.event", "search_read", []),
    ):
        with pytest.raises(RemoteError):
            house.client(login).call(model, method, *args)
    active = {"active_model": "stock.quant", "active_id": quant[0], "active_ids": quant}
    house.refused("clerk", BY_HAND, "ir.actions.server", "run", [ids["action"]], context=active)

    # And the way that is left: asked for by one person, approved by another.
    count()
    request = house.led("clerk", "inventory.adjustment", "stock.quant", "action_apply_inventory", quant)
    house.client("clerk").call("inventory.adjustment", "action_request_approval", [request])
    house.unchanged("request")
    house.client("judge").call("inventory.adjustment", "action_approve", [request])
    assert [row[4] for row in house.stock() if row[0] == bolt] == [4]
