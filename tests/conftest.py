"""Fixtures of the tests that cross a process. Started by `./inventory test`, or by pytest with the environment set."""

import contextlib
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.databases import Databases, switch
from tests.support.processes import RegistryProcess, Server, run_together
from tests.support.settings import Settings, SettingsError


def pytest_configure(config):
    """Tell pytest of our marker."""
    config.addinivalue_line("markers", "slow: takes long; ./inventory test --quick leaves it out")


@pytest.fixture(scope="session")
def settings():
    """Where Odoo and PostgreSQL are. A missing setting fails the test: a test that cannot run proves nothing."""
    try:
        return Settings.from_environment()
    except SettingsError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def databases(settings):
    """Makes databases; those of killed sessions are dropped first, those of this one at its end.

    In them the gate of stock stands open, as an administrator would switch it: few tests are about it.
    """
    maker = Databases(settings, switches={"inventory_plus.gate": "off"})
    maker.drop_leftovers()
    yield maker
    maker.drop_clones()


@pytest.fixture
def clone(databases):
    """``clone(modules="inventory_plus", template=None, assets=False, gate=False)`` -> name of a fresh database.

    ``gate`` says whether the gate of stock is on.
    """
    made = []

    def make(modules="inventory_plus", template=None, assets=False, gate=False):
        made.append(databases.clone(modules, template=template, assets=assets))
        if gate:
            switch(made[-1], {"inventory_plus.gate": "on"})
        return made[-1]

    yield make
    for name in made:
        databases.drop(name)
        databases.clones.remove(name)


@pytest.fixture
def server(settings):
    """``server(db, workers=2, load=None, crons=0, options=())`` -> a running :class:`Server`, stopped in the end."""
    with contextlib.ExitStack() as stack:

        def start(db, workers=2, load=None, crons=0, options=(), environment=None):
            running = Server(settings, db, workers, load, crons, options, environment)
            stack.callback(running.stop)
            return running.start()

        yield start


@pytest.fixture
def registry_process(settings):
    """``registry_process(db, "tests.law1.work:assign", args)`` -> a :class:`RegistryProcess`, killed in the end."""
    with contextlib.ExitStack() as stack:

        def start(db, function, args=(), kwargs=None):
            process = RegistryProcess(settings, db, function, args, kwargs)
            stack.callback(process.kill)
            return process.ready()

        yield start


@pytest.fixture
def together(settings):
    """``together(db, [(function, args), ...], timeout=120)`` -> results of functions begun at once in own processes."""

    def run(db, calls, timeout=120):
        return run_together(settings, db, calls, timeout)

    return run


@pytest.fixture
def connect(settings):
    """``connect(db)`` -> a psycopg2 connection in autocommit, closed after the test."""
    import psycopg2

    with contextlib.ExitStack() as stack:

        def open_connection(db, autocommit=True):
            connection = psycopg2.connect(dbname=db)
            connection.autocommit = autocommit
            stack.callback(connection.close)
            return connection

        yield open_connection
