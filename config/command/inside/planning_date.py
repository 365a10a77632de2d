"""Set the day on which the planning stands."""


def main(env, as_of):
    """Set the planning date of every company."""
    env["res.company"].search([]).write({"inventory_as_of": as_of})
