"""Adjustments in real processes: killed and resumed, raced, and asked for by other systems."""

import re
from pathlib import Path

import pytest

WORK = "tests.control.adjustment_work:"
README = Path(__file__).resolve().parents[2] / "addons" / "inventory_plus" / "README.md"


def read(connection, things, column="adjustment"):
    """State, ``{line state: count}``, on hand of each product, and how many inventory moves each has."""
    with connection.cursor() as cr:
        cr.execute("SELECT state FROM inventory_adjustment WHERE id = %s", [things["adjustment"]])
        state = cr.fetchone()[0]
        cr.execute(
            "SELECT state, count(*) FROM inventory_adjustment_line WHERE adjustment_id = %s GROUP BY state",
            [things["adjustment"]],
        )
        lines = dict(cr.fetchall())
        cr.execute(
            "SELECT product_id, SUM(quantity) FROM stock_quant WHERE product_id = ANY(%s) AND location_id = %s"
            " GROUP BY product_id",
            [things["products"], things["stock"]],
        )
        stock = [float(quantity) for _product, quantity in cr.fetchall()]
        cr.execute(
            "SELECT product_id, count(*) FROM stock_move WHERE product_id = ANY(%s) AND is_inventory AND state = 'done'"
            " GROUP BY product_id",
            [things["products"]],
        )
        return state, lines, stock, dict(cr.fetchall())


@pytest.mark.slow
def test_killed_in_a_part_and_resumed(clone, together, registry_process, connect):
    """kill -9 after two parts, in the middle of the third: nothing of that one is left, and none happens twice."""
    db = clone("inventory_plus")
    connection = connect(db)
    [things] = together(db, [(WORK + "prepare", (60,))], timeout=300)
    [answer] = together(db, [(WORK + "approve_in_parts", (things["adjustment"], 10, 10))], timeout=300)
    assert answer is True
    assert read(connection, things)[:2] == ("approved", {"waiting": 60})

    victim = registry_process(db, WORK + "apply_parts", (10, things["adjustment"], 2)).go()
    for _part in range(3):
        assert victim.say() == {"applied": 10}
    victim.kill()
    state, lines, stock, moves = read(connection, things)
    assert (state, lines) == ("applying", {"applied": 20, "waiting": 40})
    assert sorted(stock) == [7.0] * 20 + [10.0] * 40
    assert sorted(moves.values()) == [1] * 20

    with connection.cursor() as cr:
        # A runner finds the dead after ten seconds; let them have passed.
        cr.execute("UPDATE queue_job SET date_enqueued = date_enqueued - INTERVAL '1 min' WHERE state = 'started'")
    together(db, [(WORK + "apply_parts", (10, things["adjustment"])) for _worker in range(2)], timeout=300)
    state, lines, stock, moves = read(connection, things)
    assert (state, lines) == ("applied", {"applied": 60})
    assert stock == [7.0] * 60
    assert sorted(moves.values()) == [1] * 60


def test_two_approvers_and_a_cancellation(clone, together, connect):
    """One outcome, and the loser is told."""
    db = clone("inventory_plus")
    connection = connect(db)
    [things] = together(db, [(WORK + "prepare", (2,))], timeout=300)
    number = things["adjustment"]
    calls = [("first", "action_approve"), ("second", "action_approve"), ("requester", "action_cancel")]
    told = together(db, [(WORK + "act", (login, method, number)) for login, method in calls], timeout=300)
    assert [answer for answer in told if answer is True] == [True], told
    for answer in told:
        assert answer is True or re.search("already decided by|is not open", answer), told
    state, _lines, stock, moves = read(connection, things)
    cancelled = told[2] is True
    assert (state, stock) == (("cancelled", [10.0] * 2) if cancelled else ("applied", [7.0] * 2))
    assert sorted(moves.values()) == ([] if cancelled else [1, 1])


def test_applied_while_the_picker_picks(clone, together, connect):
    """10 there, 7 counted, 4 picked at the same moment: 3 are left, in whichever order."""
    db = clone("inventory_plus")
    connection = connect(db)
    [things] = together(db, [(WORK + "prepare", (1,))], timeout=300)
    told = together(
        db,
        [
            (WORK + "act", ("first", "action_approve", things["adjustment"])),
            (WORK + "pick", (things["products"][0], things["stock"], 4)),
        ],
        timeout=300,
    )
    assert told == [True, 4.0]
    state, _lines, stock, _moves = read(connection, things)
    assert (state, stock) == ("applied", [3.0])


def test_the_same_request_by_two_clients_at_once(clone, together, connect, server):
    """One adjustment, one answer; and the examples of the README."""
    db = clone("inventory_plus")
    connection = connect(db)
    [things] = together(db, [(WORK + "prepare", (1, 10, 7, False))], timeout=300)
    running = server(db, workers=2)
    names = {
        "URL": running.url,
        "DATABASE": db,
        "LOGIN": "requester",
        "PASSWORD": "requester",
        "API_KEY": things["api_key"],
        "SKU": things["sku"],
        "LOCATION": things["location"],
    }
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    [xmlrpc_example] = [block for block in blocks if "flight 71" in block]
    [json_example] = [block for block in blocks if "scale 5" in block]
    exec(xmlrpc_example, names)
    assert (names["answer"]["state"], names["again"]) == ("submitted", names["answer"])
    assert names["status"]["state"] == "submitted"
    exec(json_example, names)
    assert (names["taken"]["state"], names["refused"]["reason"]["code"]) == ("submitted", "unknown_sku")

    import threading

    line = {"sku": things["sku"], "location": things["location"], "counted": 6}
    request = {"key": "at once", "reason": "COUNT", "lines": [line]}
    answers, start = [], threading.Barrier(2)

    def ask():
        client = running.client("requester")
        start.wait(20)
        answers.append(client.call("inventory.adjustment", "submit", [request]))

    threads = [threading.Thread(target=ask) for _client in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert len(answers) == 2 and answers[0] == answers[1], answers
    with connection.cursor() as cr:
        cr.execute("SELECT count(*) FROM inventory_adjustment WHERE request_key = 'at once'")
        assert cr.fetchone()[0] == 1
