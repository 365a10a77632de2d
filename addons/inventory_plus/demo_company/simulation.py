"""Two years, day by day: goods arrive, are counted, sold, returned, sent to the branch, ordered again."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from .demand import is_open
from .lots import LotStock

MAIN, BRANCH, SHOP = 0, 1, 2
TRANSIT_DAYS = 2
WEEK = 7
TRANSFER_DAY, COUNT_DAY = 1, 2
LUNAR_SUPPLIERS = (7, 8, 11)


@dataclass
class Event:
    """One thing that happened to one product.

    ``kind`` is one of initial, receipt, vendor_return, return, gain, loss, scrap, sale, transfer_out, transfer_in.
    ``lots`` is None or ``[(expiry day, lot number, quantity)]``; ``origin`` the event that this one takes back or
    completes; ``order`` the purchase or transfer it belongs to; ``price`` of a unit for receipts.
    """

    day: int
    kind: str
    product: int
    warehouse: int
    quantity: float
    lots: list = None
    origin: object = None
    order: object = None
    price: float = 0.0
    number: int = 0

    def __post_init__(self):
        self.quantity = float(self.quantity)


@dataclass
class Order:
    """A purchase order line or a transfer: ordered on a day, promised for one, received on one or more."""

    number: int
    product: int
    warehouse: int
    quantity: float
    day: int
    promised: int
    price: float
    supplier: int
    due: list = field(default_factory=list)
    received: float = 0.0


@dataclass
class Company:
    """What the loader gets: the catalogue, the events in order, the orders and what was left at the end."""

    catalogue: object
    events: list
    orders: list
    lot_count: int
    stock: np.ndarray
    days: int
    lost: np.ndarray


class _Simulation:
    def __init__(self, seed, catalogue, demand, last_day):
        self.rng = np.random.default_rng([seed, 3])
        self.catalogue = catalogue
        self.products = catalogue.products
        self.demand = demand
        self.count, self.places, self.days = demand.shape
        first_day = last_day - timedelta(days=self.days - 1)
        self.dates = [first_day + timedelta(days=day) for day in range(self.days)]
        self.open = [is_open(date) for date in self.dates]
        self.stock = np.zeros((self.count, self.places))
        self.lots = {}
        self.lot_count = 0
        self.events = []
        self.orders = []
        self.on_order = np.zeros((self.count, self.places))
        self.arrivals = defaultdict(list)
        self.planned = defaultdict(list)
        self.sold = np.zeros_like(demand)
        self.lost = np.zeros_like(demand)
        self.nerve = self.rng.uniform(0.75, 1.9, (self.count, self.places))
        self.cover = self.rng.integers(14, 40, self.count)
        first = (demand > 0).any(axis=1)
        self.launch = np.where(first.any(axis=1), first.argmax(axis=1), self.days)

    # Stock -----------------------------------------------------------------------------------------------------------

    def _book_in(self, event, lots=None):
        """Put goods into a warehouse; tracked goods without lots get a new one."""
        product = self.products[event.product]
        if product.tracking == "lot":
            if lots is None:
                self.lot_count += 1
                expiry = event.day + product.shelf_life if product.shelf_life else event.day + 100_000
                lots = [(expiry, self.lot_count, event.quantity)]
            store = self.lots.setdefault((event.product, event.warehouse), LotStock())
            for expiry, lot, quantity in lots:
                store.add(expiry, lot, quantity)
            event.lots = lots
        self.stock[event.product, event.warehouse] += event.quantity
        self._note(event)

    def _book_out(self, event):
        """Take goods out of a warehouse, tracked ones from the lot that expires first."""
        if self.products[event.product].tracking == "lot":
            event.lots = self.lots[event.product, event.warehouse].take(event.quantity)
        self.stock[event.product, event.warehouse] -= event.quantity
        self._note(event)

    def _note(self, event):
        event.number = len(self.events)
        self.events.append(event)

    # The days --------------------------------------------------------------------------------------------------------

    def run(self):
        self._open()
        for day in range(self.days):
            if not self.open[day]:
                continue
            weekday = self.dates[day].weekday()
            self._arrive(day)
            self._take_back(day)
            if weekday == COUNT_DAY:
                self._count_and_scrap(day)
            self._sell(day)
            if weekday == TRANSFER_DAY:
                self._send_to_branch(day)
            self._buy(day, weekday)
        return Company(self.catalogue, self.events, self.orders, self.lot_count, self.stock, self.days, self.lost)

    def _open_day(self, day):
        """The first day from ``day`` on at which the warehouses are open; days after the history stay as they are."""
        while day < self.days and not self.open[day]:
            day += 1
        return day

    def _mean(self, product, place, day, window=90):
        """Mean daily demand of the last ``window`` days, or of the first ones while there is no past."""
        series = self.demand[product, place]
        past = series[max(0, day - window) : day] if day >= 14 else series[:60]
        return float(past.mean()) if len(past) else 0.0

    def _open(self):
        """Day 0: the stock that the company began with."""
        for product in self.products:
            for place in range(self.places):
                mean = self._mean(product.index, place, 0)
                if not product.ranges[place] or (not mean and self.launch[product.index] > 60):
                    continue
                quantity = self._round(product, mean * float(self.rng.uniform(20, 60)) + 2)
                self._book_in(Event(0, "initial", product.index, place, quantity, price=product.cost))

    def _round(self, product, quantity):
        return float(max(1.0, np.ceil(quantity / product.lot_size)) * product.lot_size)

    def _arrive(self, day):
        for order, quantity, last in self.arrivals.pop(day, []):
            event = Event(day, "receipt", order.product, order.warehouse, quantity, order=order, price=order.price)
            order.received += quantity
            self.on_order[order.product, order.warehouse] -= quantity
            self._book_in(event)
            if last and self.rng.random() < 0.015:
                self.planned[self._open_day(day + 2)].append(("vendor_return", event))

    def _take_back(self, day):
        for kind, origin in self.planned.pop(day, []):
            if kind == "return":
                # Never more than was sold of the first lot: the goods go back into the lot they came from.
                whole = origin.lots[0][2] if origin.lots else origin.quantity
                quantity = whole if whole <= 1 or self.rng.random() < 0.6 else float(np.ceil(whole / 2))
                event = Event(day, "return", origin.product, origin.warehouse, quantity, origin=origin)
                lots = [(*origin.lots[0][:2], quantity)] if origin.lots else None
                self._book_in(event, lots)
            elif kind == "vendor_return":
                quantity = min(origin.quantity, self.stock[origin.product, origin.warehouse], 5.0)
                tracked = self.products[origin.product].tracking == "lot"
                if quantity >= 1 and not tracked:
                    event = Event(day, "vendor_return", origin.product, origin.warehouse, float(quantity))
                    event.origin, event.order = origin, origin.order
                    self._book_out(event)
            else:
                event = Event(day, "transfer_in", origin.product, BRANCH, origin.quantity, origin=origin)
                self.on_order[origin.product, BRANCH] -= origin.quantity
                self._book_in(event, origin.lots)

    def _count_and_scrap(self, day):
        """A twentieth of the items is counted a week; some are off by a little. Expired lots are thrown away."""
        for product, place in zip(
            self.rng.integers(0, self.count, self.count // 20 + 1),
            self.rng.integers(0, self.places, self.count // 20 + 1),
            strict=True,
        ):
            have = self.stock[product, place]
            off = float(self.rng.choice([-2, -1, -1, 0, 0, 0, 1]))
            if off < 0 and have + off >= 0 and have:
                self._book_out(Event(day, "loss", int(product), int(place), -off))
            elif off > 0 and self.products[product].tracking == "none" and self.products[product].ranges[place]:
                self._book_in(Event(day, "gain", int(product), int(place), off))
        for (product, place), store in self.lots.items():
            spoiled = store.expired(day)
            if spoiled:
                self._book_out(Event(day, "scrap", product, place, spoiled))

    def _sell(self, day):
        wanted = self.demand[:, :, day]
        for product, place in zip(*np.nonzero(wanted), strict=True):
            quantity = min(wanted[product, place], self.stock[product, place])
            self.lost[product, place, day] = wanted[product, place] - quantity
            if quantity <= 0:
                continue
            event = Event(day, "sale", int(product), int(place), float(quantity))
            self._book_out(event)
            self.sold[product, place, day] = quantity
            if self.rng.random() < 0.03 and day + 14 < self.days:
                self.planned[self._open_day(day + int(self.rng.integers(2, 12)))].append(("return", event))

    def _send_to_branch(self, day):
        """The main warehouse fills the branch up, as far as it has goods itself."""
        arrival = self._open_day(day + TRANSIT_DAYS)
        if arrival >= self.days:
            return
        for product in self.products:
            if not product.ranges[BRANCH]:
                continue
            index = product.index
            level = self._mean(index, BRANCH, day) * 18 * self.nerve[index, BRANCH] + (
                1 if self.demand[index, BRANCH, :day].any() else 0
            )
            position = self.stock[index, BRANCH] + self.on_order[index, BRANCH]
            quantity = min(np.ceil(level - position), np.floor(self.stock[index, MAIN] * 0.8))
            if quantity < 1 or position > level * 0.6:
                continue
            event = Event(day, "transfer_out", index, MAIN, float(quantity))
            self._book_out(event)
            self.on_order[index, BRANCH] += quantity
            self.planned[arrival].append(("transfer_in", event))

    def _buy(self, day, weekday):
        """Each supplier has two order days a week; what is below its order point is ordered."""
        for product in self.products:
            if weekday not in (product.supplier % 5, (product.supplier + 3) % 5):
                continue
            index = product.index
            for place in (MAIN, SHOP):
                if product.ranges[place]:
                    self._buy_item(day, product, index, place)

    def _buy_item(self, day, product, index, place):
        _name, promised, slip, spread, split = self.catalogue.suppliers[product.supplier]
        mean = self._mean(index, place, day)
        if place == MAIN and product.ranges[BRANCH]:
            mean += self._mean(index, BRANCH, day)
        starting = self.launch[index] > 60 and self.launch[index] - 75 <= day <= self.launch[index]
        if starting and not self.on_order[index, place] and not self.stock[index, place]:
            mean = 2.0
        if not mean:
            return
        reorder = mean * (promised + WEEK) * self.nerve[index, place]
        position = self.stock[index, place] + self.on_order[index, place]
        if position > reorder:
            return
        quantity = self._round(product, reorder - position + mean * self.cover[index])
        price = round(product.cost * float(self.rng.normal(1 + 0.04 * (day / self.days - 0.5), 0.015)), 2)
        order = Order(len(self.orders), index, place, quantity, day, day + promised, max(0.01, price), product.supplier)
        lead = max(1, round(promised * slip * float(self.rng.lognormal(-spread * spread / 2, spread))))
        first = quantity
        if self.rng.random() < split and quantity >= 2 * product.lot_size:
            first = self._round(product, quantity / 2)
        order.due = [(day + lead, first)]
        if quantity - first > 0:
            order.due.append((day + lead + int(self.rng.integers(4, 12)), quantity - first))
        order.due = [(self._open_day(self._after_holiday(product.supplier, due)), part) for due, part in order.due]
        for position, (due, part) in enumerate(order.due):
            self.arrivals[due].append((order, part, position == len(order.due) - 1))
        self.on_order[index, place] += quantity
        self.orders.append(order)

    def _after_holiday(self, supplier, day):
        """Deliveries of the suppliers who close over the lunar new year wait until they work again."""
        if supplier not in LUNAR_SUPPLIERS or day >= self.days:
            return day
        date = self.dates[day]
        start, end = date.replace(month=1, day=28), date.replace(month=2, day=14)
        return day + (end - date).days if start <= date < end else day


def simulate(seed, catalogue, demand, last_day):
    """Run the days and return the :class:`Company`."""
    return _Simulation(seed, catalogue, demand, last_day).run()
