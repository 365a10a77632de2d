"""Loaded with ``--load``: tests marked at_install run after installation instead, with all modules loaded.

Run in their usual place, at_install tests of core modules never see the overrides of modules that load later,
so they could not show that an addon breaks them.
"""

from odoo.tests import loader

_make_suite = loader.make_suite


def make_suite(module_names, position="at_install"):
    if position == "at_install":
        return loader.OdooSuite([])
    tests = [*_make_suite(module_names, "at_install"), *_make_suite(module_names, "post_install")]
    return loader.OdooSuite(sorted(tests, key=lambda test: getattr(test, "test_sequence", 0)))


loader.make_suite = make_suite
