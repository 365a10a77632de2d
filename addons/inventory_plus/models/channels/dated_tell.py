"""Whom it concerns is told what became of promises against goods on their way: channels, orders, outside systems."""

from collections import defaultdict

from markupsafe import Markup
from odoo import api, models
from odoo.tools import SQL

#: Events that are told in one transaction.
MOST = 1000


class InventoryDated(models.AbstractModel):
    _inherit = "inventory.dated"

    @api.model
    def _tell(self):
        """Number what has not been told yet, and say it on the channels and the orders that it concerns.

        One at a time, so that numbers become visible in their order and no webhook skips one.

        :return: how many events were told
        """
        self.env.cr.execute("SELECT pg_advisory_xact_lock(hashtextextended('inventory_plus.dated_tell', 0))")
        self.env.cr.execute(
            SQL(
                """
                WITH last AS (SELECT COALESCE(MAX(told), 0) AS number FROM inventory_reservation_event
                               WHERE told IS NOT NULL),
                fresh AS (
                    SELECT event.id, last.number + row_number() OVER (ORDER BY event.id) AS number
                      FROM (SELECT id FROM inventory_reservation_event WHERE to_tell ORDER BY id LIMIT %s) event, last
                )
                UPDATE inventory_reservation_event event SET to_tell = FALSE, told = fresh.number
                  FROM fresh WHERE fresh.id = event.id
             RETURNING event.told, event.id
                """,
                MOST,
            )
        )
        events = (
            self.env["inventory.reservation.event"]
            .sudo()
            .browse([number for _told, number in sorted(self.env.cr.fetchall())])
        )
        events.invalidate_recordset()
        lines = defaultdict(list)
        for event in events.filtered(lambda event: event.event in ("moved", "short")):
            text = Markup("<li>%s</li>") % self._text(event)
            lines[event.reservation_id.channel_id].append(text)
            order = self._order_of(event.reservation_id)
            if order:
                lines[order].append(text)
        title = self.env._("Receipts have changed, and with them what was promised of goods on their way:")
        for record, texts in lines.items():
            # Followers of the channel are told, and who looks at the order reads it.
            body = Markup("<p>%s</p><ul>%s</ul>") % (title, Markup().join(texts))
            if record._name == "inventory.channel":
                record.message_post(body=body, subtype_xmlid="mail.mt_comment")
            else:
                record._message_log(body=body)
        if events:
            self.env["inventory.feed"]._wake()
        return len(events)

    @api.model
    def _last_told(self):
        """Number of the last event that was told."""
        ((number,),) = self.env.execute_query(
            SQL("SELECT COALESCE(MAX(told), 0) FROM inventory_reservation_event WHERE told IS NOT NULL")
        )
        return number

    @api.model
    def _order_of(self, reservation):
        """The document that has taken the promise over, if it has a history; else None."""
        if not reservation.res_id or not hasattr(self.env.get(reservation.res_model), "_message_log"):
            return None
        return self.env[reservation.res_model].sudo().browse(reservation.res_id).exists() or None

    @api.model
    def _text(self, event):
        name = event.reservation_id.reference or event.reservation_id.key
        if event.event == "short":
            return self.env._(
                "%(name)s: %(quantity)s are short, nothing covers them.", name=name, quantity=event.quantity
            )
        before, _arrow, after = event.reason.partition(" > ")
        return self.env._(
            "%(name)s: %(quantity)s are due on %(after)s, no longer on %(before)s.",
            name=name,
            quantity=event.quantity,
            after=after,
            before=before,
        )

    @api.model
    def _told_since(self, channel, number, most):
        """What became of a channel's promises, for its webhooks.

        :param number: that of the last event that is known
        :return: list of ``(number, {"key", "event": "moved" | "arrived" | "short", "quantity", "date", "at"})``
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT event.told, promise.key, event.event, event.quantity::float, event.reason,
                       to_char(event.at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
                  FROM inventory_reservation_event event
                  JOIN inventory_reservation promise ON promise.id = event.reservation_id
                 WHERE promise.channel_id = %s AND event.told > %s
                 ORDER BY event.told LIMIT %s
                """,
                channel.id,
                number or 0,
                most,
            )
        )
        return [
            (
                told,
                {
                    "key": key,
                    "event": event,
                    "quantity": quantity,
                    "date": reason.partition(" > ")[2] if event == "moved" else False,
                    "at": at,
                },
            )
            for told, key, event, quantity, reason, at in rows
        ]
