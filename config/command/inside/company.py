"""The demonstration company: two years of receipts, sales, returns, transfers and counts."""

import sys

MARK = "inventory-progress:"


def main(env, as_of):
    """Generate the company as of ``as_of`` (None: today)."""
    if "inventory.demo" in env:
        env["inventory.demo"]._generate()
    print(f"{MARK} 100% done", file=sys.stderr, flush=True)
