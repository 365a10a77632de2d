"""Build the pages' scripts and styles once, so that the first visitor does not wait for them."""


def main(env):
    env["ir.qweb"]._pregenerate_assets_bundles()
