"""Keeping the snapshots fresh: notes are taken off the queue at once when a screen opens, else within seconds."""

from odoo import SUPERUSER_ID, api, models
from odoo.tools import SQL

from .item_refresh import REFRESH_LOCK, SCREEN_LIMIT


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    @api.model
    def _refresh_dirty(self, limit=None):
        """Refresh the items whose products were noted, and those of lots that expired since.

        Cheap when nothing waits. One refresh works at a time; a second one leaves at once.

        :param limit: leave the notes to the scheduled action when more than this wait
        :return: number of items refreshed
        """
        self = self.sudo()
        # Law 2: two refreshes that take the same notes would undo each other; snapshots decide nothing, so skipping
        # is harmless.
        self.env.cr.execute(SQL("SELECT pg_try_advisory_xact_lock(%s)", REFRESH_LOCK))
        if not self.env.cr.fetchone()[0]:
            return 0
        self.env.flush_all()
        taken = self.env["inventory.item.dirty"]._take(limit)
        if taken is None:
            return 0
        everything, product_ids = taken
        self._create_missing()
        if everything:
            return self._refresh()
        return self._refresh(self._ids_of_products(product_ids))

    @api.model
    def _ids_of_products(self, product_ids):
        self.env.cr.execute("SELECT id FROM inventory_item WHERE product_id = ANY(%s)", [list(product_ids)])
        return [row[0] for row in self.env.cr.fetchall()]

    @api.model
    def _note_expired(self):
        """Note the products of lots whose removal date passed since their item was computed: no row changed then.

        Items of archived warehouses are not computed any more, they would be noted every minute for ever.
        """
        self.env.cr.execute(
            """
            INSERT INTO inventory_item_dirty (product_id)
                 SELECT DISTINCT lot.product_id
                   FROM stock_lot lot
                   JOIN inventory_item item ON item.product_id = lot.product_id
                   JOIN stock_warehouse warehouse ON warehouse.id = item.warehouse_id AND warehouse.active
                  WHERE lot.removal_date <= now() AT TIME ZONE 'UTC' AND lot.removal_date > item.computed_at
            """
        )

    @api.model
    def _note_new_day(self):
        """Note everything where the planning date moved on since the snapshot: dates count from it."""
        for _company, date, warehouse_ids in self.sudo()._planning_groups():
            self.env.cr.execute(
                """
                INSERT INTO inventory_item_dirty (product_id)
                     SELECT DISTINCT product_id FROM inventory_item
                      WHERE warehouse_id = ANY(%s) AND (snapshot_date IS NULL OR snapshot_date <> %s)
                """,
                [warehouse_ids, date],
            )

    @api.model
    def _cron_refresh(self):
        """Every minute and after each change: take the notes off the queue."""
        job = self.env["inventory.job"]
        # In a transaction of its own: new triggers keep writers of stock out until the commit.
        tracking = job._retrying(lambda env: env["inventory.item.dirty"]._track())

        def work(env):
            item = env["inventory.item"]
            if not tracking:
                env["inventory.item.dirty"]._note_unseen()
            item._note_expired()
            item._note_new_day()
            return item._refresh_dirty()

        return job._retrying(work)

    # ------------------------------------------------------------------- wake

    @api.model
    def _wake_refresh(self):
        """Have the scheduled action started right after this transaction's commit. Once a transaction."""
        precommit = self.env.cr.precommit
        if not precommit.data.get("inventory_item_wake"):
            precommit.data["inventory_item_wake"] = True
            precommit.add(self.sudo()._schedule_refresh)
            self.env["inventory.feed"]._wake()

    @api.model
    def _schedule_refresh(self):
        cron = self.env.ref("inventory_plus.cron_item_refresh", raise_if_not_found=False)
        if cron and cron.active:
            waiting = self.env.execute_query(
                SQL(
                    """SELECT 1 FROM ir_cron_trigger
                        WHERE cron_id = %s AND call_at <= clock_timestamp() AT TIME ZONE 'UTC' LIMIT 1""",
                    cron.id,
                )
            )
            if not waiting:
                cron._trigger()

    # Whoever reads items over RPC never opens our screens: his reading wakes the refresh, if something waits.

    @api.model
    def _search(self, *args, **kwargs):
        self._wake_for_reader()
        return super()._search(*args, **kwargs)

    def read(self, *args, **kwargs):
        self._wake_for_reader()
        return super().read(*args, **kwargs)

    @api.model
    def _wake_for_reader(self):
        """Have the scheduled action started if notes wait: one query a transaction, none for our own code.

        The answer is what is stored, with its date. A read-only transaction (a replica) cannot leave a wake-up call;
        one of its own does it afterwards.
        """
        cr = self.env.cr
        if self.env.su or cr.cache.get("inventory_item_reader"):
            return
        cr.cache["inventory_item_reader"] = True
        if not self.env.execute_query(SQL("SELECT EXISTS (SELECT FROM inventory_item_dirty)"))[0][0]:
            return
        if cr.readonly:
            cr.postcommit.add(self._wake_apart)
        else:
            self._wake_refresh()

    @api.model
    def _wake_apart(self):
        with self.env.registry.cursor() as cr:
            self.env(cr=cr, user=SUPERUSER_ID)["inventory.item"]._schedule_refresh()

    @api.model
    def action_open_items(self):
        """Open the list of items, with what changed until now."""
        self._refresh_dirty(SCREEN_LIMIT)
        return self.env["ir.actions.act_window"]._for_xml_id("inventory_plus.action_inventory_item")

    def action_refresh(self):
        """Compute the figures of these items anew, now."""
        self.check_access("read")
        self._refresh(self)
        return True
