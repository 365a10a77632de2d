"""Applying what was approved: whole up to 500 lines, above that in parts of 500, each line once."""

import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL
from psycopg2 import DataError, IntegrityError

from ...exceptions import NetError
from .adjustment_terms import KEY

_logger = logging.getLogger(__name__)

#: Lines that are applied with the decision, all of them or none.
WHOLE = 500
#: Lines of one part of a larger adjustment; each part is a transaction of its own.
PART = 500
TOLD = 5  # lines named in a message
MOVED = ("difference", "counted", "refuse")


class InventoryAdjustment(models.Model):
    _inherit = "inventory.adjustment"

    apply_stalled = fields.Boolean(compute="_compute_apply_stalled")

    @api.depends("apply_state")
    def _compute_apply_stalled(self):
        """Lines wait and no job is under way that would apply them."""
        at_work = self.filtered(lambda adjustment: adjustment.apply_state in ("waiting", "applying"))
        jobs = (
            self.env["queue.job"]
            .sudo()
            .search(
                [
                    ("identity_key", "in", [adjustment._apply_key() for adjustment in at_work]),
                    ("state", "in", ("wait_dependencies", "pending", "enqueued", "started")),
                ]
            )
            .mapped("identity_key")
        )
        for adjustment in self:
            adjustment.apply_stalled = adjustment in at_work and adjustment._apply_key() not in jobs

    # ----------------------------------------------------------------- decision

    def action_approve(self, comment=None, moved="difference"):
        """Approve and apply: up to 500 lines in this transaction, more of them by jobs.

        :param str moved: what to do where stock moved since the count. ``difference`` (default) applies counted minus
            book to what is there now, which is right when goods moved after the count; ``counted`` sets the counted
            quantity, which is right when the count took place after the movements; ``refuse`` applies nothing there
            and names the lines.
        """
        if moved not in MOVED:
            raise UserError(self.env._("Stock that moved is refused, or its difference or counted quantity applied."))
        # By context, because it is no secret and no right: whoever may approve may choose, nobody else gets there.
        return super(InventoryAdjustment, self.with_context(inventory_moved=moved)).action_approve(comment)

    def _approval_apply(self):
        """Bring the quants to the approved quantities by inventory moves, or begin with it."""
        lines = self.line_ids.sudo().with_company(self.company_id)
        moved = self.env.context.get("inventory_moved")
        lines._set_system({"moved": moved if moved in MOVED else "difference"})
        self._note_effects()
        if len(lines) <= WHOLE:
            self._apply_whole(lines)
            self._approval_set({"apply_state": "applied", "applied_at": fields.Datetime.now()})
            return
        if moved == "refuse":
            lines._raise_refusals(lines._book_now())
        self._approval_set({"apply_state": "waiting"})
        self._enqueue_apply()

    def _apply_whole(self, lines):
        self._lock_quants(lines)
        now = lines._book_now()
        lines._raise_refusals(now)
        self._apply_permitted(lines, lines._changes(now))

    def _apply_permitted(self, lines, changes):
        """The one place at which an approved adjustment changes stock.

        :param lines: locked, and free of refusals
        :param dict changes: ``{key of the line: signed quantity in the product's unit}``, all that may change
        """
        lines._apply(changes)

    def _lock_quants(self, lines):
        """Wait for everybody who is changing these quants (law 1: the same order as native work)."""
        self.env["stock.quant"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT quant.id
                  FROM stock_quant quant
                  JOIN (SELECT DISTINCT product_id, location_id FROM inventory_adjustment_line
                         WHERE id = ANY(%s)) line USING (product_id, location_id)
                 ORDER BY quant.product_id, quant.location_id, quant.id
                   FOR NO KEY UPDATE OF quant
                """,
                lines.ids,
            )
        )
        self.env["stock.quant"].invalidate_model()

    # -------------------------------------------------------------------- parts

    def _apply_key(self):
        return f"inventory.adjustment.apply.{self.id}"

    def _enqueue_apply(self):
        self.env["inventory.job"]._enqueue(
            self.sudo(),
            "_job_apply",
            description=self.env._("Apply %s", self.name),
            identity_key=self._apply_key(),
        )

    def _job_apply(self):
        """Apply the next part; while lines are left, the job for the part after it is made in the job's transaction.

        A process killed in a part leaves nothing of it. Killed between the part's commit and the job's, the job runs
        again and finds the next lines: a line that is applied waits no more.
        """
        self.ensure_one()
        if self.env["inventory.job"]._retrying(lambda env: env[self._name].browse(self.id)._apply_part()):
            self._enqueue_apply()

    def _apply_part(self):
        """Apply up to :data:`PART` waiting lines; return how many still wait."""
        if not self._lock_application():
            return 0
        lines = self.env["inventory.adjustment.line"].sudo().with_company(self.company_id)
        waiting = [("adjustment_id", "=", self.id), ("state", "=", "waiting")]
        part = lines.search(waiting, limit=PART, order="product_id, location_id, id")
        if part:
            self._approval_set({"apply_state": "applying"})
            self._lock_quants(part)
            now = part._book_now()
            refusals = part._refusals(now)
            part.filtered(refusals.get)._fail(refusals)
            self._apply_each(part.filtered(lambda line: line not in refusals), now)
        left = lines.search_count(waiting)
        if not left:
            self._end_application()
        return left

    def _lock_application(self):
        """Wait for another who applies this document; whether it is approved and has lines left to apply.

        Who waited looks at a snapshot from before: PostgreSQL reports that, and the part begins again.
        """
        self.env.cr.execute("SELECT id FROM inventory_adjustment WHERE id = %s FOR NO KEY UPDATE", [self.id])
        self.invalidate_recordset()
        return self.exists() and self.approval_state == "approved" and self.apply_state in ("waiting", "applying")

    def _apply_each(self, lines, now):
        """Apply lines together; where that is refused, halve them until those that are refused stand alone."""
        if not lines:
            return
        try:
            with self.env.cr.savepoint():
                self._apply_permitted(lines, lines._changes(now))
                self.env.flush_all()
        except NetError:
            raise  # somebody was faster; the whole part is tried again
        except (UserError, IntegrityError, DataError) as error:
            if len(lines) == 1:
                _logger.info("%s: line %s is not applied: %s", self.name, lines.id, error)
                lines._fail({lines: str(error)})
                return
            middle = len(lines) // 2
            self._apply_each(lines[:middle], now)
            self._apply_each(lines[middle:], now)

    def _end_application(self):
        self.invalidate_recordset(["failed_count", "applied_count"])
        failed = self.failed_count
        self._approval_set({"apply_state": "partly" if failed else "applied", "applied_at": fields.Datetime.now()})
        text = self.env._("%(applied)s lines applied", applied=self.applied_count)
        if failed:
            text = self.env._(
                "%(applied)s lines applied, %(failed)s could not be; they say why",
                applied=self.applied_count,
                failed=failed,
            )
        self._approval_log("ended", text, {"applied": self.applied_count, "failed": failed})
        self._approval_tell_requester(text)

    def action_apply_rest(self):
        """Try again what could not be applied, and go on with what waits: nothing new is decided by that."""
        self.check_access("read")
        user = self.env.user
        if not (user.has_group("inventory_plus.group_operator") or user.has_group("inventory_plus.group_approver")):
            raise AccessError(self.env._("Operators and approvers have the rest of an adjustment applied."))
        for adjustment in self:
            self.env.cr.execute("SELECT id FROM inventory_adjustment WHERE id = %s FOR NO KEY UPDATE", [adjustment.id])
            adjustment.invalidate_recordset()
            if adjustment.state not in ("approved", "applying", "partly"):
                raise UserError(self.env._("%s has nothing left to apply.", adjustment.name))
            failed = adjustment.line_ids.sudo().filtered(lambda line: line.state == "failed")
            if failed:
                failed._set_system({"state": "waiting", "failure": False})
                adjustment._approval_log("retried", self.env._("%s lines are tried again", len(failed)))
            adjustment._approval_set({"apply_state": "waiting" if adjustment.state == "approved" else "applying"})
            adjustment._enqueue_apply()
        return True

    def action_open_failed(self):
        """The lines that could not be applied, with the reasons."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Not applied: %s", self.name),
            "res_model": "inventory.adjustment.line",
            "view_mode": "list,kanban",
            "domain": [("adjustment_id", "=", self.id), ("state", "=", "failed")],
            "context": {"create": False},
        }


