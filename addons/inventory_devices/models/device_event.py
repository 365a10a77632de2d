"""What devices said: an append-only inbox in which every event stands exactly once (law 9)."""

import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

MAXIMUM_BATCH = 1000
MAXIMUM_PAYLOAD = 512
MAXIMUM_SEQ = 2**31 - 1


class InventoryDeviceEvent(models.Model):
    """One event of one device. It never moves stock; an operation that a person or rule starts does."""

    _name = "inventory.device.event"
    _description = "Device Event"
    _order = "id desc"
    _rec_name = "payload"
    _log_access = False

    agent_id = fields.Many2one("inventory.device.agent", required=True, readonly=True, ondelete="restrict")
    station_id = fields.Many2one("inventory.device.station", required=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    uid = fields.Char("Identifier", required=True, readonly=True)
    seq = fields.Integer("Number", readonly=True)
    kind = fields.Selection([("scan", "Scan"), ("lost", "Lost")], required=True, readonly=True)
    device = fields.Char(readonly=True)
    payload = fields.Char("Content", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True, ondelete="set null", index="btree_not_null")
    happened_at = fields.Datetime("Scanned at", readonly=True)
    received_at = fields.Datetime("Received at", readonly=True)

    _uid_unique = models.UniqueIndex("(agent_id, uid)", "An event is stored once.")
    _agent_seq_index = models.Index("(agent_id, seq)")
    _station_index = models.Index("(station_id, id)")

    @api.model_create_multi
    def create(self, vals_list):
        raise UserError(self.env._("Device events come from paired agents only."))

    def write(self, vals):
        raise UserError(self.env._("Device events cannot be changed."))

    def unlink(self):
        raise UserError(self.env._("Device events cannot be deleted."))

    def _feed_values(self):
        """This event for the station's page."""
        self.ensure_one()
        # The product may have gone to another company since: the page goes on without its name.
        product = self.product_id if self.product_id.has_access("read") else self.product_id.browse()
        return {
            "id": self.id,
            "kind": self.kind,
            "payload": self.payload or "",
            "device": self.device or "",
            "agent": self.agent_id.name,
            "product": product.display_name or "",
            "product_id": product.id,
            "happened_at": fields.Datetime.to_string(self.happened_at),
        }

    @api.model
    def _ingest(self, agent, events, lost):
        """Store a batch of an agent, exactly once, and wake its station's page (as superuser).

        The agent's row is locked first, so two batches of one agent never interleave. An event that is there
        already is absorbed; one whose number lies behind but whose identifier is new (a restored disk) is stored
        all the same. ``ack`` moves over what is stored or declared lost, without holes.

        :param events: list of dicts as :meth:`_check_batch` lets through
        :param lost: list of ``[first, last]`` numbers that the agent no longer has
        :return: ``{"ack": int, "new": int, "gap": [first, last] or absent}``
        """
        cr = self.env.cr
        cr.execute(SQL("SELECT last_seq FROM inventory_device_agent WHERE id = %s FOR UPDATE", agent.id))
        last_seq = cr.fetchone()[0] or 0
        rows = [*events, *self._lost_events(agent, lost, last_seq)]
        new_ids = self._insert(agent, rows) if rows else []
        ack, gap = self._advance(agent, last_seq, lost)
        cr.execute(
            SQL(
                """UPDATE inventory_device_agent
                      SET last_seq = %s,
                          last_seen_at = now() AT TIME ZONE 'UTC',
                          lost_count = COALESCE(lost_count, 0) + %s
                    WHERE id = %s""",
                ack,
                sum(last - max(first, last_seq + 1) + 1 for first, last in lost if last > last_seq),
                agent.id,
            )
        )
        agent.invalidate_recordset()
        if new_ids:
            self._resolve_products(agent, new_ids)
            agent.station_id._bus_send("inventory_devices.event", {"station_id": agent.station_id.id})
        return {"ack": ack, "new": len(new_ids), **({"gap": gap} if gap else {})}

    @api.model
    def _lost_events(self, agent, lost, last_seq):
        """Rows that show a lost range: one a range, numbered by its end, with an identifier that repeats safely."""
        return [
            {
                "seq": last,
                "uid": f"lost-{first}-{last}",
                "kind": "lost",
                "device": "",
                "payload": f"{first}-{last}",
                "happened_at": None,
            }
            for first, last in lost
            if last > last_seq
        ]

    @api.model
    def _insert(self, agent, rows):
        """Insert what is not there yet; return the new ids."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO inventory_device_event
                       (agent_id, station_id, company_id, uid, seq, kind, device, payload, happened_at, received_at)
                SELECT %(agent)s, %(station)s, %(company)s, row.uid, row.seq, row.kind, row.device, row.payload,
                       COALESCE(to_timestamp(row.happened_at), now()) AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                  FROM jsonb_to_recordset(%(rows)s::jsonb)
                       AS row(uid text, seq int, kind text, device text, payload text, happened_at float8)
                 ORDER BY row.seq
                ON CONFLICT (agent_id, uid) DO NOTHING
                RETURNING id
                """,
                agent=agent.id,
                station=agent.station_id.id,
                company=agent.company_id.id,
                rows=json.dumps(rows),
            )
        )
        return [row[0] for row in self.env.cr.fetchall()]

    @api.model
    def _advance(self, agent, last_seq, lost):
        """How far the stream is whole: ``(ack, first gap or None)``."""
        self.env.cr.execute(
            SQL("SELECT seq FROM inventory_device_event WHERE agent_id = %s AND seq > %s", agent.id, last_seq)
        )
        spans = [(seq, seq) for (seq,) in self.env.cr.fetchall()]
        spans += [(max(first, last_seq + 1), last) for first, last in lost if last > last_seq]
        ack = last_seq
        for first, last in sorted(spans):
            if first > ack + 1:
                return ack, [ack + 1, first - 1]
            ack = max(ack, last)
        return ack, None

    @api.model
    def _resolve_products(self, agent, event_ids):
        """Link events to the product whose barcode or internal reference was scanned, if exactly one has it."""
        self.env.cr.execute(
            SQL(
                """
                WITH hit AS (
                    SELECT event.id, MIN(product.id) AS product_id
                      FROM inventory_device_event event
                      JOIN product_product product
                        ON event.payload IN (product.barcode, product.default_code) AND product.active
                      JOIN product_template template ON template.id = product.product_tmpl_id
                     WHERE event.id = ANY(%(ids)s)
                       AND event.kind = 'scan'
                       AND (template.company_id IS NULL OR template.company_id = %(company)s)
                     GROUP BY event.id
                    HAVING COUNT(DISTINCT product.id) = 1
                )
                UPDATE inventory_device_event event SET product_id = hit.product_id FROM hit WHERE hit.id = event.id
                """,
                ids=list(event_ids),
                company=agent.company_id.id,
            )
        )
        self.invalidate_model()

    @api.model
    def _check_batch(self, body):
        """The events and lost ranges of a request, checked.

        :param body: parsed JSON
        :return: ``(events, lost)``
        :raise ValueError: with a sentence that says what is wrong; nothing was stored
        """
        if not isinstance(body, dict):
            raise ValueError("The body must be an object with events.")
        events, lost = body.get("events", []), body.get("lost", [])
        if not isinstance(events, list) or not isinstance(lost, list):
            raise ValueError("Events and lost must be lists.")
        if len(events) > MAXIMUM_BATCH or len(lost) > 100:
            raise ValueError(f"At most {MAXIMUM_BATCH} events a request.")
        return [self._check_event(event) for event in events], [self._check_range(pair) for pair in lost]

    @api.model
    def _check_event(self, event):
        if not isinstance(event, dict):
            raise ValueError("An event must be an object.")
        uid, seq, payload = event.get("uid"), event.get("seq"), event.get("payload")
        if not isinstance(uid, str) or not 8 <= len(uid) <= 64 or uid.startswith("lost-"):
            raise ValueError("An event needs an identifier of 8 to 64 characters.")
        if type(seq) is not int or not 0 < seq <= MAXIMUM_SEQ:
            raise ValueError("An event needs a positive number.")
        if event.get("kind") != "scan":
            raise ValueError("An event must be of a known kind.")
        happened_at = event.get("happened_at")
        if type(happened_at) not in (int, float) or not 0 <= happened_at < 253402300800:
            raise ValueError("An event needs the time at which it happened.")
        if not isinstance(payload, str) or not 0 < len(payload) <= MAXIMUM_PAYLOAD or "\x00" in payload:
            raise ValueError(f"An event needs a content of 1 to {MAXIMUM_PAYLOAD} characters.")
        device = event.get("device")
        device = device[:64].replace("\x00", "") if isinstance(device, str) else ""
        for text in (uid, payload, device):
            if any("\ud800" <= char <= "\udfff" for char in text):
                raise ValueError("An event must not hold half a character.")
        names = {"uid": uid.replace("\x00", ""), "seq": seq, "kind": "scan", "device": device}
        return {**names, "payload": payload, "happened_at": happened_at}

    @api.model
    def _check_range(self, pair):
        if (
            not isinstance(pair, list)
            or len(pair) != 2
            or any(type(number) is not int for number in pair)
            or not 0 < pair[0] <= pair[1] <= MAXIMUM_SEQ
        ):
            raise ValueError("A lost range needs two numbers in order.")
        return pair
