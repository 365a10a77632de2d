"""What makes two occurrences the same alert: rule and subject, never a value.

A fingerprint with a quantity or a date in it would open a new alert each time the number changes, and a silence
or an acknowledgement would not hold.
"""

from odoo.tools import SQL


def of_subject(rule_id, subject_model, id_sql):
    """SQL text expression of the fingerprint of a rule and the record with id ``id_sql``."""
    return SQL("concat(%s::text, %s)", f"rule:{rule_id}/{subject_model}:", id_sql)


def of_broken_rule(rule_id):
    """Fingerprint of "this rule cannot be evaluated"."""
    return f"rule:{rule_id}/broken"
