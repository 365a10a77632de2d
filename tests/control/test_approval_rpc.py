"""Approval over RPC, as a browser or a script of a low-privileged user would try it."""

import threading

import pytest

from tests.support.rpc import RemoteError

MODEL = "inventory.adjustment"


def on_hand(connection, ids):
    with connection.cursor() as cr:
        cr.execute(
            "SELECT COALESCE(SUM(quantity), 0) FROM stock_quant WHERE product_id = %s AND location_id = %s",
            (ids["product"], ids["location"]),
        )
        return float(cr.fetchone()[0])


def test_approval_over_rpc(clone, together, server, connect):
    db = clone("inventory_plus")
    connection = connect(db)
    [ids] = together(db, [("tests.control.work:prepare_adjustment", ())])
    running = server(db, workers=2)
    clerk, requester = running.client("clerk"), running.client("requester")
    line = {"product_id": ids["product"], "location_id": ids["location"], "quantity": 9}
    attempts = [
        (clerk, "create", [{"reason": "x", "approval_state": "approved"}]),
        (clerk, "create", [{"reason": "x", "requester_id": 1}]),
        (clerk, "write", [[ids["adjustment"]], {"approval_state": "approved"}]),
        (clerk, "web_save", [[ids["adjustment"]], {"approval_state": "approved"}, {}]),
        (clerk, "write", [[ids["adjustment"]], {"line_ids": [[0, 0, line]]}]),
        (clerk, "action_approve", [[ids["adjustment"]]]),
        (requester, "action_approve", [[ids["adjustment"]]]),
        (requester, "unlink", [[ids["adjustment"]]]),
        (requester, "_approval_set", [[ids["adjustment"]], {"approval_state": "approved"}]),
        (requester, "_approval_apply", [[ids["adjustment"]]]),
    ]
    for client, method, args in attempts:
        with pytest.raises(RemoteError):
            client.call(MODEL, method, *args)
    draft = clerk.call(MODEL, "create", {"reason": "x"}, context={"default_approval_state": "approved"})
    [read] = clerk.call(MODEL, "read", [draft], ["approval_state"])
    assert read["approval_state"] == "draft"
    assert on_hand(connection, ids) == 0

    # Two approvers at the same moment: one is applied, the other is told who was first.
    results = {}
    start = threading.Barrier(2)

    def decide(login):
        client = running.client(login)
        start.wait(20)
        try:
            results[login] = client.call(MODEL, "action_approve", [ids["adjustment"]])
        except RemoteError as error:
            results[login] = error.message

    threads = [threading.Thread(target=decide, args=(login,)) for login in ("first", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert sorted(results.values(), key=str)[-1] is True, results
    assert "already decided" in next(str(value) for value in results.values() if value is not True)
    assert on_hand(connection, ids) == 5
