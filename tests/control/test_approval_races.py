"""Races for a request that walks through steps: real processes, committed data, one outcome, the loser is told."""

import threading

import pytest

from tests.support.rpc import RemoteError

MODEL = "inventory.adjustment"
WORK = "tests.control.work:"


def race(running, calls):
    """Make these calls ``{name: (login, method, *args)}`` at the same moment; return ``{name: answer or message}``."""
    results = {}
    start = threading.Barrier(len(calls))

    def work(name, login, method, *args):
        client = running.client(login)
        start.wait(20)
        try:
            results[name] = client.call(MODEL, method, *args)
        except RemoteError as error:
            results[name] = error.message

    threads = [threading.Thread(target=work, args=(name, *call)) for name, call in calls.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    return results


def state(connection, ids):
    with connection.cursor() as cr:
        cr.execute("SELECT approval_state FROM inventory_adjustment WHERE id = %s", [ids["adjustment"]])
        [found] = cr.fetchone()
        cr.execute(
            "SELECT COALESCE(SUM(quantity), 0) FROM stock_quant WHERE product_id = %s AND location_id = %s",
            (ids["product"], ids["location"]),
        )
        return found, float(cr.fetchone()[0])


def audited(connection, ids, event):
    with connection.cursor() as cr:
        cr.execute(
            "SELECT count(*) FROM inventory_audit_entry WHERE res_model = %s AND res_id = %s AND event = %s",
            (MODEL, ids["adjustment"], event),
        )
        return cr.fetchone()[0]


@pytest.mark.parametrize("mode", ["one", "all"])
def test_two_approvers_at_once(clone, together, server, connect, mode):
    db = clone("inventory_plus")
    connection = connect(db)
    [ids] = together(db, [(WORK + "prepare_rule", (mode,))])
    running = server(db, workers=2)
    one = [ids["adjustment"]]
    results = race(running, {login: (login, "action_approve", one) for login in ("first", "second")})
    assert state(connection, ids) == ("approved", 5), results
    assert audited(connection, ids, "adjustment.approved") == 1
    if mode == "all":
        assert list(results.values()) == [True, True], "each has a voice, and the second one applies"
        assert audited(connection, ids, "adjustment.voice") == 1
    else:
        lost = [value for value in results.values() if value is not True]
        assert len(lost) == 1, results
        assert "already decided" in lost[0]


def test_approve_while_it_is_cancelled(clone, together, server, connect):
    db = clone("inventory_plus")
    connection = connect(db)
    [ids] = together(db, [(WORK + "prepare_rule", ())])
    running = server(db, workers=2)
    one = [ids["adjustment"]]
    calls = {"approve": ("first", "action_approve", one), "cancel": ("requester", "action_cancel", one)}
    results = race(running, calls)
    winners = [name for name, value in results.items() if value is True]
    assert len(winners) == 1, results
    [lost] = [value for value in results.values() if value is not True]
    assert "decided" in lost or "not open" in lost
    assert state(connection, ids) == {"approve": ("approved", 5), "cancel": ("cancelled", 0)}[winners[0]]


def test_approve_while_it_is_escalated(clone, together, server, connect):
    """The watch takes the row lock too: whoever comes second sees what the first one did."""
    db = clone("inventory_plus")
    connection = connect(db)
    [ids] = together(db, [(WORK + "prepare_rule", ())])
    running = server(db, workers=2)
    outcome = {}
    thread = threading.Thread(
        target=lambda: outcome.update(race(running, {"approve": ("first", "action_approve", [ids["adjustment"]])}))
    )
    thread.start()
    together(db, [(WORK + "escalate", ())])
    thread.join(90)
    assert outcome == {"approve": True}
    assert state(connection, ids) == ("approved", 5)
    assert audited(connection, ids, "adjustment.approved") == 1


def test_over_rpc_nobody_writes_steps_rules_or_deputies(clone, together, server, connect):
    db = clone("inventory_plus")
    connection = connect(db)
    [ids] = together(db, [(WORK + "prepare_rule", ())])
    running = server(db, workers=2)
    clerk, first = running.client("clerk"), running.client("first")
    turn, voice = "inventory.approval.turn", "inventory.approval.voice"
    [turn_id] = first.call(turn, "search", [["res_id", "=", ids["adjustment"]]])
    voices = first.call(voice, "search", [["turn_id", "=", turn_id]])
    for client in (clerk, first):
        for model, method, *args in (
            (turn, "write", [turn_id], {"state": "approved"}),
            (turn, "create", {"res_model": MODEL, "res_id": ids["adjustment"]}),
            (turn, "unlink", [turn_id]),
            (voice, "write", voices, {"state": "approved"}),
            (voice, "create", {"turn_id": turn_id, "user_id": 2}),
            (turn, "_set", [turn_id], {"state": "approved"}),
            (turn, "_cron_watch"),
            (MODEL, "_approval_speak", [ids["adjustment"]], "approved", ""),
            (MODEL, "_approval_break", [ids["adjustment"]], "x"),
            (MODEL, "action_break_glass", [ids["adjustment"]], "x"),
            ("inventory.approval.rule", "create", {"name": "mine"}),
            ("inventory.approval.step", "write", [1], {"user_ids": [[5]]}),
        ):
            with pytest.raises(RemoteError):
                client.call(model, method, *args)
    for method, args in (("action_approve", []), ("action_reject", []), ("action_forward", [2])):
        with pytest.raises(RemoteError):
            clerk.call(MODEL, method, [ids["adjustment"]], *args)
    assert state(connection, ids) == ("pending", 0)
