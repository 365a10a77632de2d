"""Law 1 for native work: however many assign at once, nothing is reserved twice."""

import pytest


def test_eight_assignments_of_three_on_twelve_reserve_twelve(house):
    rounds = house.run("race_assign", 12, 3, 8, 4)
    for product, answers in rounds:
        assert not [answer for answer in answers if isinstance(answer, dict)], answers
        assert sum(quantity for _state, quantity in answers) == 12, answers
        assert sum(state == "assigned" for state, _quantity in answers) == 4
        assert house.reserved(product) == 12
        assert house.free([product]) == {product: 0}
    assert not house.drift()
    assert not house.ledger_differs()


def test_switched_off_odoo_works_as_without_us(house):
    house.run("parameter", "inventory_plus.guard", "off")
    ((product, answers),) = house.run("race_assign", 12, 3, 2, 1)
    assert all(state == "assigned" for state, _quantity in answers), answers
    assert not house.rows("SELECT 1 FROM inventory_item_lock WHERE product_id = %(product)s", product=product)
    assert house.reserved(product) == 6


@pytest.mark.slow
def test_mixed_load_leaves_reserved_equal_to_its_lines(house, watcher):
    products = house.run("make_products", 5, 14)
    with watcher(house, products) as watch:
        done = house.run("mixed", products, 4, 12)
    assert not [worker for worker in done if "error" in worker], done
    assert not [failure for worker in done for failure in worker["failed"]], done
    for what in ("assigned", "cancelled", "delivered"):
        assert sum(worker[what] for worker in done) > 0, what
    assert watch.samples > 50
    assert watch.worst >= 0, f"free fell to {watch.worst}"
    assert not house.drift()
    house.run("tidy")
    assert house.rows("SELECT COALESCE(SUM(qty), 0), count(*) FROM inventory_ledger") == [(0, 0)]
    assert not house.ledger_differs()
    assert house.free(products) == dict.fromkeys(products, 14)


@pytest.mark.slow
def test_nearly_sold_out_load_never_oversells(house, watcher):
    products = house.run("make_products", 2, 4)
    with watcher(house, products) as watch:
        done = house.run("mixed", products, 4, 8, 1)
    assert not [failure for worker in done for failure in worker["failed"]], done
    assert watch.worst >= 0, f"free fell to {watch.worst}"
    assert not house.drift()
    assert not house.ledger_differs()


def test_a_delivery_in_parts_books_what_left_and_asks_again_for_the_rest(house):
    product, backorder = house.run("deliver_in_parts")
    assert backorder == ["confirmed", 0]
    assert not house.rows("SELECT 1 FROM inventory_ledger WHERE product_id = %(product)s", product=product)
    assert house.free([product]) == {product: 0}
    assert not house.drift()
