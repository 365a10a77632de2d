"""Numbers from outside that no column holds and no plan can count with: refused with a sentence, whatever the path."""

import math

from odoo.exceptions import ValidationError

#: Nobody keeps, pays or waits more than this.
MOST = 1e12
#: What a column of whole numbers holds.
MOST_WHOLE = 2**31 - 1
#: Days are counted within these years, so that no sum leaves the calendar, which ends with the year 9999.
FIRST_YEAR, LAST_YEAR = 1970, 2999
#: Characters of a refused value that are repeated to the user.
SHOWN = 40


def refuse_odd_numbers(records, vals, prefix=""):
    """Refuse what is no number, infinite or absurdly large; the ORM and the database fail at it without a sentence.

    :param records: their model says which of the values are numbers
    :param dict vals: values as they came by form, import or RPC: text as well
    :param str prefix: look only at fields whose names begin so; for models of Odoo's
    :raise ValidationError: names the field and the value
    """
    for name, value in vals.items():
        field = records._fields.get(name)
        if field is None or field.type not in ("integer", "float", "monetary") or not name.startswith(prefix):
            continue
        if value is None or value is False:
            continue
        number = _number(value, field.type)
        most = MOST_WHOLE if field.type == "integer" else MOST
        if number is not None and abs(number) <= most:
            continue
        words = {"field": field._description_string(records.env), "value": str(value)[:SHOWN]}
        if number is None:
            raise ValidationError(records.env._("%(field)s must be a number, not %(value)s.", **words))
        raise ValidationError(records.env._("%(field)s: nobody can plan with %(value)s, it is too large.", **words))


def _number(value, kind):
    """``value`` as a finite number, or None where it is none."""
    try:
        number = int(value) if kind == "integer" else float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if kind == "integer" or math.isfinite(number) else None
