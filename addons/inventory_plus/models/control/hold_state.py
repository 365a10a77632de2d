"""What a transaction knows about holds, and the mark of the code that may change them."""

CACHE_KEY = "inventory_plus.holds"

#: Key of the mark in the context.
WORK = "inventory_hold_work"


class HoldWork:
    """Mark of work on certain holds; an object of this process, which no client can send.

    It opens these holds and no others, so that code called on the way can do no more than this.
    """

    def __init__(self, hold_ids=()):
        self.hold_ids = frozenset(hold_ids)


class HoldRepair:
    """Mark of the one routine that brings reserved quantities back to their lines."""


REPAIR = HoldRepair()


class HoldState:
    """Products with held stock as this transaction sees them.

    ``products`` and ``whole`` may name more than is held, after a savepoint was rolled back, and never less: who finds
    a product here reads the quantities from the database. So work on products without holds costs nothing.
    """

    def __init__(self):
        #: Products of which quantities are held.
        self.products = set()
        #: Whether whole lots or whole locations are held.
        self.whole = False
        #: Above zero while core itself changes a quant.
        self.depth = 0


def work_on(env):
    """The holds that the caller works on, as ids; empty for everybody else."""
    mark = env.context.get(WORK)
    return mark.hold_ids if isinstance(mark, HoldWork) else frozenset()
