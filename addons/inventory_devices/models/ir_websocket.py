"""Lets a page listen to its station, and nobody to a station that he may not read."""

import re

from odoo import models

from .device_station import CHANNEL_PREFIX

STATION_CHANNEL = re.compile(re.escape(CHANNEL_PREFIX) + r"(\d{1,9})")


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Exchange the names that clients ask for by station records, after the access check.

        The name itself is dropped: string channels can be joined by anybody who knows them.
        """
        matches = {channel: STATION_CHANNEL.fullmatch(channel) for channel in channels if isinstance(channel, str)}
        ids = [int(match.group(1)) for match in matches.values() if match]
        stations = self.env["inventory.device.station"]
        if ids and stations.has_access("read"):
            stations = stations.search([("id", "in", ids)])
        kept = [channel for channel in channels if not matches.get(channel)]
        return [*super()._build_bus_channel_list(kept), *stations]
