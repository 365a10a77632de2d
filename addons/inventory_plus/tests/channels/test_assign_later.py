"""Orders reserved in the background: promised at once, reserved by the job, and nobody else's in between."""

from odoo.tests import tagged

from .test_sale_promise import SaleCase


@tagged("post_install", "-at_install")
class TestAssignLater(SaleCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["stock.picking.type"].search([]).reservation_method = "at_confirm"
        cls.env.company.inventory_assign_later = True

    def jobs(self):
        return self.env["queue.job"].search([("method_name", "=", "_inventory_assign_now")])

    def run_jobs(self, jobs):
        for job in jobs:
            getattr(job.records, job.method_name)(*job.args)
        self.commit()

    def test_goods_are_promised_at_once_and_reserved_by_the_job(self):
        before = self.jobs()
        order = self.confirmed(5)
        self.assertEqual(order.order_line.move_ids.mapped("quantity"), [0])
        self.assertEqual(self.promise_of(order)[:2], ("firm", 5))
        job = self.jobs() - before
        self.assertIn(order.name, job.name)
        self.run_jobs(job)
        self.assertEqual(order.order_line.move_ids.mapped("quantity"), [5])
        self.assertEqual(self.promise_of(order)[1:3], (0, 5))

    def test_nobody_else_gets_them_meanwhile(self):
        """12 are there: 10 are put off, of 5 of another delivery and of a shop's 3 only 2 are left."""
        self.confirmed(10)
        self.assertEqual(self.reserve(3)["state"], "rejected")
        other = self.delivery([(self.product, 5)])
        other.action_assign()
        self.assertEqual(sum(other.move_ids.mapped("quantity")), 2)

    def test_an_order_that_is_cancelled_before_the_job_takes_nothing(self):
        before = self.jobs()
        order = self.confirmed(5)
        order._action_cancel()
        self.commit()
        self.run_jobs(self.jobs() - before)
        self.assertEqual(order.order_line.move_ids.mapped("quantity"), [0])
        self.assertEqual(self.shown(), 12)

    def test_orders_of_a_batch_share_a_job(self):
        before = self.jobs()
        orders = self.order(3) | self.order(4)
        orders.action_confirm()
        self.commit()
        job = self.jobs() - before
        self.assertEqual(len(job), 1)
        self.run_jobs(job)
        self.assertEqual(orders.order_line.move_ids.mapped("quantity"), [3, 4])

    def test_an_order_after_one_that_puts_off_nothing(self):
        """Both contexts hold an empty collection at first; they must not be taken for one and the same."""
        service = self.env["product.product"].create({"name": "Advice", "type": "service"})
        first, second = self.order(1, product=service), self.order(5)
        before = self.jobs()
        first.action_confirm()
        second.action_confirm()
        self.commit()
        self.run_jobs(self.jobs() - before)
        self.assertEqual(second.order_line.move_ids.mapped("quantity"), [5])

    def test_jobs_that_run_at_once_put_off_nothing(self):
        order = self.order(5)
        order.with_context(queue_job__no_delay=True).action_confirm()
        self.commit()
        self.assertEqual(order.order_line.move_ids.mapped("quantity"), [5])

    def test_a_client_cannot_put_it_off_by_context(self):
        self.env.company.inventory_assign_later = False
        order = self.order(5)
        order.with_context(inventory_assign_later=[1]).action_confirm()
        self.assertEqual(order.order_line.move_ids.mapped("quantity"), [5])

    def test_without_the_locks_odoo_reserves_as_it_does(self):
        self.env["ir.config_parameter"].set_param("inventory_plus.guard", "off")
        order = self.order(5)
        order.action_confirm()
        self.assertEqual(order.order_line.move_ids.mapped("quantity"), [5])
