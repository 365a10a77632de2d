"""What an import found and did cannot be forged, is shown to few, and ends in every case."""

import base64
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import errors

from ...models.planning.history_import import RESULT_FIELDS
from .history_common import HistoryCase


@tagged("post_install", "-at_install")
class TestHistoryGuard(HistoryCase):
    def test_results_are_not_written_by_users(self):
        doc = self.done(self.csv_bytes([("HIST-A", "2024-05-06", "3")]))
        forged = {
            "state": "draft",
            "created_product_ids": [(6, 0, self.products.ids)],
            "cutover_log": {str(self.warehouse.id): [None, "2024-05-07"]},
            "preview_html": "<b>x</b>",
            "summary": "All is well",
        }
        for name, value in forged.items():
            for caller in (doc, doc.with_context(history_check=True)):
                with self.assertRaises(AccessError):
                    caller.write({name: value})
            with self.assertRaises(AccessError):
                self.Import.create({"name": "Forged", name: value})
            with self.assertRaises(AccessError):
                doc.copy({name: value})
        self.assertEqual(doc.state, "done")
        self.assertEqual(len(self.facts()), 1)

    def test_results_do_not_come_from_defaults(self):
        self.env["ir.default"].with_user(self.planner).set("inventory.history.import", "bad_count", 7, user_id=True)
        caller = self.Import.with_context(
            default_state="done", default_created_product_ids=[(6, 0, self.products.ids)], default_user_id=1
        )
        doc = caller.create({"name": "Forged"})
        self.assertEqual((doc.state, doc.bad_count, doc.user_id), ("draft", 0, self.planner))
        self.assertFalse(doc.created_product_ids)

    def test_results_are_all_that_is_readonly(self):
        fields = self.env["inventory.history.import"]._fields
        own = {name for name, field in fields.items() if field.readonly and field.store and field.type != "one2many"}
        known = {"id", "create_uid", "create_date", "write_uid", "write_date"}
        self.assertFalse({name for name in own if "message" not in name} - known - RESULT_FIELDS)

    def test_planner_duplicates_an_import(self):
        doc = self.done(self.csv_bytes([("HIST-A", "2024-05-06", "3")]))
        twin = doc.copy()
        self.assertEqual((twin.state, twin.fact_count, twin.cutover_log), ("draft", 0, False))

    def test_first_lines_are_shown_without_scripts(self):
        doc = self.make(self.csv_bytes([("HIST-A", "2024-05-06", "3")]))
        doc.action_check()
        self.assertIn("HIST-A", doc.preview_html)
        self.assertIn("table-sm", doc.preview_html)
        doc.sudo().preview_html = "<p>x<script>alert(1)</script></p>"
        self.assertNotIn("script", doc.preview_html)
        self.assertTrue(base64.b64decode(doc.file))

    def running(self):
        doc = self.make(self.csv_bytes([("HIST-A", "2024-05-06", "3")]))
        doc.action_check()
        doc.action_import()
        job = self.env["queue.job"].search([("identity_key", "=", f"inventory.history.import-{doc.id}")])
        self.assertEqual(len(job), 1)
        return doc, job

    def test_import_whose_job_has_died_goes_back_to_draft(self):
        doc, job = self.running()
        for state in ("pending", "enqueued", "started"):
            job.state = state
            with self.assertRaisesRegex(UserError, "still at work"):
                doc.action_back_to_draft()
        job.state = "failed"
        doc.action_back_to_draft()
        self.assertEqual(doc.state, "draft")
        doc._run_job(False)
        self.assertFalse(self.facts(), "a job that is queued again finds nothing to do")
        doc.action_check()
        doc._run()
        self.assertEqual(doc.state, "done")

    def test_unexpected_end_is_a_failure_with_a_sentence(self):
        doc, _job = self.running()

        def broken(self, *args):
            self.env.cr.execute("DELETE FROM inventory_history_column WHERE import_id = %s", [self.id])
            raise ZeroDivisionError

        with (
            patch.object(type(doc), "_apply_cutover", broken),
            mute_logger("odoo.addons.inventory_plus.models.planning.history_import"),
        ):
            doc._run_job(False)
        self.assertEqual(doc.state, "failed")
        self.assertIn("nothing was imported", doc.summary)
        self.assertFalse(self.facts())
        self.assertTrue(doc.column_ids)

    def test_lost_race_is_left_to_the_queue(self):
        doc, _job = self.running()

        def lost(self, *args):
            raise errors.SerializationFailure

        with patch.object(type(doc), "_apply_cutover", lost), self.assertRaises(errors.SerializationFailure):
            doc._run_job(False)

    def test_who_sees_the_file(self):
        doc = self.make(self.csv_bytes([("HIST-A", "2024-05-06", "3")]))
        doc.action_check()
        secret = ["file", "preview_html", "error_file", "summary"]
        viewer = new_test_user(self.env, "guard_viewer", groups="inventory_plus.group_viewer")
        auditor = new_test_user(self.env, "guard_auditor", groups="inventory_plus.group_auditor")
        for name in secret:
            with self.assertRaises(AccessError):
                doc.with_user(viewer).read([name])
        self.assertEqual(doc.with_user(viewer).read(["name"])[0]["name"], "sales.csv")
        self.assertIn("1 lines", doc.with_user(auditor).read(secret)[0]["summary"])
        for user, shown in ((viewer, False), (auditor, True), (self.planner, True)):
            arch = doc.with_user(user).get_view(view_type="form")["arch"]
            self.assertEqual('name="preview_html"' in arch, shown)

    def test_messages_hold_no_figures(self):
        """Who may open the document reads its messages; how much was sold and for how much is not for all of them."""
        rows = [("HIST-A", "2024-01-05", "98765"), ("HIST-B", "2024-01-05", "43210")]
        for content, state in ((self.csv_bytes(rows), "done"), (b"SKU,Day\nHIST-A,2024-02-30\n", "failed")):
            doc = self.make(content)
            doc._note_results({"state": "running"})
            with patch.object(type(self.env["inventory.job"]), "_enqueue"):
                doc._run_job(False)
            self.assertEqual(doc.state, state)
            self.assertTrue(doc.summary)
            self.assertIn(self.planner.partner_id, doc.message_ids[0].notified_partner_ids | doc.message_partner_ids)
            for message in doc.message_ids:
                self.assertNotRegex(message.body, r"\d")
