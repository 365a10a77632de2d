"""The lock keeps its connections: the same session answers again, and one that has gone is replaced."""

import pytest

from tests.support.processes import RegistryProcess

WORK = "tests.law1.connection_work:"


@pytest.fixture
def ask(settings, clone):
    db = clone("inventory_plus")
    return lambda function, *args: RegistryProcess(settings, db, WORK + function, args).ready().go().result()


def test_one_session_answers_again_and_no_other_process_uses_it(ask):
    found = ask("keep")
    assert found["first"] == found["second"] == found["after"]
    assert found["forked"] != found["first"]


def test_a_session_that_ended_is_replaced_without_a_word(ask):
    assert ask("lose") == [True, True]


def test_an_error_leaves_nothing_behind(ask):
    assert ask("isolate") == {"failed": "DivisionByZero", "same": True, "shown": ["read committed", "off"]}
