"""The demonstration company: two years of receipts, sales, returns, transfers and counts."""

import sys

MARK = "inventory-progress:"


def main(env, as_of):
    """Generate the company as of ``as_of`` (None: today); returns its counts and the seconds it took."""
    result = env["inventory.demo"]._generate(as_of=as_of, progress=_show)
    if as_of:
        env.company.inventory_as_of = as_of
    return result


def _show(fraction, text):
    print(f"{MARK} {fraction:.0%} {text}", file=sys.stderr, flush=True)
