"""Conditions that people write: filters on a model, read as literals and judged by what they look at."""

import ast

from odoo.fields import Domain


def read(env, text):
    """A condition as a :class:`Domain`; only literals are read, no code runs.

    :param str text: as it is stored; empty stands for no condition
    :raise ValueError: if it is none, with a sentence in the user's language
    """
    text = (text or "").strip() or "[]"
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        value = None
    if not isinstance(value, list):
        raise ValueError(env._("“%s” is not a filter.", text))
    return Domain(value)


def looks_elsewhere(model, condition):
    """Whether a condition on ``model`` reads more than the columns of its own records."""
    for part in condition.iter_conditions():
        name, _dot, rest = part.field_expr.partition(".")
        field = model._fields.get(name)
        if not field or not field.store or field.type in ("one2many", "many2many"):
            return True
        if field.type == "many2one":
            by_id = part.operator in ("=", "!=", "in", "not in") and _are_ids(part.value)
            if rest or not by_id:
                return True
    return False


def first_line(error):
    """An exception of a broken condition, for a sentence."""
    return str(error).split("\n")[0]


def _are_ids(value):
    """Whether ``value`` of a condition on a many2one names records by their ids: no name is looked up then."""
    values = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
    return all(one is None or isinstance(one, int) for one in values)
