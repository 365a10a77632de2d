"""Who changed what the planning reads: nobody decides on what he asked for (law 4)."""

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL


class InventoryPlanChange(models.Model):
    """One row a change of an input by a person, written in its transaction and never edited.

    A row is about one item, about a policy and the items planned by it, about which policy applies (``moved``: items
    that have another policy than before), or, with none of these, about all items of the company. What the system
    changes by itself is nobody's.
    """

    _name = "inventory.plan.change"
    _description = "Change of a Planning Input"
    _order = "id desc"
    _log_access = False

    kind = fields.Selection(
        [
            ("policy", "Policy"),
            ("order", "Order or segment of policies"),
            ("company", "Settings of the company"),
            ("pin", "Pinned value"),
            ("link", "Like item, successor or last day"),
            ("event", "Demand event"),
            ("history", "History of demand"),
            ("category", "Product category"),
            ("vendor", "Vendor"),
            ("calendar", "Working calendar"),
            ("cost", "Cost"),
        ],
        required=True,
        readonly=True,
    )
    user_id = fields.Many2one("res.users", "Changed by", required=True, readonly=True, ondelete="cascade")
    changed_at = fields.Datetime("Changed on", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    item_id = fields.Many2one("inventory.item", readonly=True, index="btree_not_null", ondelete="cascade")
    # Without a foreign key: that a policy was deleted is a change of its items' plans as well.
    policy_ref = fields.Integer("Policy Id", readonly=True, aggregator=None)
    moved = fields.Boolean("Which Policy Applies", readonly=True)
    transaction = fields.Char(
        readonly=True, help="The database's number of the transaction: a plan beside it has not seen the change."
    )

    # ------------------------------------------------------------------ write

    @api.model
    def _note_company(self, companies, kind="company"):
        """The present user changed something that all items of these companies are planned with."""
        self._insert(kind, SQL("SELECT unnest(%s::int[]), NULL::int, NULL::int, FALSE", companies.ids))

    @api.model
    def _note_policies(self, policies, moved=False):
        """The present user changed what these policies ask for.

        :param bool moved: he changed which items they apply to instead
        """
        policies = policies.sudo()
        rows = [(policy.company_id.id, 0 if moved else policy.id) for policy in policies]
        self._insert(
            "order" if moved else "policy",
            SQL(
                """SELECT DISTINCT company, NULL::int, policy, %s
                     FROM unnest(%s::int[], %s::int[]) AS noted(company, policy)""",
                moved,
                [company for company, _policy in rows],
                [policy for _company, policy in rows],
            ),
        )

    @api.model
    def _note_items(self, kind, item_ids):
        """The present user changed an input of these items alone.

        :param item_ids: ids; see :meth:`inventory.item._fed_by` for changes of the history that others plan with
        """
        self.env["inventory.item"].flush_model(["company_id"])
        self._insert(
            kind,
            SQL("SELECT company_id, id, NULL::int, FALSE FROM inventory_item WHERE id = ANY(%s)", list(item_ids)),
        )

    def _insert(self, kind, rows):
        """Insert rows of ``(company, item, policy, moved)``.

        The number of the transaction is fetched before any id is drawn: so a row that a plan has not seen, and whose
        id is below one that it has, belongs to a transaction that ran while the plan began.
        """
        if self.env.uid == SUPERUSER_ID:
            return
        self.env.cr.execute(
            SQL(
                """
                WITH own AS MATERIALIZED (SELECT pg_current_xact_id()::text AS transaction),
                     noted (company, item, policy, moved) AS MATERIALIZED (%(rows)s)
                INSERT INTO inventory_plan_change
                            (kind, user_id, changed_at, company_id, item_id, policy_ref, moved, transaction)
                     SELECT %(kind)s, %(user)s, clock_timestamp() AT TIME ZONE 'UTC', noted.*, own.transaction
                       FROM own CROSS JOIN noted
                """,
                rows=rows,
                kind=kind,
                user=self.env.uid,
            )
        )

    # ---------------------------------------------------------------- cleanup

    @api.autovacuum
    def _gc(self):
        """Remove rows that name nobody any more who would not be named without them.

        Those are rows of an item that the plan its approved values come from had read, and rows with a later one of
        the same person about the same: whatever has not read the former has not read the latter. What ran beside the
        reading of a plan is kept, since its number says nothing there; so is what is younger than a day, for plans
        that are being computed.
        """
        self.env.flush_all()
        self.env.cr.execute(
            """
            WITH beside AS (
                SELECT jsonb_array_elements_text(base_data -> 'running') AS transaction
                  FROM inventory_item WHERE jsonb_typeof(base_data -> 'running') = 'array'
                 UNION
                SELECT unnest(string_to_array(read_running, ',')) FROM inventory_plan_run WHERE read_running <> ''
            ), numbered AS (
                SELECT id, item_id, transaction, changed_at,
                       lead(id) OVER (PARTITION BY company_id, user_id, kind, item_id, policy_ref, moved
                                      ORDER BY id) AS later
                  FROM inventory_plan_change
            )
            DELETE FROM inventory_plan_change change
             USING numbered
              LEFT JOIN inventory_item item ON item.id = numbered.item_id
             WHERE change.id = numbered.id
               AND (numbered.later IS NOT NULL OR numbered.id <= (item.base_data ->> 'seen')::int)
               AND numbered.changed_at < (now() AT TIME ZONE 'UTC') - INTERVAL '1 day'
               AND (numbered.transaction IS NULL
                    OR numbered.transaction NOT IN (SELECT transaction FROM beside WHERE transaction IS NOT NULL))
            """
        )
        self.invalidate_model()

    # ------------------------------------------------------------------- read

    @api.model
    def _unseen_sql(self, change, seen, running):
        """Whether the plan that the values in force come from had not read a change.

        :param SQL change: alias of the table
        :param SQL seen: id of the last change that it had read
        :param SQL running: jsonb array of the transactions that ran while it began, or NULL
        """
        return SQL(
            "(%(change)s.id > %(seen)s OR COALESCE(%(running)s ? %(change)s.transaction, FALSE))",
            change=change,
            seen=seen,
            running=running,
        )
