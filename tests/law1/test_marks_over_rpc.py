"""What a user of the warehouse may write over RPC does not take goods that are promised to others."""

import pytest

from tests.support.rpc import RemoteError

WORK = "tests.law1.work:"


def test_a_move_marked_as_a_count_takes_no_promised_goods(clone, together, server, connect):
    db = clone("inventory_plus")
    [ids] = together(db, [(WORK + "prepare_marks", ())])
    clerk = server(db, workers=2).client("clerk")
    place = {"product_id": ids["product"], "location_id": ids["stock"]}
    for mark in ({"is_inventory": True}, {"scrap_id": ids["scrap"]}):
        for target in (ids["customers"], ids["loss"]):
            line = {**place, "location_dest_id": target, "quantity": 6}
            move = {**place, "location_dest_id": target, "product_uom_qty": 6, "state": "confirmed", **mark}
            with pytest.raises(RemoteError) as refused:
                clerk.call(
                    "stock.move",
                    "create",
                    {**move, "move_line_ids": [[0, 0, line]]},
                    context={"inventory_stated": True, "inventory_truth": True},
                )
            assert refused.value.name.endswith("GuardError"), refused.value
    # Truth remains truth: what the same clerk puts elsewhere is there, and what breaks is gone.
    shelved = clerk.call("stock.quant", "move_quants", [ids["quant"]])
    assert not shelved
    assert clerk.call("stock.scrap", "do_scrap", [ids["scrap"]])
    with connect(db).cursor() as cr:
        cr.execute(
            "SELECT SUM(quantity), SUM(reserved_quantity) FROM stock_quant q JOIN stock_location l"
            " ON l.id = q.location_id WHERE product_id = %s AND l.usage = 'internal'",
            [ids["product"]],
        )
        assert cr.fetchone() == (8, 0)
