"""Events of an agent, batch 200: the whole way behind the HTTP layer, against the bare INSERT of the same rows."""

import json
import time
import uuid

BENCH = "device_ingest"
CAPABILITY = "devices"
MODULES = ("inventory_plus", "inventory_devices")

BATCH = 200
BUDGET = 5000  # events a second


def run(bench):
    """Ingest batches with signature check, product look-up and bus message; then send all of them again."""
    batches = 10 if bench.quick else 50
    from odoo.addons.inventory_devices.agent.signing import canonical, new_private_key, public_key, signed_headers

    with bench.env() as env:
        station = env["inventory.device.station"].create({"name": "Bench"})
        agent = env["inventory.device.agent"].create({"name": "Agent", "station_id": station.id})
        private = new_private_key()
        agent.write({"public_key": public_key(private), "state": "paired"})
        env["product.product"].create([{"name": f"P{number}", "default_code": f"C{number}"} for number in range(50)])
        env.cr.commit()
        bodies = [_body(number) for number in range(batches)]

        def ingest():
            started = time.perf_counter()
            new = 0
            for body in bodies:
                headers = signed_headers(private, agent.id, "POST", "/inventory_devices/v1/events", body)
                message = canonical(
                    "POST",
                    "/inventory_devices/v1/events",
                    headers["X-Inventory-Timestamp"],
                    headers["X-Inventory-Nonce"],
                    body,
                )
                assert agent._verify_signature(message, headers["X-Inventory-Signature"])
                assert env["inventory.device.nonce"]._use(agent, headers["X-Inventory-Nonce"])
                events, lost = env["inventory.device.event"]._check_batch(json.loads(body))
                new += env["inventory.device.event"]._ingest(agent, events, lost)["new"]
                env.cr.commit()
            return new, time.perf_counter() - started

        new, seconds = ingest()
        again, again_seconds = ingest()
    floor = _floor(bench, bodies)
    count = batches * BATCH
    assert (new, again) == (count, 0), "each event must be stored exactly once"
    bench.row(
        figures={
            "events": count,
            "events_per_second": round(count / seconds),
            "repeated_events_per_second": round(count / again_seconds),
            "duplicates_stored": again,
        },
        floor={"bare_insert_events_per_second": round(count / floor)},
        ratio=round(seconds / floor, 2),
        budget=f">= {BUDGET} events/s at batch {BATCH}, duplicates absorbed",
        ok=count / seconds >= BUDGET,
    )


def _body(number):
    rows = [
        {
            "seq": number * BATCH + place + 1,
            "uid": str(uuid.uuid4()),
            "kind": "scan",
            "device": "stdin",
            "payload": f"C{place % 60}",
            "happened_at": 1.7e9,
        }
        for place in range(BATCH)
    ]
    return json.dumps({"events": rows, "lost": []}).encode()


def _floor(bench, bodies):
    """Seconds to insert the same rows into a table of the same shape, one commit a batch."""
    connection = bench.connect()
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE floor_event (LIKE inventory_device_event INCLUDING ALL)")
    connection.commit()
    started = time.perf_counter()
    for body in bodies:
        cursor.execute(
            """INSERT INTO floor_event (id, agent_id, station_id, company_id, uid, seq, kind, device, payload)
               SELECT row.seq, 1, 1, 1, row.uid, row.seq, row.kind, row.device, row.payload
                 FROM jsonb_to_recordset(%s::jsonb)
                      AS row(uid text, seq int, kind text, device text, payload text)""",
            (json.dumps(json.loads(body)["events"]),),
        )
        connection.commit()
    seconds = time.perf_counter() - started
    connection.close()
    return seconds
