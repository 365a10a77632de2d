"""Do now what scheduled actions would do in the next minutes: facts, planning, values, alerts."""

import sys

MARK = "inventory-progress:"


def main(env):
    """Bring the database up to date; each part is committed.

    :return: ``{"items": number of items planned}``
    """
    _show("daily facts")
    env["inventory.daily.flow"]._refresh()
    env.cr.commit()
    _show("planning")
    planned = env["inventory.item"]._plan()
    env.cr.commit()
    _show("values of the stock")
    remaining = 1
    while remaining:
        done, remaining = env["inventory.value.snapshot"]._take_next()
        env.cr.commit()
        remaining = remaining if done else 0
    _show("alerts")
    env["inventory.alert.rule"]._evaluate()
    return {"items": planned["items"]}


def _show(text):
    print(f"{MARK} {text}", file=sys.stderr, flush=True)
