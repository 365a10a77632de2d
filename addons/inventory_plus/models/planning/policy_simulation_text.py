"""A simulation in words: the headline, the rows before and after, and how the figures came about."""

import numpy as np
from odoo import models
from odoo.tools.misc import formatLang

from ...planning_engine import backtest
from .policy_simulation import SUMS

#: Rows of the comparison: figure of :func:`backtest.total`, and whether more of it is better (None: neither).
ROWS = (
    ("value", None),
    ("fill_rate", True),
    ("cycle_service", True),
    ("stockouts_a_year", False),
    ("orders_a_year", None),
)


class InventoryPolicy(models.Model):
    _inherit = "inventory.policy"

    def _told(self, figures, counts):
        """The simulation for the screen.

        :param figures: two dicts of :meth:`_back_tested`, before and after; none where no item is touched
        :param dict counts: ``items_before``, ``items_after``, ``touched``, ``sample``, ``left_out``,
            ``taken``, ``seconds``
        :return: dict: ``headline``; ``rows`` of (``name``, ``label``, ``before``, ``after``, ``change`` as texts,
            ``good`` True, False or None); ``notes``; ``before``, ``after``: numbers of :func:`backtest.total` for all
            touched items; and the counts
        """
        told = {**counts, "rows": [], "before": {}, "after": {}}
        if not figures:
            headline = self.env._("No item is planned by this policy: nothing changes.")
            if counts["left_out"]:
                headline = self.env._("None of its items can be planned: nothing changes.")
            return {
                **told,
                "headline": headline,
                "notes": [*self._taken_notes(counts), *self._left_out_notes(counts)],
            }
        scale = counts["touched"] / counts["sample"]
        before, after = (self._scaled(backtest.total(found), scale) for found in figures)
        return {
            **told,
            "before": before,
            "after": after,
            "headline": self._headline(figures, before, after),
            "rows": [self._row(name, better, before[name], after[name]) for name, better in ROWS],
            "notes": [
                *self._count_notes(counts),
                *self._taken_notes(counts),
                *self._left_out_notes(counts),
                *self._method_notes(figures, counts),
            ],
        }

    def _scaled(self, total, scale):
        return {name: value * scale if name in SUMS else value for name, value in total.items()}

    # --------------------------------------------------------------- headline

    def _headline(self, figures, before, after):
        """E.g. "95 % of the cycles → 98 % of the cycles: +12,400 in stock, 31 fewer stock-outs a year"."""
        value = after["value"] - before["value"]
        return self.env._(
            "%(before)s → %(after)s: %(value)s in stock, %(stockouts)s",
            before=self._target_words(figures[0]["target"]),
            after=self._target_words(figures[1]["target"]),
            value=self._money(value, sign=True),
            stockouts=self._stockout_words(after["stockouts_a_year"] - before["stockouts_a_year"]),
        )

    def _target_words(self, targets):
        """The one target of all items in words; several are what they are now."""
        distinct = np.unique(targets)
        if len(distinct) > 1:
            return self.env._("several targets")
        kind, value = str(distinct[0]).split(" ")
        return self.env["inventory.item"]._target_text(kind, float(value), self.currency_id)

    def _stockout_words(self, change):
        number = self._count(abs(change))
        if number == self._count(0):
            return self.env._("as many stock-outs")
        if change < 0:
            return self.env._("%s fewer stock-outs a year", number)
        return self.env._("%s more stock-outs a year", number)

    # ------------------------------------------------------------------- rows

    def _row(self, name, better, before, after):
        label, text = {
            "value": (self.env._("Mean stock value"), self._money),
            "fill_rate": (self.env._("Units served at once"), self._percent),
            "cycle_service": (self.env._("Cycles without a stock-out"), self._percent),
            "stockouts_a_year": (self.env._("Stock-outs a year"), self._count),
            "orders_a_year": (self.env._("Orders a year"), self._count),
        }[name]
        change = text(after - before, sign=True)
        moved = change[1:] != text(0, sign=True)[1:]
        good = None if better is None or not moved else (after > before) == better
        return {
            "name": name,
            "label": label,
            "before": text(before),
            "after": text(after),
            "change": change if moved else "",
            "good": good,
        }

    def _money(self, value, sign=False):
        currency = self.currency_id
        digits = 0 if abs(value) >= 1000 else currency.decimal_places
        text = formatLang(self.env, abs(round(value, digits)), digits=digits)
        # A sum is not broken between two lines.
        text = (
            f"{text}\N{NO-BREAK SPACE}{currency.symbol}" if currency.position == "after" else f"{currency.symbol}{text}"
        )
        return self._signed(value, text) if sign else text

    def _percent(self, value, sign=False):
        """A share; what it changes by is in points of percent, not in percent of the share."""
        text = formatLang(self.env, abs(100 * value), digits=1)
        return self._signed(value, self.env._("%s points", text)) if sign else f"{text} %"

    def _count(self, value, sign=False):
        digits = 1 if abs(value) < 10 and abs(value - round(value)) > 0.05 else 0
        text = formatLang(self.env, abs(value), digits=digits)
        return self._signed(value, text) if sign else text

    def _signed(self, value, text):
        return f"−{text}" if value < 0 else f"+{text}"

    # ------------------------------------------------------------------ notes

    def _count_notes(self, counts):
        if counts["items_before"] == counts["items_after"]:
            return [self.env._("For %s items.", self._count(counts["items_after"]))]
        return [
            self.env._(
                "For %(after)s items, %(before)s until now.",
                after=self._count(counts["items_after"]),
                before=self._count(counts["items_before"]),
            )
        ]

    def _taken_notes(self, counts):
        if not counts["taken"]:
            return []
        return [
            self.env._("%s more items match, but a policy before this one plans them.", self._count(counts["taken"]))
        ]

    def _left_out_notes(self, counts):
        """What the nightly plan lists as failures is told here too."""
        number = counts["left_out"]
        if not number:
            return []
        if number == 1:
            return [
                self.env._(
                    "1 item cannot be planned: its lead time is negative. Correct the vendor's lead time; it is left "
                    "out."
                )
            ]
        return [
            self.env._(
                "%s items cannot be planned: their lead times are negative. Correct the vendors' lead times; they are "
                "left out.",
                self._count(number),
            )
        ]

    def _method_notes(self, figures, counts):
        """How the figures came about, and how far they are to be trusted."""
        notes = [
            self.env._(
                "What would have happened in the items' own last year, planned anew every %s weeks from the days "
                "before, with their lead times; customers wait.",
                backtest.EVERY // 7,
            )
        ]
        if counts["sample"] < counts["touched"]:
            difference = figures[1]["value"] - figures[0]["value"]
            share = counts["sample"] / counts["touched"]
            spread = np.nanstd(difference) / np.sqrt(counts["sample"]) * counts["touched"] * np.sqrt(1 - share)
            notes.append(
                self.env._(
                    "Computed on %(sample)s of %(items)s items, drawn at random and scaled up: the difference in stock "
                    "is within %(error)s of what all of them would give, 19 times out of 20.",
                    sample=self._count(counts["sample"]),
                    items=self._count(counts["touched"]),
                    error=self._money(1.96 * spread),
                )
            )
        fresh = int((figures[1]["days"] == 0).sum())
        if fresh:
            notes.append(self.env._("%s of them are too new to be judged by a past year.", self._count(fresh)))
        worthless = int((figures[1]["cost"] <= 0).sum())
        if worthless:
            notes.append(self.env._("%s of them have no cost: their stock counts as nothing.", self._count(worthless)))
        pinned = int(figures[1]["pinned"].sum())
        if pinned:
            notes.append(self.env._("%s of them keep their pinned values.", self._count(pinned)))
        notes.append(
            self.env._("Computed in %s s; nothing was changed.", formatLang(self.env, counts["seconds"], digits=1))
        )
        return notes
