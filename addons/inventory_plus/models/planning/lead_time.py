"""Lead times that dates can be counted with."""

from odoo import models

#: Days. A longer lead time is a slip of the pen: the planning counts with this one and says so in the explanation,
#: dates on Odoo's replenishment screen stay within it, and nothing is bought by such a vendor line.
MOST_LEAD_DAYS = 3650


class StockRule(models.Model):
    _inherit = "stock.rule"

    def _get_lead_days(self, product, **values):
        """Odoo adds these days to a date, which ends with the year 9999."""
        delays, description = super()._get_lead_days(product, **values)
        for name, days in delays.items():
            # In this order what is no number is bounded too.
            delays[name] = max(-MOST_LEAD_DAYS, min(MOST_LEAD_DAYS, days))
        return delays, description
