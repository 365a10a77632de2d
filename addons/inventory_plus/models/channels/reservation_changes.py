"""What has changed for a channel since it asked last."""

import re

from odoo import api, models
from odoo.exceptions import UserError

from .request_text import shown
from .reservation_request import RequestError

#: Changes in one answer.
MOST_CHANGES = 10_000
#: A cursor as it was given, without more digits than a sequence can have.
CURSOR = re.compile(r"[0-9]{1,18}", re.ASCII)


class InventoryReservation(models.Model):
    _inherit = "inventory.reservation"

    @api.model
    def changes(self, channel, cursor=None, limit=1000):
        """What a channel may sell, as far as it has changed since ``cursor``.

        Ask with the cursor of the last answer until an answer brings less than ``limit``, then from time to time. A
        number that changed several times comes once, with its last value; one that changed back does not come. What
        the channel can no longer sell (archived, without a code, a code that two products share) comes as 0.

        :param str channel: code of the channel
        :param cursor: that of the last answer; None, 0 or an empty text from the beginning: everything
        :param int limit: at most so many changes, 1 to 10,000
        :return: ``{"cursor", "changes": [{"sku", "available", "at"}]}``; quantities in the product's unit, as
            :meth:`available` gives them; ``at`` in UTC, when it was published. Changes stand in the order in which
            they were published.
        :raise UserError: unknown channel, cursor or limit
        """
        reader = self.env["inventory.reservation.request"]
        try:
            record = reader._channel(reader._channels([channel]), channel)
        except RequestError as error:
            raise UserError(error.message) from None
        if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MOST_CHANGES:
            raise UserError(self.env._("limit is a whole number from 1 to %(most)s.", most=MOST_CHANGES))
        sequence = self._read_cursor(cursor)
        feed = self.env["inventory.feed"]
        feed._follow(record)
        feed._relay()
        if sequence > feed._head():
            raise UserError(self._bad_cursor(cursor))
        rows = feed._read_since(record, sequence, limit)
        return {
            "cursor": str(rows[-1][3] if rows else sequence),
            "changes": [{"sku": sku, "available": available, "at": at} for sku, available, at, _number in rows],
        }

    @api.model
    def _read_cursor(self, cursor):
        if cursor is None or cursor is False or cursor == "":
            return 0
        text = str(cursor) if isinstance(cursor, int) and not isinstance(cursor, bool) else cursor
        if not isinstance(text, str) or not CURSOR.fullmatch(text):
            raise UserError(self._bad_cursor(cursor))
        return int(text)

    @api.model
    def _bad_cursor(self, cursor):
        return self.env._(
            "%(cursor)s is no cursor of this feed. Begin again without one; everything comes then.",
            cursor=shown(cursor),
        )
