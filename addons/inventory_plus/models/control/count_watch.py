"""Which counts are running: who is blind for what, and what is frozen; one look a transaction, none without counts."""

from typing import NamedTuple

from odoo import api, models, tools
from odoo.tools import SQL

CACHE_KEY = "inventory_count_watch"
CHANGED_KEY = "inventory_count_changed"
#: States of a task in which its counters may not learn what the books say.
BLIND_STATES = ("open", "counting", "second")
#: States in which somebody stands at the shelf.
RUNNING_STATES = ("counting", "second")


class Scope(NamedTuple):
    """What one task counts."""

    task_id: int
    products: frozenset | None  #: None stands for every product
    locations: frozenset  #: with everything below them
    around: frozenset  #: these and everything above them
    warehouses: frozenset


class InventoryCountWatch(models.AbstractModel):
    """Answers that hooks on core models ask for at every read and every move.

    A database in which no blind or freezing task is open answers from the registry's cache, without a query. Else one
    indexed query a transaction fetches what concerns the user, and what is frozen for everybody.
    """

    _name = "inventory.count.watch"
    _description = "Running Counts"

    @api.model
    @tools.ormcache(cache="stable")
    def _any(self):
        """Whether the database has had an open blind or freezing task since this cache was last emptied."""
        return bool(
            self.env.execute_query(
                SQL(
                    """
                    SELECT 1 FROM inventory_count_task
                     WHERE state IN %s AND (blind OR freeze_policy <> 'none') LIMIT 1
                    """,
                    BLIND_STATES,
                )
            )
        )

    @api.model
    def _changed(self):
        """Tasks change in this transaction: what was looked up is forgotten, and looked up afresh each time."""
        self.env.cr.cache[CHANGED_KEY] = True
        self.env.cr.cache.pop(CACHE_KEY, None)

    @api.model
    def _wake(self):
        """A blind or freezing task opens: every process looks from now on.

        Forgotten now and once more after the commit: another thread may have looked in between.
        """
        self.env["inventory.count.task"].flush_model()
        if self._any():
            return
        registry = self.env.registry
        registry.clear_cache("stable")
        self.env.cr.postcommit.add(lambda: registry.clear_cache("stable"))

    @api.model
    def _is_on(self):
        return self.env.registry.ready and (CHANGED_KEY in self.env.cr.cache or self._any())

    @api.model
    def _blind(self):
        """Scopes of which the present user may not learn the book quantity, as a tuple; None for nearly everybody."""
        return self._look()[0].get(self.env.uid) if self._is_on() else None

    @api.model
    def _frozen(self):
        """``[(policy, scope)]`` of the counts that stop moves now."""
        return self._look()[1] if self._is_on() else ()

    @api.model
    def _look(self):
        cache = self.env.cr.cache
        known = cache.get(CACHE_KEY)
        if known is not None and self.env.uid in known[0]:
            return known
        changed = cache.get(CHANGED_KEY)
        if changed:
            self.env["inventory.count.task"].flush_model()
        blind, frozen = [], []
        for is_blind, policy, *scope in self.env.execute_query(self._look_sql()):
            scope = Scope(scope[0], frozenset(scope[1]) if scope[1] else None, *map(frozenset, scope[2:]))
            if is_blind:
                blind.append(scope)
            if policy:
                frozen.append((policy, scope))
        found = dict(known[0]) if known else {}
        found[self.env.uid] = tuple(blind) or None
        answer = (found, tuple(frozen))
        if not changed:
            cache[CACHE_KEY] = answer
        return answer

    @api.model
    def _look_sql(self):
        return SQL(
            """
            SELECT mine.blind,
                   CASE WHEN task.freeze_policy <> 'none' AND task.state IN %(running)s THEN task.freeze_policy END,
                   task.id,
                   ARRAY(SELECT product_id FROM inventory_count_task_product_rel rel WHERE rel.task_id = task.id),
                   ARRAY(SELECT DISTINCT below.id
                           FROM inventory_count_task_location_rel rel
                           JOIN stock_location place ON place.id = rel.location_id
                           JOIN stock_location below ON below.parent_path LIKE place.parent_path || '%%'
                          WHERE rel.task_id = task.id),
                   ARRAY(SELECT DISTINCT above.id
                           FROM inventory_count_task_location_rel rel
                           JOIN stock_location place ON place.id = rel.location_id
                           JOIN stock_location above ON place.parent_path LIKE above.parent_path || '%%'
                                                     OR above.parent_path LIKE place.parent_path || '%%'
                          WHERE rel.task_id = task.id),
                   ARRAY(SELECT DISTINCT wh.id
                           FROM inventory_count_task_location_rel rel
                           JOIN stock_location place ON place.id = rel.location_id
                           JOIN stock_warehouse wh ON TRUE
                           JOIN stock_location view ON view.id = wh.view_location_id
                          WHERE rel.task_id = task.id
                            AND (place.parent_path LIKE view.parent_path || '%%'
                                 OR view.parent_path LIKE place.parent_path || '%%'))
              FROM inventory_count_task task,
           LATERAL (SELECT task.blind AND (task.user_id = %(uid)s OR task.second_user_id = %(uid)s) AS blind) mine
             WHERE task.state IN %(open)s
               AND (mine.blind OR (task.freeze_policy <> 'none' AND task.state IN %(running)s))
             ORDER BY task.id
            """,
            running=RUNNING_STATES,
            open=BLIND_STATES,
            uid=self.env.uid,
        )
