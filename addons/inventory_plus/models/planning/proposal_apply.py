"""Deciding on proposals: apply, reject, roll back; any number at once, each whole or not at all."""

from odoo import SUPERUSER_ID, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.http import request
from odoo.tools import SQL

from .proposal import PARAMETERS

APPROVER = "inventory_plus.group_approver"
#: Changed items told in one audit entry.
AUDIT_CHUNK = 500


def _columns(prefix, alias):
    """``alias.prefix_safety_stock, ...`` for SQL."""
    return SQL(", ").join(SQL.identifier(alias, f"{prefix}{name}") for name in PARAMETERS)


class InventoryProposal(models.Model):
    _inherit = "inventory.proposal"

    # ---------------------------------------------------------------- who may

    def _role_refusal(self):
        """Why the present user decides on no proposal at all, as a sentence, or None.

        The rules and words are those of :class:`inventory.approval.mixin`, which decides one record at a time.
        """
        user = self.env.user
        if user.id == SUPERUSER_ID:
            return self.env._("The system does not decide in somebody's name.")
        if request and request.session and (request.session.uid or user.id) != user.id:
            return self.env._("Nobody decides in another user's name.")
        if not user.has_group(APPROVER):
            return self.env._("Only an approver decides on proposals; ask for the role if it is yours.")
        return None

    def _refusal(self, started=False, caused=False, others=None):
        """Why the present user may not decide, as a sentence, or None.

        :param bool started: he started the run
        :param bool caused: he changed what was planned with
        :param str others: who was named to decide, where he was not
        """
        if refusal := self._role_refusal():
            return refusal
        if started:
            return self.env._("You started this planning run: another person has to decide on its proposals.")
        if caused:
            return self.env._(
                "You changed something that this proposal was planned with: another person has to decide on it."
            )
        if others is not None:
            return self.env._("The policy names other people to decide on this change: %s.", others)
        return None

    def _deciding_rows(self, ids):
        """What of these proposals concerns the present user: ``[(id, started, caused, others)]``, see `_refusal`."""
        return self.env.execute_query(
            SQL(
                """
                SELECT proposal.id, COALESCE(run.user_id = %(user)s, FALSE), author.user_id IS NOT NULL, %(others)s
                  FROM inventory_proposal proposal
                  JOIN inventory_plan_run run ON run.id = proposal.run_id
                  LEFT JOIN inventory_proposal_author_rel author
                         ON author.proposal_id = proposal.id AND author.user_id = %(user)s
                 WHERE proposal.id = ANY(%(ids)s)
                """,
                user=self.env.uid,
                others=self._others_sql(),
                ids=list(ids),
            )
        )

    def _others_sql(self):
        """Who was named to decide on ``proposal`` where the present user was not; NULL where he may."""
        return SQL(
            """
            CASE WHEN proposal.approvers_named
                  AND NOT EXISTS (SELECT FROM inventory_proposal_approver_rel named
                                   WHERE named.proposal_id = proposal.id AND named.user_id = %(user)s)
                 THEN COALESCE((SELECT string_agg(partner.name, ', ' ORDER BY partner.name)
                                  FROM inventory_proposal_approver_rel rel
                                  JOIN res_users person ON person.id = rel.user_id
                                  JOIN res_partner partner ON partner.id = person.partner_id
                                 WHERE rel.proposal_id = proposal.id), '') END
            """,
            user=self.env.uid,
        )

    def _check_may_decide(self):
        """Four eyes: nobody decides on what he asked for. One query, however many proposals."""
        self._check_refusals(self._deciding_rows)

    def _check_refusals(self, rows):
        """Raise the first refusal, and say which of several proposals it is about.

        :param rows: function of ids: :meth:`_deciding_rows` or :meth:`_rolling_back_rows`
        """
        if refusal := self._role_refusal():
            raise AccessError(refusal)
        refused = [row for row in rows(self.ids) if any(part not in (False, None) for part in row[1:])]
        if not refused:
            return
        refusal = self._refusal(*refused[0][1:])
        if len(self) > 1:
            items = self.browse(sorted(row[0] for row in refused)).item_id
            refusal = self.env._("%(refusal)s Leave out %(items)s.", refusal=refusal, items=self._names(items))
        raise AccessError(refusal)

    def _rolling_back_rows(self, ids):
        """As :meth:`_deciding_rows`, for the values that would go and those that would come back.

        Whoever asked for either would put his own wish in force. What comes back was brought by the last change
        of the item before this one that is still applied. Who was named to decide on a change decides on its end.
        """
        return self.env.execute_query(
            SQL(
                """
                SELECT proposal.id, bool_or(COALESCE(run.user_id = %(user)s, FALSE)),
                       bool_or(author.user_id IS NOT NULL), %(others)s
                  FROM inventory_proposal proposal
                  LEFT JOIN LATERAL (
                       SELECT past.id FROM inventory_proposal past
                        WHERE past.item_id = proposal.item_id AND past.id < proposal.id AND past.state = 'applied'
                        ORDER BY past.id DESC LIMIT 1) before ON TRUE
                  JOIN inventory_proposal part ON part.id IN (proposal.id, before.id)
                  JOIN inventory_plan_run run ON run.id = part.run_id
                  LEFT JOIN inventory_proposal_author_rel author
                         ON author.proposal_id = part.id AND author.user_id = %(user)s
                 WHERE proposal.id = ANY(%(ids)s)
                 GROUP BY proposal.id
                """,
                user=self.env.uid,
                others=self._others_sql(),
                ids=list(ids),
            )
        )

    def _check_may_roll_back(self):
        """Four eyes: an approver who had no part in what goes or comes back. One query, however many proposals."""
        self._check_refusals(self._rolling_back_rows)

    # ------------------------------------------------------------------- lock

    def _lock(self):
        """Lock the proposals, then their items, in id order, and read them afresh.

        Law 3: of two people who decide at once, the second waits here, sees a snapshot from before the first one's
        commit, and is started again by Odoo; the repetition finds the proposals decided.
        """
        self.flush_model()
        self.env["inventory.item"].flush_model([*PARAMETERS, "explanation_data", "base_data"])
        self.env.cr.execute(
            SQL("SELECT id FROM inventory_proposal WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", sorted(self.ids))
        )
        self.env.cr.execute(
            SQL(
                "SELECT id FROM inventory_item WHERE id IN (SELECT item_id FROM inventory_proposal WHERE id = ANY(%s)) "
                "ORDER BY id FOR NO KEY UPDATE",
                sorted(self.ids),
            )
        )
        self.invalidate_model()

    def _expect(self, state):
        """Raise a sentence unless all of these proposals are in this state."""
        if not self:
            raise UserError(self.env._("Select at least one proposal."))
        first = self.search([("id", "in", self.ids), ("state", "!=", state)], limit=1)
        if not first:
            return
        label = dict(self._fields["state"]._description_selection(self.env))[first.state]
        if first.decided_by_id:
            raise UserError(
                self.env._(
                    "%(item)s was already decided by %(user)s: %(state)s.",
                    item=first.display_name,
                    user=first.decided_by_id.sudo().name,
                    state=label,
                )
            )
        raise UserError(self.env._("%(item)s: this proposal is %(state)s.", item=first.display_name, state=label))

    def _changed_since(self, prefix):
        """Items whose parameters in force are not (any longer) those of the proposal.

        :param str prefix: ``old_`` or ``new_``
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT item.id
                  FROM inventory_proposal proposal
                  JOIN inventory_item item ON item.id = proposal.item_id
                 WHERE proposal.id = ANY(%s)
                   AND (%s) IS DISTINCT FROM (%s)
                 ORDER BY item.id
                """,
                self.ids,
                SQL(", ").join(SQL("COALESCE(item.%s, 0)", SQL.identifier(name)) for name in PARAMETERS),
                SQL(", ").join(
                    SQL("COALESCE(proposal.%s, 0)", SQL.identifier(f"{prefix}{name}")) for name in PARAMETERS
                ),
            )
        )
        return self.env["inventory.item"].with_context(active_test=False).browse(row[0] for row in rows)

    # ----------------------------------------------------------------- decide

    def action_apply(self, comment=None):
        """Bring these proposals into force, all of them or none.

        :return: a notification that says how many
        :raise AccessError: the user is no approver, or started the run
        :raise UserError: one of them was decided before, or its item changed since
        """
        self.check_access("read")
        self._lock()
        self._check_may_decide()
        self._expect("waiting")
        if changed := self._changed_since("old_"):
            raise UserError(
                self.env._(
                    "Nothing was applied: the values in force changed since the proposal for %s. Plan again.",
                    self._names(changed),
                )
            )
        approved = self.env["inventory.item"]._base_sql("new_", "proposal", SQL("proposal.policy_ref"), SQL("run"))
        self._put_in_force("new_", SQL("proposal.explanation_data"), approved)
        self._decide("applied", comment)
        self._log_decision("proposal.applied", self.env._("%s applied", self.env.user.name), comment)
        return self._notification(self.env._("%s changes are in force.", len(self)))

    def action_reject(self, comment=None):
        """Refuse these proposals; the values in force stay.

        :param str comment: why; required, so that the planner learns from it
        """
        self.check_access("read")
        if not (comment or "").strip():
            raise UserError(self.env._("Say why, so that the planner can do better next time."))
        self._lock()
        self._check_may_decide()
        self._expect("waiting")
        self._decide("rejected", comment)
        self._log_decision("proposal.rejected", self.env._("%s rejected", self.env.user.name), comment)
        return self._notification(self.env._("%s proposals rejected; the values in force stay.", len(self)), "info")

    def action_roll_back(self, comment=None):
        """Put the values from before these proposals back in force, all of them or none.

        :raise UserError: names the items whose values changed since; nothing is put back then
        """
        self.check_access("read")
        self._lock()
        self._check_may_roll_back()
        self._expect("applied")
        if changed := self._changed_since("new_"):
            raise UserError(
                self.env._(
                    "Nothing was rolled back: the values of %s changed since. Roll back the later change first.",
                    self._names(changed),
                )
            )
        self._put_in_force("old_", SQL("proposal.old_explanation_data"), SQL("proposal.base_data"))
        self._decide("rolled_back", comment)
        self._supersede_waiting()
        self._log_decision("proposal.rolled_back", self.env._("%s rolled back", self.env.user.name), comment)
        return self._notification(self.env._("%s changes were taken back.", len(self)))

    def action_open_reject(self):
        return self._open_dialog("rejected", self.env._("Reject"))

    def action_open_roll_back(self):
        return self._open_dialog("rolled_back", self.env._("Roll back"))

    def _open_dialog(self, decision, title):
        if not self:
            raise UserError(self.env._("Select at least one proposal."))
        wizard = self.env["inventory.proposal.decision"].create(
            {"decision": decision, "proposal_ids": [(6, 0, self.ids)]}
        )
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": wizard._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    # ------------------------------------------------------------------ write

    def _put_in_force(self, prefix, explanation, base):
        """Write the parameters of these proposals to their items, rules and snapshots.

        :param str prefix: ``new_`` or ``old_``
        :param SQL explanation: the explanation that goes with them
        :param SQL base: what automatic changes are measured from after it, see :meth:`inventory.item._base_sql`
        """
        self.env.cr.execute(
            SQL(
                """
                UPDATE inventory_item item
                   SET %(parameters)s, explanation_data = %(explanation)s, base_data = %(base)s,
                       write_date = now() AT TIME ZONE 'UTC', write_uid = %(uid)s
                  FROM inventory_proposal proposal
                  JOIN inventory_plan_run run ON run.id = proposal.run_id
                 WHERE proposal.id = ANY(%(ids)s) AND item.id = proposal.item_id
                """,
                parameters=SQL(", ").join(
                    SQL("%s = proposal.%s", SQL.identifier(name), SQL.identifier(f"{prefix}{name}"))
                    for name in PARAMETERS
                ),
                explanation=explanation,
                base=base,
                uid=self.env.uid,
                ids=self.ids,
            )
        )
        self.env["inventory.item"].invalidate_model()
        items = [
            row[0]
            for row in self.env.execute_query(
                SQL("SELECT item_id FROM inventory_proposal WHERE id = ANY(%s)", self.ids)
            )
        ]
        self.env["inventory.item"].sudo()._in_force_changed(items)

    def _decide(self, state, comment):
        self.env.cr.execute(
            SQL(
                """
                UPDATE inventory_proposal
                   SET state = %s, automatic = automatic AND state = 'applied', decided_by_id = %s, decided_at = %s,
                       comment = %s, write_uid = %s, write_date = now() AT TIME ZONE 'UTC'
                 WHERE id = ANY(%s)
                """,
                state,
                self.env.uid,
                fields.Datetime.now(),
                (comment or "").strip() or None,
                self.env.uid,
                self.ids,
            )
        )
        self.invalidate_model()
        self.env["inventory.plan.run"].invalidate_model()

    def _supersede_waiting(self):
        """What waits for these items was computed against values that are gone."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE inventory_proposal
                   SET state = 'superseded', decided_at = %s
                 WHERE state = 'waiting'
                   AND item_id IN (SELECT item_id FROM inventory_proposal WHERE id = ANY(%s))
                """,
                fields.Datetime.now(),
                self.ids,
            )
        )
        self.invalidate_model()

    # ------------------------------------------------------------------ audit

    def _log_decision(self, event, who, comment):
        """What was decided, item by item, in entries of at most :data:`AUDIT_CHUNK` items."""
        rows = self._audit_rows(SQL("proposal.id = ANY(%s)", self.ids))
        self._log_rows(event, who, rows, self[:1], {"comment": (comment or "").strip() or None})

    def _log_automatic(self, run):
        """What a run applied by itself."""
        rows = self._audit_rows(SQL("proposal.run_id = %s AND proposal.state = 'applied' AND automatic", run.id))
        self._log_rows("plan.applied", run.display_name, rows, run, {})

    def _audit_rows(self, where):
        return [
            row[0]
            for row in self.env.execute_query(
                SQL(
                    """
                    SELECT jsonb_build_object(
                               'proposal', proposal.id, 'run', proposal.run_id, 'item', proposal.item_id,
                               'product', COALESCE(product.default_code || ' ', '')
                                          || COALESCE(template.name ->> 'en_US', ''),
                               'warehouse', warehouse.code, 'reason', proposal.reason,
                               'before', jsonb_build_array(%(old)s), 'after', jsonb_build_array(%(new)s))
                      FROM inventory_proposal proposal
                      JOIN product_product product ON product.id = proposal.product_id
                      JOIN product_template template ON template.id = product.product_tmpl_id
                      JOIN stock_warehouse warehouse ON warehouse.id = proposal.warehouse_id
                     WHERE %(where)s
                     ORDER BY proposal.id
                    """,
                    old=_columns("old_", "proposal"),
                    new=_columns("new_", "proposal"),
                    where=where,
                )
            )
        ]

    def _log_rows(self, event, who, rows, record, data):
        chunks = [rows[start : start + AUDIT_CHUNK] for start in range(0, len(rows), AUDIT_CHUNK)]
        self.env["inventory.audit.entry"]._log_many(
            [
                (
                    event,
                    self.env._("%(who)s: parameters of %(count)s items", who=who, count=len(chunk)),
                    record,
                    {**data, "columns": list(PARAMETERS), "items": chunk},
                )
                for chunk in chunks
            ]
        )
