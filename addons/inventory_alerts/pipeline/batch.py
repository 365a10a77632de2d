"""What one run of the pipeline hands from stage to stage."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass
class Batch:
    """One evaluation.

    The big sets stay in the database, in temporary tables named by the stage that fills them:

    * ``inventory_alert_match`` (evaluate): one row a rule and subject for which the rule is true now,
    * ``inventory_alert_new`` (record): alerts that became open in this run,
    * ``inventory_alert_recipient`` (route): who is to be told of which of the new alerts.
    """

    env: Any
    rules: Any
    now: datetime
    matches: dict = field(default_factory=dict)
    """rule id -> number of subjects for which it is true; rules that could not be evaluated are absent."""
    broken: dict = field(default_factory=dict)
    """rule id -> sentence that says why it could not be evaluated."""
    seconds: dict = field(default_factory=dict)
    """rule id -> duration of its query in seconds."""
    opened: int = 0
    waiting: int = 0
    resolved: int = 0
    delivery_ids: list = field(default_factory=list)
    retried: int = 0
