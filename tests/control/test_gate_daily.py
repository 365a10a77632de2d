"""The gate does not hinder who produces and repairs. Selling, receiving and tills are shown beside their addons."""


def test_produce_and_repair_with_the_gate_on(clone, together):
    db = clone("inventory_plus,mrp_account,repair", gate=True)
    [steps] = together(db, [("tests.control.gate_daily_work:work", ())], timeout=300)
    assert steps == {"produced": [3, 28], "taken apart": [2, 32], "repaired": [2, 31, "done"]}