class InventoryAdjustmentLine(models.Model):
    _inherit = "inventory.adjustment.line"

    # ------------------------------------------------------------------ refusal

    def _change(self, now):
        """By how much the stock is to change, in the product's unit."""
        return self._counted() - now if self.moved == "counted" else self.difference

    def _changes(self, now):
        """``{key: signed quantity}`` of these lines; ``now``: on hand by key."""
        return {line._key(): line.product_id.uom_id.round(line._change(now.get(line._key(), 0.0))) for line in self}

    def _refusals(self, now):
        """``{line: sentence}`` of the lines that cannot be applied to what is there now."""
        found = {}
        for line in self:
            unit, here = line.product_id.uom_id, now.get(line._key(), 0.0)
            if line.moved == "refuse" and unit.compare(here, line.book_quantity) != 0:
                found[line] = self.env._(
                    "%(product)s in %(location)s: %(book)s then, %(now)s now",
                    product=line.product_id.display_name,
                    location=line.location_id.display_name,
                    book=line.book_quantity,
                    now=here,
                )
            elif unit.compare(here + line._change(here), min(here, 0)) < 0:
                found[line] = self.env._(
                    "The difference would leave less than nothing of %(product)s in %(location)s: count it again.",
                    product=line.product_id.display_name,
                    location=line.location_id.display_name,
                )
        return found

    def _raise_refusals(self, now):
        """Refuse all of them if one cannot be applied."""
        refusals = self._refusals(now)
        if not refusals:
            return
        if any(line.moved != "refuse" for line in refusals):
            raise UserError(next(text for line, text in refusals.items() if line.moved != "refuse"))
        raise UserError(
            self.env._(
                "Stock moved since approval was asked for, nothing was applied:\n%(lines)s\n"
                "Approve with a choice (counted difference, or counted quantity), or have it counted again.",
                lines="\n".join(list(refusals.values())[:TOLD]),
            )
        )

    def _fail(self, reasons):
        """Keep why these lines were not applied."""
        self._note({"state": ["failed"] * len(self), "failure": [reasons[line] for line in self]})
        self.env["inventory.audit.entry"]._log_many(
            [
                ("adjustment.failed", f"{line.adjustment_id.name}: {reasons[line]}", line.adjustment_id, None)
                for line in self
            ]
        )

    # -------------------------------------------------------------------- apply

    def _apply(self, changes):
        """Change the quants of one adjustment by core's inventory moves; note each line's before and after.

        :param changes: answer of :meth:`_changes`
        """
        quants, entries = self.env["stock.quant"], []
        before = self._book_now()
        moving = self.filtered(lambda line: not line.product_id.uom_id.is_zero(changes[line._key()]))
        existing = moving._quants_by_key()
        missing = moving.filtered(lambda line: line._key() not in existing)
        if missing:
            # An empty quant to count on; core clears it away if it stays empty.
            created = quants.create([{name: line[name].id for name in KEY} for line in missing])
            existing.update(zip((line._key() for line in missing), created, strict=True))
        for line in moving:
            quant = existing[line._key()]
            quant.inventory_quantity = quant.quantity + changes[line._key()]
            quants |= quant
        adjustment = self.adjustment_id
        if quants:
            name = f"{adjustment.name}: {adjustment.reason}"
            allowed = {line._key(): changes[line._key()] for line in moving}
            with self.env["inventory.permit"]._granted(adjustment, allowed) as env:
                quants.with_env(env).with_context(inventory_name=name)._apply_inventory()
        for line in self:
            here = before.get(line._key(), 0.0)
            entries.append(line._audit_entry(here, here + changes[line._key()]))
        self._note(
            {
                "applied_quantity": [changes[line._key()] for line in self],
                "state": ["applied"] * len(self),
                "failure": [None] * len(self),
            }
        )
        self.env["inventory.audit.entry"]._log_many(entries)

    def _quants_by_key(self):
        """One quant of each key; of several (core makes them under concurrency) the largest."""
        found = {}
        for quant in self.env["stock.quant"].search(
            [("product_id", "in", self.product_id.ids), ("location_id", "in", self.location_id.ids)]
        ):
            key = tuple(quant[name].id for name in KEY)
            if key not in found or found[key].quantity < quant.quantity:
                found[key] = quant
        return found

    def _audit_entry(self, before, after):
        product = self.product_id
        adjustment = self.adjustment_id
        return (
            "adjustment.applied",
            self.env._(
                "%(name)s: %(product)s in %(location)s from %(before)s to %(after)s %(unit)s",
                name=adjustment.name,
                product=product.display_name,
                location=self.location_id.display_name,
                before=before,
                after=after,
                unit=product.uom_id.name,
            ),
            adjustment,
            {
                "product": [product.id, product.display_name],
                "location": [self.location_id.id, self.location_id.complete_name],
                "lot": self.lot_id.name or None,
                "package": self.package_id.name or None,
                "owner": self.owner_id.name or None,
                "book": self.book_quantity,
                "book of": str(self.book_at or ""),
                "counted": self._counted(),
                "before": before,
                "after": after,
                "value": self.value,
                "moved": self.moved or None,
                "reason": self.reason or adjustment.reason,
                "reason code": (self.reason_id or adjustment.reason_id).code or None,
                "root cause": self.root_cause or self.reason_id.root_cause or adjustment.root_cause or None,
                "requested by": adjustment.requester_id.login,
                "approved by": adjustment.approver_id.login,
            },
        )
