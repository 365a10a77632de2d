"""Lots of one product in one warehouse, taken first expired first out."""


class LotStock:
    """Ordered lots with their quantities.

    :ivar lots: list of ``[expiry day (or receipt day without shelf life), lot number, quantity]``
    """

    def __init__(self):
        self.lots = []

    def add(self, expiry, lot, quantity):
        for entry in self.lots:
            if entry[1] == lot:
                entry[2] += quantity
                return
        self.lots.append([expiry, lot, quantity])
        self.lots.sort(key=lambda entry: entry[:2])

    def take(self, quantity):
        """Take ``quantity`` and return ``[(expiry, lot, taken)]``; the caller knows that there is enough."""
        taken = []
        while quantity > 0:
            entry = self.lots[0]
            part = min(entry[2], quantity)
            taken.append((entry[0], entry[1], part))
            entry[2] -= part
            quantity -= part
            if not entry[2]:
                self.lots.pop(0)
        return taken

    def expired(self, day):
        """Quantity of the lots whose expiry lies on or before ``day``."""
        return sum(entry[2] for entry in self.lots if entry[0] <= day)
