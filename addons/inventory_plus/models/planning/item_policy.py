"""The policy of each item: the first that matches, what it asks for, and why it is that one."""

import logging

import numpy as np
import psycopg2
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_list
from odoo.tools.misc import formatLang

from ..common.item import SEES_MONEY
from .policy import SHARES, TARGETS

_logger = logging.getLogger(__name__)


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    policy_id = fields.Many2one(
        "inventory.policy",
        "Policy",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The first policy that matched at the last planning. None: the company's settings count.",
    )
    policy_data = fields.Json("Policy Record", readonly=True, help="What of the policy's segment matched.")
    policy_reason = fields.Char("Why This Policy", compute="_compute_policy_reason")
    target = fields.Selection(TARGETS, readonly=True, help="What the safety stock is made to reach.")
    target_value = fields.Float(
        readonly=True,
        aggregator=None,
        groups=SEES_MONEY,
        help="Percent, money per missing unit, days, units, or factor, by the target.",
    )
    target_text = fields.Char(
        "Planned for", compute="_compute_target_text", compute_sudo=True, help="The target that was used."
    )

    # ---------------------------------------------------------------- display

    @api.depends("policy_id", "policy_data", "plan_date", "abc", "xyz", "categ_id", "warehouse_id")
    @api.depends_context("lang")
    def _compute_policy_reason(self):
        for item in self:
            item.policy_reason = item._policy_sentence(item.policy_data) if item.plan_date else False

    def _policy_sentence(self, data):
        """Why the policy applies, in the reader's language.

        :param dict data: as stored in ``policy_data``; None where no policy matched
        """
        if not data:
            return self.env._("No policy matches this item: the company's settings count.")
        item = self.sudo()
        matched = [
            data.get("categories") and self.env._("category “%s”", item.categ_id.display_name),
            data.get("warehouses") and self.env._("warehouse “%s”", item.warehouse_id.display_name),
            data.get("abc") and self.env._("class %s", item.abc),
            data.get("xyz") and self.env._("class %s", item.xyz),
            data.get("condition") and self.env._("its condition"),
        ]
        matched = format_list(self.env, [part for part in matched if part])
        names = {"policy": data.get("name"), "next": data.get("next"), "matched": matched}
        if matched and data.get("next"):
            return self.env._("“%(policy)s” matches %(matched)s; it comes before “%(next)s”.", **names)
        if matched:
            return self.env._("“%(policy)s” matches %(matched)s; no other policy does.", **names)
        if data.get("next"):
            return self.env._("“%(policy)s” is for all items; it comes before “%(next)s”.", **names)
        return self.env._("“%(policy)s” is for all items; no other policy matches.", **names)

    @api.depends("target", "target_value", "company_id")
    @api.depends_context("lang", "uid")
    def _compute_target_text(self):
        for item in self:
            currency = item.company_id.sudo().currency_id
            item.target_text = item.target and self._target_text(item.target, item.target_value, currency)

    @api.model
    def _target_text(self, target, value, currency):
        """A target in a few words.

        :param str target: one of :data:`TARGETS`
        :param float value: percent, money, days, units or factor
        :param currency: of money
        """
        if target == "cost" and not self.env.user.has_groups(SEES_MONEY):
            return self.env._("Cost of a missing unit")
        if target == "cost":
            return self.env._("%s per missing unit", formatLang(self.env, value, currency_obj=currency))
        text = formatLang(self.env, value, digits=0 if value == round(value) else 2)
        return {
            "cycle": lambda: self.env._("%s %% of the cycles", text),
            "fill": lambda: self.env._("%s %% of the units", text),
            "days": lambda: self.env._("%s days of stock", text),
            "fixed": lambda: self.env._("%s units", text),
            "maximum": lambda: self.env._("largest month × %s", text),
        }[target]()

    # --------------------------------------------------------------- matching

    @api.model
    def _policies(self, company):
        """Active policies of a company, in the order of their precedence."""
        return self.env["inventory.policy"].sudo().search([("company_id", "=", company.id)])

    @api.model
    def _find_policies(self, policies, batch, note=True):
        """Which items each policy was made for, classes aside: one search a policy, however many items.

        A policy that cannot be evaluated matches nothing: its items fall to the next, and the failure is listed.

        :param policies: records in the order of their precedence
        :param batch: dict of arrays of :meth:`_read_profiles`
        :param note: False writes nothing
        :return: array of booleans, shape (n, number of policies)
        """
        found = np.zeros((batch["id"].size, len(policies)), bool)
        for number, policy in enumerate(policies):
            message = None
            try:
                found[:, number] = policy._found(batch)
            except psycopg2.OperationalError:
                raise  # a lost race or a cancelled statement is no property of the policy
            except UserError as error:
                message = str(error)
            except Exception as error:
                message = policy._not_a_filter(error)
            if note:
                self._note_policy(policy, message)
        return found

    @api.model
    def _note_policy(self, policy, message):
        """Remember on the policy, and on the run, why it was left out; forget it once it works again."""
        if (policy.error or None) != message:
            # Not by write: who changed a policy, and when, is asked for where its proposals are decided on.
            self.env.cr.execute(SQL("UPDATE inventory_policy SET error = %s WHERE id = %s", message, policy.id))
            policy.invalidate_recordset(["error"])
        if message:
            _logger.warning("Planning: %s", message)
            self.env["inventory.plan.run"]._note_failure(policy, message)

    @api.model
    def _read_policies(self, company, batch, policies=None):
        """What is asked of each item of a batch.

        :param batch: dict of arrays of :meth:`_read_profiles`, with ``abc`` and ``xyz`` of this plan, and
            ``policy_found`` from :meth:`_find_policies`
        :param policies: the records that ``policy_found`` stands for; default the company's
        :return: dict of arrays (n,): ``policy``, ``policy_next`` (id, 0 for none), ``target``, ``target_value`` (as the
            engine wants it: shares 0..1), ``target_shown`` (as people write it), ``review``, ``cycle_days``,
            ``least_units``, ``most_units``, ``least_days``, ``most_days`` (nan for none), ``auto_percent``,
            ``auto_value`` (infinite: everything applies by itself; -1: nothing does; value 0: no limit by value),
            ``trigger``
        """
        policies = self._policies(company) if policies is None else policies
        found = batch.get("policy_found")
        first, second = self._rank_policies(
            policies, self._find_policies(policies, batch) if found is None else found, batch
        )
        ids = np.array([0, *(policy._origin.id or 0 for policy in policies)], np.int32)
        asked = [self._company_targets(company), *(self._policy_targets(policy) for policy in policies)]
        return {
            "policy": ids[first],
            "policy_next": ids[second],
            **{name: np.array([row[name] for row in asked])[first] for name in asked[0]},
        }

    @api.model
    def _rank_policies(self, policies, found, batch):
        """The first and the second policy that matches each item.

        :param found: array of booleans, shape (n, number of policies), of :meth:`_find_policies`
        :return: two arrays (n,) of positions in ``policies`` from 1 on, 0 for none
        """
        first, second = np.zeros((2, batch["id"].size), int)
        for number, policy in enumerate(policies, 1):
            matches = found[:, number - 1] & policy._in_classes(batch)
            second[matches & (first > 0) & (second == 0)] = number
            first[matches & (first == 0)] = number
        return first, second

    @api.model
    def _company_targets(self, company):
        """What is asked of an item that no policy matches."""
        percent, value = self.env["inventory.policy"]._company_limits(company)
        none = float("nan")
        return {
            "target": "cycle",
            "target_value": company.inventory_service_target / 100,
            "target_shown": company.inventory_service_target,
            "review": company.inventory_review_days,
            "cycle_days": company.inventory_cycle_days,
            "least_units": none,
            "most_units": none,
            "least_days": none,
            "most_days": none,
            "auto_percent": percent,
            "auto_value": value,
            "trigger": "manual",
        }

    @api.model
    def _policy_targets(self, policy):
        """What a policy asks of its items."""
        shown = policy._target_value()
        limits = {
            "limits": (policy.auto_percent, policy.auto_value),
            "always": (-1.0, -1.0),
            "never": (float("inf"), float("inf")),
        }[policy.approval]
        return {
            "target": policy.target,
            "target_value": shown / 100 if policy.target in SHARES else shown,
            "target_shown": shown,
            "review": policy.review_days,
            "cycle_days": policy.cycle_days,
            **{name: policy[name] or float("nan") for name in ("least_units", "most_units", "least_days", "most_days")},
            "auto_percent": limits[0],
            "auto_value": limits[1],
            "trigger": policy.trigger,
        }

    @api.model
    def _policy_reasons(self, company):
        """What decided, by policy: ``{id as text: dict}`` for :attr:`policy_data`, names for what comes next."""
        return {str(policy.id): policy._matched_by() for policy in self._policies(company)}
