"""What ``./inventory`` does: a package of the standard library only, one concept a module.

===============  ========================================================================================
``cli``          the command line; each command is a module with ``arguments(parser)`` and ``execute(options)``
``paths``        where things are: the checkout and its state under ``.local/``
``console``      what the user reads: steps with elapsed time, notes, :class:`console.Trouble`
``process``      child processes: logged, cleaned up, their failures put into one sentence
``lock``         two at once: the second says so and leaves
``apt``          packages of the distribution, and a private apt for single packages of another suite
``odoo_source``  finds or fetches Odoo 19
``environment``  the virtual environment with the pinned Python packages
``postgres``     the PostgreSQL server: given by ``PGHOST`` or a private cluster
``house``        all of that together: ``house.prepare()`` makes what is missing and knows how to call Odoo
===============  ========================================================================================

A command that needs Odoo starts like this::

    with lock.hold("test", "./inventory test"):
        home = house.prepare(cluster="test", packages=("requirements.txt", "requirements-test.txt"))
        process.run(home.odoo("-d", database, "-u", "inventory_plus", "--stop-after-init"), env=home.environment())
"""
