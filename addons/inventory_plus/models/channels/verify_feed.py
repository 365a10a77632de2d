"""The check of the feed: what was published is what a channel may sell, unless a note says that it may have changed."""

from odoo import api, models
from odoo.tools import SQL


class InventoryVerify(models.AbstractModel):
    _inherit = "inventory.verify"

    @api.model
    def _checks(self):
        return [*super()._checks(), ("published availability", self._check_feed)]

    @api.model
    def _check_feed(self):
        """Published numbers of channels that are read, computed anew; in one statement, so in one moment.

        Left out is what the next relay looks at: products with a note, with a promise whose time is over, or with a
        lot past its removal date since it looked last.
        """
        call = self.env["inventory.lock"]._call
        readers = (
            self.env["inventory.channel"]
            .sudo()
            .browse(number for (number,) in call(SQL("SELECT channel_id FROM inventory_feed_reader")))
        )
        compared, wrong = 0, []
        # A statement a channel, of which there are few.
        for channel in readers.filtered("active"):
            rows = call(self._feed_sql(channel))
            compared += len(rows)
            wrong += [(channel.code, *row) for row in rows if abs(row[1] - row[2]) > 0.00001]
        return {
            "compared": compared,
            "differences": len(wrong),
            "sample": [
                self.env._(
                    "%(sku)s in channel %(channel)s: %(published)s published, %(available)s available.",
                    sku=sku,
                    channel=channel,
                    published=published,
                    available=available,
                )
                for channel, sku, published, available in wrong[:10]
            ],
        }

    @api.model
    def _feed_sql(self, channel):
        """Rows ``(sku, published, available)``."""
        return SQL(
            """
            WITH due AS (
                SELECT note.product_id FROM inventory_feed_note note
                 UNION
                SELECT line.product_id FROM inventory_reservation r
                  JOIN inventory_reservation_line line ON line.reservation_id = r.id
                 WHERE r.state = 'soft' AND r.expires_at <= clock_timestamp() AT TIME ZONE 'UTC'
                 UNION
                SELECT lot.product_id FROM stock_lot lot, inventory_feed_head head
                 WHERE lot.removal_date > head.looked_at AND lot.removal_date <= now() AT TIME ZONE 'UTC'
                 UNION
                SELECT lot.product_id
                  FROM stock_lot lot, inventory_feed_head head, inventory_channel life
                 WHERE life.shelf_life > 0
                   AND lot.expiration_date >= head.looked_at + make_interval(days => life.shelf_life)
                   AND lot.expiration_date < (now() AT TIME ZONE 'UTC') + make_interval(days => life.shelf_life)
            ), published AS (
                SELECT feed.sku, feed.product_id, feed.available
                  FROM inventory_feed feed
                 WHERE feed.channel_id = %(channel)s AND feed.product_id IS NOT NULL
                   AND NOT EXISTS (SELECT FROM due WHERE due.product_id IS NULL OR due.product_id = feed.product_id)
                   AND feed.product_id NOT IN (SELECT inventory_kits_with(ARRAY(
                       SELECT due.product_id FROM due WHERE due.product_id IS NOT NULL)))
            ), fresh AS (
                SELECT shown.product_id, SUM(shown.available) AS all_of_them, MAX(shown.available) AS best
                  FROM inventory_shown(%(channel)s, %(company)s, ARRAY(SELECT published.product_id FROM published),
                                       %(places)s::integer[]) shown
                 GROUP BY shown.product_id
            )
            SELECT published.sku, published.available::float,
                   COALESCE(CASE WHEN %(split)s THEN fresh.all_of_them ELSE fresh.best END, 0)::float
              FROM published LEFT JOIN fresh USING (product_id)
             ORDER BY published.sku
            """,
            channel=channel.id,
            company=channel.company_id.id,
            places=channel._warehouses().ids,
            split=channel.allow_split,
        )
