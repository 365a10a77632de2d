"""Fields that tie a record of Odoo's to an item: figures follow from them, so that nobody but our code sets them."""

from odoo.exceptions import AccessError


def refuse_links(records, names, values, sentence):
    """Refuse links from a person, whatever the path: form, import, RPC, defaults in the context.

    :param records: any records; of them only the environment counts
    :param names: names of the guarded fields
    :param values: list of dicts of values
    :param str sentence: what the user is told, translated
    :raise AccessError: outside of our own code, which works as superuser
    """
    if records.env.su:
        return
    given = {name for vals in values for name in vals}
    given |= {name.removeprefix("default_") for name in records.env.context if name.startswith("default_")}
    if not given.isdisjoint(names):
        raise AccessError(sentence)
