"""Orders whose goods are reserved in the background: the confirmation only promises them, which is quick under load.

Should the job never run, Odoo's scheduler reserves what waits, as it does with all moves; until then it stays promised.
"""

from odoo import fields, models
from odoo.addons.queue_job.utils import must_run_without_delay


class Later:
    """Moves that a job reserves; an object that no client can send.

    One is no other, whatever they hold: environments whose contexts are equal are one and the same.
    """

    __slots__ = ("moves",)

    def __init__(self):
        self.moves = set()


class ResCompany(models.Model):
    _inherit = "res.company"

    inventory_assign_later = fields.Boolean(
        "Reserve Orders in the Background",
        help="Confirming an order promises its goods at once and has them reserved by a job a moment later. Nobody "
        "else can get them meanwhile, and people who confirm orders of the same goods do not wait for each other.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    inventory_assign_later = fields.Boolean(related="company_id.inventory_assign_later", readonly=False)


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _action_confirm(self):
        later = self.filtered(lambda order: order.company_id.inventory_assign_later)
        # A job that runs inside this transaction would not see what it shall reserve.
        if not later or not self.env["inventory.lock"]._is_on() or must_run_without_delay(self.env):
            return super()._action_confirm()
        waiting = Later()
        result = super(SaleOrder, self.with_context(inventory_assign_later=waiting))._action_confirm()
        if waiting.moves:
            self.env["inventory.job"]._enqueue(
                self.env["stock.move"].sudo().browse(sorted(waiting.moves)),
                "_inventory_assign_now",
                description=self.env._("Reserve the goods of %s", ", ".join(later[:5].mapped("name"))),
            )
        return result


class StockMove(models.Model):
    _inherit = "stock.move"

    def _should_assign_at_confirm(self):
        answer = super()._should_assign_at_confirm()
        later = self.env.context.get("inventory_assign_later")
        if not answer or not isinstance(later, Later) or not self.company_id.inventory_assign_later:
            return answer
        # What has not to be reserved, such as goods that a vendor sends, is not put off.
        if self._should_bypass_reservation():
            return answer
        later.moves.add(self.id)
        return False

    def _inventory_assign_now(self):
        """Reserve what was put off, of what is still there and waits; repeated alone when it loses a race."""
        numbers = self.ids
        self.env["inventory.job"]._retrying(
            lambda env: (
                env["stock.move"]
                .sudo()
                .browse(numbers)
                .exists()
                .filtered(lambda move: move.state in ("confirmed", "partially_available"))
                ._action_assign()
            )
        )
