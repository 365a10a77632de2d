"""A client's promise becomes a delivery: the order that it was made for takes it over when it is confirmed."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...exceptions import GuardError
from ..common.guard_state import DUST
from .held import Held
from .request_text import is_text
from .reservation_request import LONGEST_KEY


class SaleOrder(models.Model):
    _inherit = "sale.order"

    inventory_promise_key = fields.Char(
        "Client's Key",
        copy=False,
        groups="base.group_user",
        help="The key of a promise of the order's channel. The order takes the promise over when it is confirmed: its "
        "goods are those that were promised, and what it does not ask for is free again.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._inventory_check_key(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._inventory_check_key(vals)
        return super().write(vals)

    @api.model
    def _inventory_check_key(self, vals):
        key = vals.get("inventory_promise_key")
        if key and (not is_text(key) or len(key) > LONGEST_KEY):
            raise UserError(self.env._("A key is a text of 1 to %(most)s characters.", most=LONGEST_KEY))

    def _inventory_take_over(self, channel):
        """Make the promise that the order names its own, in the running transaction.

        From here on it is kept in step with the order's moves like any other (``keeper.py``); its row is locked, so
        that nobody releases it or lets it expire meanwhile.

        :return: :class:`Held`, of nothing where the order names none
        :raise GuardError: there is no such promise, or not for this order
        """
        self.ensure_one()
        if not self.inventory_promise_key:
            return Held()
        document = (self._name, self.id)
        number = self._inventory_promise(channel, document)
        if number:
            self._inventory_make_own(number)
        state = self.env["inventory.grant"]._state()
        state.changed = True
        # Also where nothing of it is ordered: then it is given back.
        state.documents.add(document)
        state.loaded.discard(document)
        keeper = self.env["inventory.keeper"]
        at_hand = {item: quantity for (_document, item), quantity in sorted(keeper._open({document}).items())}
        coming = {
            item: quantity - at_hand.get(item, 0.0)
            for (_document, item), quantity in sorted(keeper._open({document}, incoming=True).items())
            if quantity - at_hand.get(item, 0.0) > DUST
        }
        return Held(at_hand, coming)

    def _inventory_promise(self, channel, document):
        """Lock the promise and see that the order may have it; its id, or None where it is the order's already."""
        key = self.inventory_promise_key
        self.env["inventory.reservation"].flush_model()
        self.env.cr.execute(
            SQL(
                "SELECT id, res_model, res_id, state,"
                " state = 'soft' AND expires_at <= clock_timestamp() AT TIME ZONE 'UTC',"
                " EXISTS (SELECT FROM inventory_reservation own WHERE own.res_model = %s AND own.res_id = %s"
                " AND own.state IN ('soft', 'firm', 'fulfilled'))"
                " FROM inventory_reservation WHERE channel_id = %s AND key = %s FOR NO KEY UPDATE",
                *document,
                channel.id,
                key,
            ),
            log_exceptions=False,
        )
        row = self.env.cr.fetchone()
        if not row:
            raise GuardError(
                self.env._(
                    "There is no promise with the key %(key)s in the channel %(channel)s.",
                    key=key,
                    channel=channel.display_name,
                )
            )
        number, model, owner, state, is_over, has_own = row
        if (model, owner) == document:
            return None
        if owner:
            name = self.env[model].sudo().browse(owner).exists().display_name or f"{model},{owner}"
            raise GuardError(
                self.env._("%(document)s has taken over the promise %(key)s already.", document=name, key=key)
            )
        if is_over or state not in ("soft", "firm"):
            state = self.env["inventory.promise"]._state_name("expired" if is_over else state)
            raise GuardError(
                self.env._(
                    "%(order)s cannot take over the promise %(key)s: it is %(state)s.",
                    order=self.name,
                    key=key,
                    state=state,
                )
            )
        if has_own:
            raise GuardError(
                self.env._(
                    "%(order)s has a promise of its own already; the promise %(key)s needs another order.",
                    order=self.name,
                    key=key,
                )
            )
        return number

    def _inventory_make_own(self, number):
        self.env.cr.execute(
            SQL(
                """
                WITH taken AS (
                    UPDATE inventory_reservation
                       SET res_model = %(model)s, res_id = %(order)s, state = 'firm', expires_at = NULL,
                           reference = COALESCE(reference, %(name)s),
                           write_date = now() AT TIME ZONE 'UTC', write_uid = %(uid)s
                     WHERE id = %(id)s
                )
                INSERT INTO inventory_reservation_event (reservation_id, at, user_id, event, reason)
                VALUES (%(id)s, now() AT TIME ZONE 'UTC', %(uid)s, 'taken over', %(name)s)
                """,
                model=self._name,
                order=self.id,
                name=self.name,
                uid=self.env.uid,
                id=number,
            ),
            log_exceptions=False,
        )
        for model in ("inventory.reservation", "inventory.reservation.line", "inventory.reservation.event"):
            self.env[model].invalidate_model()
