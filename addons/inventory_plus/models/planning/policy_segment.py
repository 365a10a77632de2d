"""Which items a policy is for: found for all items of a run at once."""

import numpy as np
from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..common import condition


class InventoryPolicy(models.Model):
    _inherit = "inventory.policy"

    # -------------------------------------------------------------- condition

    @api.constrains("domain", "company_id")
    def _check_domain(self):
        """Refuse what cannot be searched for, and what its author may not see: a policy must not leak (law 10)."""
        for policy in self:
            message = policy._domain_error()
            if message:
                raise ValidationError(message)

    def _domain_error(self):
        """A sentence about a condition that the current user cannot use, or None.

        In a company that is not the user's the record rule refuses him anyway.
        """
        if self.company_id not in self.env.user.sudo().company_ids:
            return None
        # Constraints run as superuser; who writes the condition is asked about what he may see.
        model = self.env["inventory.item"].with_user(self.env.user)
        model = model.with_context(allowed_company_ids=self.company_id.ids)
        try:
            with self.env.cr.savepoint(flush=False):
                # The database is the only judge of a condition; one look-up a policy, when a person saves one.
                model.search(self._condition(), limit=1)
        except UserError as error:
            return self.env._(
                "The condition of policy “%(policy)s” cannot be used: %(error)s", policy=self.name, error=error
            )
        except Exception as error:
            return self._not_a_filter(error)
        return None

    def _not_a_filter(self, error):
        return self.env._(
            "The condition of policy “%(policy)s” is not a filter on items: %(error)s",
            policy=self.name,
            error=condition.first_line(error),
        )

    def _has_condition(self):
        """Whether the condition restricts anything; one that cannot be read does."""
        try:
            return not self._condition().is_true()
        except Exception:
            return True

    def _condition(self):
        """The condition as a :class:`Domain`; only literals are read, no code runs.

        :raise ValueError: if it is none
        """
        return condition.read(self.env, self.sudo().domain)

    def _looks_elsewhere(self):
        """Whether the condition reads more than the columns of the items themselves."""
        return condition.looks_elsewhere(self.env["inventory.item"], self._condition())

    def _judged(self):
        """The items as the condition has to read them (law 10).

        Own columns are read for all items of the company. Over a relation the superuser would find prices and
        people of other companies, and the policy of an item would tell: there the condition sees what its author may
        see, in the policy's company alone. One that was never saved, or not as it stands, is its user's.

        :raise UserError: when the author may not look at all of the company
        """
        model = self.env["inventory.item"].with_context(allowed_company_ids=self.company_id.ids)
        saved = self._origin.sudo()
        if not saved or (saved.domain, saved.company_id) != (self.sudo().domain, self.company_id):
            return model
        if not self._looks_elsewhere():
            return model.sudo()
        author = self.condition_user_id or self.write_uid
        if author.id == SUPERUSER_ID:
            return model.sudo()
        if self.company_id not in author.sudo().company_ids:
            raise UserError(
                self.env._(
                    "The condition of policy “%(policy)s” looks at related records, and %(user)s, who wrote it, does "
                    "not work in %(company)s. Somebody who does has to write it again.",
                    policy=self.name,
                    user=author.sudo().name,
                    company=self.company_id.name,
                )
            )
        return model.with_user(author)

    # --------------------------------------------------------------- matching

    def _found(self, batch):
        """Which items of a batch meet the criteria that are known before they are planned: all but the classes.

        :param batch: dict of arrays with ``id``, ``warehouse``
        :return: array of booleans, shape (n,)
        :raise Exception: whatever a search makes of a broken condition; the transaction stays usable
        """
        matches = np.ones(batch["id"].size, bool)
        if self.warehouse_ids:
            matches &= np.isin(batch["warehouse"], self.warehouse_ids.ids)
        domain = self._condition()
        if self.categ_ids:
            domain &= Domain("categ_id", "child_of", self.categ_ids.ids)
        if not domain.is_true() and matches.any():
            # Archived items are planned as well; the condition may still ask for either.
            domain &= Domain("active", "in", [True, False]) & Domain("id", "in", batch["id"][matches].tolist())
            judged = self._judged()
            with self.env.cr.savepoint(flush=False):
                found = judged.search(domain, order="id").ids
            matches &= np.isin(batch["id"], found)
        return matches

    def _in_classes(self, batch):
        """Which items of a batch are of the segment's classes; ``abc`` and ``xyz`` are those being planned."""
        matches = np.ones(batch["id"].size, bool)
        for scheme, chosen in zip(("abc", "xyz"), self._classes(), strict=True):
            if chosen:
                matches &= np.isin(batch[scheme], chosen)
        return matches

    def _matched_by(self):
        """What of an item's description decided, for the explanation: a dict that JSON holds."""
        policy = self.sudo()
        abc, xyz = policy._classes()
        return {
            "name": policy.name,
            "categories": bool(policy.categ_ids),
            "warehouses": bool(policy.warehouse_ids),
            "abc": bool(abc),
            "xyz": bool(xyz),
            "condition": policy._has_condition(),
        }
