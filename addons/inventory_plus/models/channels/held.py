"""What the promise holds that an order takes over, while it is given to the order's lines."""

import math
from collections import defaultdict

from ..common.guard_state import DUST


class Held:
    """Goods at hand and goods on their way, by product and warehouse; what is taken of them is there no more.

    :param at_hand: ``{(product id, warehouse id): quantity}``
    :param coming: the same, of goods on their way
    """

    def __init__(self, at_hand=(), coming=()):
        self._pots = []
        for quantities in (at_hand, coming):
            pot = defaultdict(lambda: defaultdict(float))
            for (product, place), quantity in dict(quantities).items():
                pot[product][place] = quantity
            self._pots.append(pot)

    def places(self):
        """Ids of the warehouses where anything is held, first those where it is at hand."""
        return list(dict.fromkeys(place for pot in self._pots for lefts in pot.values() for place in lefts))

    def left(self, product, place):
        """What is left there, on its way too."""
        return sum(pot[product][place] for pot in self._pots)

    def take(self, product, quantity):
        """Take up to ``quantity``, what is at hand first; ``[(warehouse id, quantity)]``."""
        taken = []
        for pot in self._pots:
            for place, left in pot[product].items():
                part = min(quantity, left)
                if part > DUST:
                    pot[product][place] -= part
                    quantity -= part
                    taken.append((place, part))
        return taken

    def take_at(self, product, place, quantity):
        """Take up to ``quantity`` from one warehouse; return how much."""
        before = quantity
        for pot in self._pots:
            part = max(0.0, min(quantity, pot[product][place]))
            pot[product][place] -= part
            quantity -= part
        return before - quantity

    def take_kits(self, needs, count):
        """Take up to ``count`` kits, each from one warehouse as a whole; first where the most are at hand.

        :param needs: ``{product id: quantity in one kit}``
        :return: ``[(warehouse id, kits)]``
        """
        taken = []
        ready = {place: self._kits_at(self._pots[:1], place, needs, count) for place in self._places_of(needs)}
        every = {place: self._kits_at(self._pots, place, needs, count) for place in ready}
        for place in sorted(every, key=lambda place: (-ready[place], -every[place])):
            kits = self._kits_at(self._pots, place, needs, count)
            if kits > DUST:
                for product, need in needs.items():
                    self.take_at(product, place, need * kits)
                count -= kits
                taken.append((place, kits))
        return taken

    def most_at(self, needs):
        """The warehouse where most is left of a kit's components, or None where nothing is."""
        shares = {
            place: sum(min(1.0, self.left(product, place) / need) for product, need in needs.items())
            for place in self._places_of(needs)
        }
        place = max(shares, key=shares.get, default=None)
        return place if place and shares[place] > DUST else None

    def _places_of(self, products):
        return list(dict.fromkeys(place for pot in self._pots for product in products for place in pot[product]))

    def _kits_at(self, pots, place, needs, most):
        return whole_kits(min(sum(pot[product][place] for pot in pots) / need for product, need in needs.items()), most)


def whole_kits(kits, most):
    """How many kits may be taken of ``kits`` that can be made: all of ``most``, else whole ones."""
    return most if kits > most - DUST else max(0, math.floor(kits + DUST))
