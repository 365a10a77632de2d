"""What one database transaction has been granted and has taken: plain data, kept on the cursor."""

import uuid
from collections import defaultdict

#: Quantities below this are rounding dust of binary fractions, far below any unit's rounding.
DUST = 0.00001


class GuardState:
    """The account of one transaction. Items are ``(product id, warehouse id)``, quantities in the product's unit.

    * ``base``: usable - reserved per item in the transaction's snapshot, before its own changes;
    * ``delta``: what the transaction itself added to that (an unreserve or a receipt is above zero and is its
      credit, a reservation below);
    * ``granted``: what the lock granted it; facts of other, committed transactions, so never rolled back;
    * ``booked``: what it has booked off its grants by rows of its own;
    * ``pending``: what was promised to a reservation that is about to be written;
    * ``exhausted``: items of which the last question for a whole document got less than it asked for;
    * ``allowance``: losses of physical truth and forced quantities, which the net lets pass.

    ``delta`` and ``booked`` follow Python's view and go wrong when a savepoint is rolled back; then ``stale`` is
    set and both are read from the database again.
    """

    def __init__(self, test=None):
        self.new_key()
        self.token = self.key
        self.test = test
        self.products = set()
        self.base = {}
        self.delta = defaultdict(float)
        self.booked = defaultdict(float)
        self.pending = defaultdict(float)
        self.allowance = defaultdict(float)
        self.exhausted = set()
        self.quants_locked = set()
        self.gates = set()
        self.places = None
        self.place_of = {}
        self.depth = 0
        self.snapshot = True
        self.stale = False
        self.changed = False

    def new_key(self):
        """Start a new account; return the old key."""
        old = getattr(self, "key", None)
        self.key = f"native:{uuid.uuid4().hex}"
        self.alive = False
        self.granted = defaultdict(float)
        self.booked = defaultdict(float)
        return old

    def room(self, item):
        """How much of ``item`` the transaction may still take without asking."""
        return self.delta[item] + self.granted[item] - self.pending[item]

    def rolled_back(self):
        """Forget what a savepoint may have undone: row locks, announced reservations, own arithmetic."""
        self.stale = True
        self.quants_locked.clear()
        self.gates.clear()
        self.pending.clear()
