"""The alert pipeline: a file a stage, in the order in which :func:`run` calls them.

Every stage is a function of one :class:`~.batch.Batch` and works on sets: its number of queries depends on the
number of rules, never on the number of records or alerts. A new stage (inhibit, silence, repeat, escalate ...) is
a new file and one more line in :data:`STAGES`.
"""

from . import batch, evaluate, group, notify, record, resolve, retry, route

STAGES = (
    evaluate.run,
    resolve.run,
    record.run,
    route.run,
    group.run,
    notify.run,
    retry.run,
)


def run(env, rules, now):
    """Evaluate ``rules`` and bring the alerts up to date, in the transaction of ``env``.

    :param env: superuser environment; the caller commits, and retries on serialization errors
    :param rules: ``inventory.alert.rule`` records; archived ones get their alerts resolved
    :param now: naive UTC datetime taken as the moment of evaluation
    :return: :class:`~.batch.Batch` with the counts of what happened
    """
    current = batch.Batch(env=env, rules=rules, now=now)
    for stage in STAGES:
        stage(current)
    return current
