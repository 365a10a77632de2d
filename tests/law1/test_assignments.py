"""Law 1 for native work: however many assign at once, nothing is reserved twice."""


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
