"""What one database transaction has been granted and has taken: plain data, kept on the cursor."""

import contextlib
import uuid
from collections import defaultdict

#: Where the account of the running transaction stands in its cursor's cache.
CACHE_KEY = "inventory_plus.guard"

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
    * ``moves``, ``documents``: moves that it changed, and documents whose promises have to be brought in step with
      theirs; ``kept``: those of which that has been done;
    * ``own``: what the document at work may still take of its own promise, ``{(document, item): quantity}``;
    * ``drawn``: what has been taken of such promises and is not booked yet; as good as granted;
    * ``drawn_of``: the same by document, ``{(document, item): quantity}``;
    * ``freed``: what of a document's reserved goods was freed and not reserved again, ``{(document, item): quantity}``;
    * ``terms``: shelf lives that channels ask for; ``dated``: products with lots, where there are any; ``short_base``,
      ``short_delta``: as ``base`` and ``delta``, of goods that last less, ``{(item, days): quantity}``;
      ``life_pending``: as ``pending``, of goods that last so long; ``lives``: the shelf life that a document's goods
      need, in days; ``asks``: ``{document: (days, limit of overselling)}`` for which its promises count; ``stands``:
      what ``inventory.life`` has read of items; ``life_gone``: items of which goods are gone; ``choosing``: the
      document for which goods are being chosen, where it is not at work yet;
    * ``oversellers``: documents whose channel may promise more than there is; ``grounded``: how much of such a
      document's promise it may draw, as far as it has asked; ``holds``: keys under which the ledger keeps that for it;
    * ``oversold``: what of the grants is not there; it can become a promise, but nothing can be reserved with it;
    * ``promise_base``: open quantity of the promises' lines before the transaction changed them;
    * ``promise_change``: what it has added to promises per item, as booked by the last settlement;
    * ``channels``: channel of each document whose channel has rules; ``channel``: the one that is being asked for;
    * ``document``: the document that work is being done for, ``(model, id)``, or None;
    * ``companion``: connection that keeps items locked until the transaction has ended, after a loss;
    * ``unbooked``: what was granted over it; that is gone with the companion, so there is nothing to book it off;
    * ``claimed``: what dated promises claim of goods that it receives, as far as it has received them (``received``,
      by the moves ``receipts``); not its to give;
    * ``incoming_moves``, ``dated_products``: moves that it changed, and products of which dated promises are to be
      looked at after the commit;
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
        self.claimed = {}
        self.received = defaultdict(float)
        self.receipts = set()
        self.incoming_moves = set()
        self.dated_products = set()
        self.exhausted = set()
        self.moves = set()
        self.documents = set()
        self.kept = set()
        self.document = None
        self.own = {}
        self.loaded = set()
        self.loaded_before = set()
        self.channels = {}
        self.channel = None
        self.drawn = defaultdict(float)
        self.drawn_of = defaultdict(float)
        self.freed = defaultdict(float)
        self.terms = None
        self.dated = set()
        self.short_base = {}
        self.short_delta = defaultdict(float)
        self.life_pending = defaultdict(float)
        self.life_gone = set()
        self.lives = {}
        self.asks = {}
        self.stands = {}
        self.choosing = None
        self.oversellers = set()
        self.grounded = {}
        self.promise_base = {}
        self.promise_change = {}
        self.fenced = None
        self.companion = None
        self.quants_locked = set()
        self.gates = set()
        self.places = None
        self.place_of = {}
        self.depth = 0
        self.snapshot = True
        self.uid = 1
        self.stale = False
        self.changed = False

    def new_key(self):
        """Start a new account; return the keys of the old one."""
        old = [self.key, *self.holds] if hasattr(self, "key") else []
        self.key = f"native:{uuid.uuid4().hex}"
        self.alive = False
        self.granted = defaultdict(float)
        self.booked = defaultdict(float)
        self.unbooked = defaultdict(float)
        self.oversold = defaultdict(float)
        self.holds = set()
        return old

    def room(self, item):
        """How much of ``item`` the transaction may still take without asking."""
        return self.allowed(item) - self.pending[item]

    def allowed(self, item):
        """How much of ``item`` the transaction may take in all: what it gave itself, was granted and drew."""
        promised = self.promised(item)
        oversold = max(0.0, self.oversold.get(item, 0.0) - max(0.0, promised))
        return self.credit(item) + self.granted[item] + self.drawn[item] - promised - oversold

    def credit(self, item):
        """What the transaction itself gave to the item, below zero what it took.

        Where more is reserved than there is, what comes back first fills that hole: nobody can have it. What was
        promised of goods before they came is not given either.
        """
        delta, base = self.delta[item], self.base.get(item, 0.0)
        credit = delta if delta <= 0 or base >= 0 else max(0.0, base + delta)
        return credit - min(self.claimed.get(item, 0.0), self.received.get(item, 0.0))

    def has_room(self, item):
        """Whether anything of ``item`` may be taken without asking, by whatever document."""
        return self.room(item) > 0 or any(
            quantity > DUST for (_document, own), quantity in self.own.items() if own == item
        )

    @contextlib.contextmanager
    def at_work_for(self, document):
        """While this lasts, what is taken is taken for ``document`` and first from its own promise."""
        before, self.document = self.document, document
        try:
            yield
        finally:
            self.document = before

    @contextlib.contextmanager
    def choosing_for(self, document):
        """While this lasts, goods are chosen for ``document``; nothing is taken yet."""
        before, self.choosing = self.choosing, document
        try:
            yield
        finally:
            self.choosing = before

    def own_room(self, item):
        """How much of ``item`` is promised to the document at work and not taken yet."""
        return self.own.get((self.document, item), 0.0)

    def draw(self, item, quantity):
        """Take ``quantity`` of the document's own promise."""
        self.own[self.document, item] -= quantity
        self.drawn[item] += quantity
        self.drawn_of[self.document, item] += quantity
        self._change_grounded(item, -quantity)

    def put_back(self, item, quantity):
        """Return what was drawn and not used, as far as it was drawn; the promise stands for it again."""
        if (self.document, item) in self.own:
            quantity = min(quantity, self.drawn[item])
            self.own[self.document, item] += quantity
            self.drawn[item] -= quantity
            self.drawn_of[self.document, item] -= quantity
            self._change_grounded(item, quantity)

    def _change_grounded(self, item, quantity):
        if (self.document, item) in self.grounded:
            self.grounded[self.document, item] += quantity

    def promised(self, item):
        """What this transaction has added to the promises of its documents, as booked by the last settlement."""
        return self.promise_change.get(item, 0.0)

    def rolled_back(self):
        """Forget what a savepoint may have undone: row locks, announced reservations, own arithmetic."""
        self.stale = True
        self.quants_locked.clear()
        self.gates.clear()
        self.pending.clear()
        self.life_pending.clear()
        self.freed.clear()
        self.loaded_before |= self.loaded
        self.documents |= self.kept
        self.forget_promises()

    def forget_promises(self):
        """Have the promises of documents read anew at their next use."""
        self.own.clear()
        self.drawn.clear()
        self.drawn_of.clear()
        self.grounded.clear()
        self.loaded.clear()
