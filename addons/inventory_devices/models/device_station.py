"""The station: the place in the warehouse whose open page shows what its devices say."""

from odoo import api, fields, models

CHANNEL_PREFIX = "inventory_devices.station_"
FEED_LENGTH = 50


class InventoryDeviceStation(models.Model):
    """A bench, gate or packing table with devices; its record is the bus channel of its page."""

    _name = "inventory.device.station"
    _inherit = ["bus.listener.mixin"]
    _description = "Device Station"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    warehouse_id = fields.Many2one("stock.warehouse", check_company=True)
    agent_ids = fields.One2many("inventory.device.agent", "station_id", string="Agents")
    agent_count = fields.Integer(compute="_compute_agent_count")

    _name_unique = models.UniqueIndex("(company_id, name)", "A station with this name exists already.")

    @api.depends("agent_ids")
    def _compute_agent_count(self):
        counts = dict(
            self.env["inventory.device.agent"]._read_group(
                [("station_id", "in", self.ids)], ["station_id"], ["__count"]
            )
        )
        for station in self:
            station.agent_count = counts.get(station, 0)

    def action_open_page(self):
        """Open the live page of this station."""
        self.ensure_one()
        return {
            "type": "ir.actions.client",
            "tag": "inventory_devices.station",
            "name": self.name,
            "params": {"station_id": self.id},
        }

    @api.model
    @api.readonly
    def get_stations(self):
        """What the page needs to offer a choice: the stations that the user may see.

        :return: list of ``{"id", "name", "warehouse"}``
        """
        return [
            {"id": station.id, "name": station.name, "warehouse": station.warehouse_id.display_name or ""}
            for station in self.search([])
        ]

    @api.readonly
    def get_feed(self):
        """The latest events of this station and the state of its agents, in the user's language and rights.

        The bus only wakes the page up; the page then reads this, so that a message lost while the connection
        was down loses no scan on the screen, and nobody sees over the bus what he may not read.

        :return: ``{"events": [newest first, at most 50], "agents": [...], "channel": str}``
        """
        self.ensure_one()
        self.check_access("read")
        events = self.env["inventory.device.event"].search(
            [("station_id", "=", self.id)], order="id desc", limit=FEED_LENGTH
        )
        agents = self.env["inventory.device.agent"].search([("station_id", "=", self.id)])
        return {
            "station": {"id": self.id, "name": self.name},
            "channel": f"{CHANNEL_PREFIX}{self.id}",
            "events": [event._feed_values() for event in events],
            "agents": [{"id": agent.id, "name": agent.name, "status": agent.status} for agent in agents],
        }
