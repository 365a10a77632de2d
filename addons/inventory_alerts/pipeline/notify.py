"""Stage 6: hand each delivery to a job, in the transaction that made it."""


def run(batch):
    """Enqueue one job a delivery: if this transaction commits, the job exists; if it is killed, neither does."""
    batch.env["inventory.alert.delivery"].browse(batch.delivery_ids)._enqueue_delivery()
