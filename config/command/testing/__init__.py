"""What ``./inventory test`` does, one concept a module.

===============  ========================================================================================
``home``         Odoo, Python and the fast PostgreSQL cluster that tests run on
``outcome``      one test's outcome, the report, its closing line
``record``       reads the event files that Odoo's and pytest's recorders write
``child``        runs a process under a wall limit
``selection``    which tests the user asked for
``lint``         ruff, pylint-odoo, XML
``files``        rules of the house, test files that were not loaded
``odoo_tests``   the tests of our addons inside Odoo, with and without manufacturing
``translation``  the Chinese translation against a fresh export
``pytests``      pure packages, and tests that cross a process
``browser``      whether a browser can start
``suites``       Odoo's own suites against their baselines
``stages``       puts them in order, two at a time
===============  ========================================================================================
"""
