"""A new company sells from the first day: it gets its back office channel."""

from odoo import api, models


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        # One at a time: companies are few, and each has one.
        for company in companies.sudo():
            company.env["inventory.channel"]._make_back_office(company)
        return companies
