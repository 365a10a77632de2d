"""The examples of the addon's README, run as an outsider would run them."""

import re
from pathlib import Path

import pytest

from tests.channels.work import API_LOGIN
from tests.support.processes import RegistryProcess

README = Path(__file__).resolve().parents[2] / "addons" / "inventory_plus" / "README.md"


def example(marker):
    """The Python of the README that contains `marker`."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    [found] = [block for block in blocks if marker in block]
    return found


@pytest.fixture(scope="module")
def shop(settings, databases):
    """A running server with a hot item of 12, and what a client has to know."""
    from tests.support.processes import Server

    db = databases.clone("inventory_plus")
    things = RegistryProcess(settings, db, "tests.channels.work:prepare", (1, 12)).ready().go().result()
    server = Server(settings, db, workers=2).start()
    yield {
        "URL": server.url,
        "HOST": "127.0.0.1",
        "PORT": server.port,
        "DATABASE": db,
        "API_KEY": things["api_key"],
        "LOGIN": API_LOGIN,
        "PASSWORD": API_LOGIN,
        "CUSTOMER": things["partner"],
    }
    server.stop()
    databases.drop(db)


def test_the_example_with_requests(shop):
    names = dict(shop)
    exec(example("order 1001"), names)
    assert names["stock"]["HOT0"]["available"] == 12
    assert names["promise"]["state"] == "firm"
    assert names["call"]("available", channel="shop")["HOT0"]["available"] == 10


def test_the_example_with_odoorpc(shop, capsys):
    names = dict(shop)
    exec(example("order 1002"), names)
    assert names["promise"]["state"] == "soft"
    assert re.fullmatch(r"HOT0 \d+\.0 of 20\.0\n", capsys.readouterr().out)
    [state] = names["reservations"].status([{"channel": "shop", "key": "order 1002"}])
    assert state["state"] == "released"


def test_the_example_for_a_day_to_come(settings, shop, capsys):
    work = "tests.channels.work:"
    product = RegistryProcess(settings, shop["DATABASE"], work + "hot_product", ()).ready().go().result()
    expected = RegistryProcess(settings, shop["DATABASE"], work + "expect", (product, 40, 5)).ready().go().result()
    names = {**shop, "DAY": expected[1]}
    exec(example("order 1001"), names)
    at_hand = names["call"]("available", channel="shop")["HOT0"]["available"]
    exec(example("order 1005"), names)
    assert names["promise"]["state"] == "firm"
    assert (names["line"]["reserved"], names["line"]["date"]) == (30, names["DAY"])
    assert names["line"]["incoming"] == 30 - at_hand
    said = capsys.readouterr().out
    assert f"40.0 more can be promised for {names['DAY']}" in said
    assert f"{at_hand} at once, {30 - at_hand} on {names['DAY']}" in said
    lines = names["status"]["lines"]
    assert [line["date"] for line in lines if line["incoming"]] == [names["DAY"]]
    keys = [{"channel": "shop", "key": "order 1005"}]
    assert names["call"]("release", keys=keys)[0]["state"] == "released"


def test_the_example_that_turns_a_promise_into_a_delivery(settings, shop):
    RegistryProcess(settings, shop["DATABASE"], "tests.channels.work:let_sell", (API_LOGIN,)).ready().go().result()
    names = dict(shop)
    exec(example("inventory_promise_key"), names)
    assert names["status"]["state"] == "firm"
    assert [line["open"] for line in names["status"]["lines"]] == [2]
    [order] = names["orders"].read([names["order"]], ["state", "inventory_reservation_count"])
    assert (order["state"], order["inventory_reservation_count"]) == ("sale", 1)


def test_the_example_that_follows_the_feed(shop):
    names = dict(shop)
    exec(example("order 1001"), names)
    exec(example("def follow("), names)
    numbers = {}
    cursor = names["follow"](None, numbers.__setitem__)
    assert numbers == {sku: entry["available"] for sku, entry in names["call"]("available", channel="shop").items()}
    numbers.clear()
    order = {"key": "order 1003", "channel": "shop", "lines": [{"sku": "HOT0", "quantity": 1}]}
    names["call"]("reserve", requests=[order])
    after = names["follow"](cursor, numbers.__setitem__)
    assert list(numbers) == ["HOT0"]
    assert int(after) > int(cursor)
    assert names["follow"](after, numbers.__setitem__) == after
