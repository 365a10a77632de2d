"""The matrix of availability: what each channel may have of an item, worked out for the rows that one looks at."""

from odoo import api, fields, models

from ..common.item import SEES_AVAILABLE

#: Channels that are shown from the start; the others can be added to the list.
SHOWN = 8


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    channel_numbers = fields.Json(
        "Available by Channel",
        compute="_compute_channel_numbers",
        groups=SEES_AVAILABLE,
        help="By channel (its id) what it may have in this warehouse, as committed now; what is free and promised; "
        "and the channels' names.",
    )

    def _compute_channel_numbers(self):
        numbers = {item: {} for item in self}
        channels = self.env["inventory.channel"].search([("company_id", "in", self.company_id.ids)])
        for channel in channels:
            # A question a channel: each has rules and a company of its own.
            places = channel._warehouses()
            items = self.filtered(lambda item, places=places: item.warehouse_id in places and item.product_id.active)
            rooms = self.env["inventory.promise"]._rooms(
                channel, [(item.product_id.id, item.warehouse_id.id) for item in items]
            )
            for item in items:
                room = rooms[item.product_id.id, item.warehouse_id.id]
                numbers[item][str(channel.id)] = room["available"]
                numbers[item].update(free=room["free"], promised=room["promised"])
        names = [{"id": channel.id, "name": channel.name} for channel in channels]
        for item in self:
            item.channel_numbers = {**numbers[item], "channels": names}

    # --- a column for each channel that the reader may see

    @api.model
    def _matrix_channels(self):
        channels = self.env["inventory.channel"]
        return channels.search([]) if channels.has_access("read") else channels

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        key = super()._get_view_cache_key(view_id, view_type, **options)
        if view_type != "list":
            return key
        return (*key, tuple(self._matrix_channels().mapped(lambda channel: (channel.id, channel.name))))

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "list":
            for node in arch.findall("./field[@name='channel_numbers'][@options]"):
                if "'channel'" in node.get("options"):
                    self._add_channel_columns(node)
        return arch, view

    @api.model
    def _add_channel_columns(self, pattern):
        """Put a column for each channel where the list has one for any."""
        parent = pattern.getparent()
        place = parent.index(pattern)
        parent.remove(pattern)
        for number, channel in enumerate(self._matrix_channels()):
            column = pattern.makeelement("field", dict(pattern.attrib))
            column.set("string", channel.name)
            column.set("options", str({"key": str(channel.id), "channel": channel.id}))
            column.set("optional", "show" if number < SHOWN else "hide")
            parent.insert(place + number, column)
