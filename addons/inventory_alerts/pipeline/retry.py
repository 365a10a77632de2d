"""Stage 7: deliveries whose next attempt is due, and those whose job was lost, get a new job."""

from .group import LOST_JOB_AFTER


def run(batch):
    """Enqueue what is due. A job that still exists keeps its place: jobs carry the delivery as identity key."""
    due = batch.env["inventory.alert.delivery"].search(
        [("state", "=", "pending"), ("next_attempt_at", "<=", batch.now), ("id", "not in", batch.delivery_ids)]
    )
    due.next_attempt_at = batch.now + LOST_JOB_AFTER
    due._enqueue_delivery()
    batch.retried = len(due)
