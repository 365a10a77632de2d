"""Law 5: the audit trail shows alteration, deletion, insertion, swap, a cut tail and re-chaining without the key."""

import hashlib
import json
import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.addons.inventory_plus.models.common import audit_chain, audit_journal, audit_key
from odoo.exceptions import AccessError
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, TransactionCase, get_db_name, new_test_user, tagged
from odoo.tools import mute_logger

CHAIN_LOG = "odoo.addons.inventory_plus.models.common.audit_chain"


@tagged("post_install", "-at_install")
class TestAudit(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Entry = cls.env["inventory.audit.entry"]
        cls.chain = cls.env["inventory.audit.chain"]
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.startClassPatcher(patch.object(audit_key, "directory", lambda: cls.folder))
        cls.startClassPatcher(patch.dict("os.environ", {"INVENTORY_AUDIT_KEY": "a key for the tests"}))
        cls.env.cr.execute("DELETE FROM inventory_audit_entry")
        cls.env.cr.execute("DELETE FROM inventory_audit_head")

    def setUp(self):
        super().setUp()
        for path in self.folder.iterdir():
            path.unlink()

    def _write(self, count=10):
        self.Entry._log_many(
            [("test.event", f"Event {n}", self.env.company, {"n": n, "ä": None}) for n in range(count)]
        )
        self.chain._cron_seal()

    def _sql(self, query, *args):
        self.env.cr.execute(query, args)
        self.Entry.invalidate_model()

    def _findings(self):
        return self.chain._verify()["sample"]

    def _assert_found(self, *texts):
        findings = self._findings()
        self.assertTrue(findings, "tampering was not found")
        for text in texts:
            self.assertTrue(any(text in finding for finding in findings), f"{text!r} not in {findings}")

    def _entry(self, seq):
        return self.Entry.search([("seq", "=", seq)])

    # ------------------------------------------------------------------ writing

    def test_an_entry_says_who_when_what(self):
        user = new_test_user(self.env, "audited", groups="base.group_user", name="Ann Auditee")
        self.Entry.with_user(user).sudo()._log("test.one", "Ann did it", user.partner_id, {"before": 1, "after": 2})
        entry = self.Entry.search([], limit=1)
        self.assertRecordValues(
            entry,
            [
                {
                    "event": "test.one",
                    "summary": "Ann did it",
                    "user_ref": user.id,
                    "user_login": "audited",
                    "user_name": "Ann Auditee",
                    "res_model": "res.partner",
                    "res_id": user.partner_id.id,
                    "res_name": "Ann Auditee",
                    "company_ref": self.env.company.id,
                    "seq": 0,
                }
            ],
        )
        self.assertEqual(entry.data, {"before": 1, "after": 2})
        self.assertTrue(entry.logged_at)
        self.assertIn("server", entry.origin)

    def test_low_privileged_code_can_log_without_access(self):
        user = new_test_user(self.env, "lowly", groups="base.group_user")
        self.Entry.with_user(user)._log("test.low", "Logged without access to the trail")
        self.assertEqual(self.Entry.search([], limit=1).user_login, "lowly")

    def test_statements_do_not_grow_with_entries(self):
        self._write(1)
        with self.assertQueryCount(3):
            self.Entry._log_many([("test.event", f"Event {n}", None, {"n": n}) for n in range(100)])

    def test_odd_content_is_sealed(self):
        self.Entry._log(
            "test.odd", "quote ' \" \\ \n 中文 \x00 🙂", None, {"f": 0.1, "deep": {"a": [1, None, "中"]}, "": 1e300}
        )
        self.Entry._log("test.none", "", None, {})
        self.chain._cron_seal()
        self.assertEqual(self._findings(), [])

    def test_nobody_changes_it_over_the_orm(self):
        self._write(1)
        for env in (self.env, self.env(user=self.env.ref("base.user_admin"))):
            entry = env["inventory.audit.entry"].browse(self._entry(1).id)
            for method, args in (
                (entry.write, ({"summary": "x"},)),
                (entry.sudo().unlink, ()),
                (entry.sudo().copy, ()),
                (entry.sudo().create, ({"event": "x", "summary": "x"},)),
            ):
                with self.assertRaises(AccessError):
                    method(*args)
        result = self.Entry.load(["event", "summary"], [["x", "x"]])
        self.assertFalse(result["ids"])

    def test_only_auditor_and_manager_read_it(self):
        self._write(1)
        for role, may in (
            ("auditor", True),
            ("manager", True),
            ("approver", False),
            ("planner", False),
            ("operator", False),
        ):
            user = new_test_user(self.env, f"trail_{role}", groups=f"inventory_plus.group_{role}")
            with self.subTest(role=role):
                if may:
                    self.assertTrue(self.Entry.with_user(user).search([]))
                    self.assertEqual(self.Entry.with_user(user).action_verify()["params"]["type"], "success")
                else:
                    with self.assertRaises(AccessError):
                        self.Entry.with_user(user).search([]).mapped("summary")
                    with self.assertRaises(AccessError):
                        self.Entry.with_user(user).action_verify()

    def test_auditor_sees_the_entries_of_his_companies(self):
        other = self.env["res.company"].create({"name": "Another"})
        self.Entry.with_company(other)._log("test.other", "Elsewhere")
        auditor = new_test_user(self.env, "one_company", groups="inventory_plus.group_auditor")
        self.assertNotIn("Elsewhere", self.Entry.with_user(auditor).search([]).mapped("summary"))
        auditor.company_ids += other
        both = self.Entry.with_user(auditor).with_context(allowed_company_ids=(self.env.company + other).ids)
        self.assertIn("Elsewhere", both.search([]).mapped("summary"))

    # ------------------------------------------------------------------ sealing

    def test_intact(self):
        self._write()
        self._write(5)
        result = self.chain._verify()
        self.assertEqual((result["compared"], result["differences"]), (15, 0))
        self.assertEqual(sorted(self.Entry.search([]).mapped("seq")), list(range(1, 16)))
        check = self.env["inventory.verify"]._run(["audit trail"])
        self.assertEqual([(c["check"], c["differences"]) for c in check], [("audit trail", 0)])

    def test_a_late_commit_with_a_smaller_id_is_chained_behind(self):
        self._write(3)
        self.env.cr.execute("SELECT nextval('inventory_audit_entry_id_seq')")
        (late,) = self.env.cr.fetchone()
        self._write(3)
        # Stands for a transaction that took its id before and commits after the others were sealed.
        row = dict.fromkeys(audit_key.STAMPED)
        row.update(id=str(late), logged_at="2026-01-01 00:00:00", event="test.late", summary="Late")
        self.Entry._insert(audit_key.audit_key(), [list(row.values())])
        self.chain._cron_seal()
        self.assertEqual(self.Entry.browse(late).seq, 7)
        self.assertEqual(self._findings(), [])

    def test_the_head_goes_to_the_log_once_a_day(self):
        with patch.object(audit_chain._logger, "info") as info:
            self._write(2)
            self._write(2)
        self.assertEqual([call.args[2:4] for call in info.call_args_list], [(2, self._entry(2).mac)])

    # ---------------------------------------------------------------- tampering

    def test_alteration_of_each_column(self):
        self._write(3)
        for column, value in {
            "summary": "something else",
            "user_login": "somebody",
            "user_ref": 4711,
            "user_name": None,
            "origin": "10.0.0.9",
            "company_ref": 99,
            "company_name": "x",
            "event": "test.other",
            "res_model": "res.users",
            "res_id": 12345,
            "res_name": "x",
            "logged_at": "2020-01-01 00:00:00",
            "data": json.dumps({"n": 2}),
            "stamp": "0" * 64,
            "mac": "0" * 64,
        }.items():
            with self.subTest(column=column), self.env.cr.savepoint() as savepoint:
                self._sql(f"UPDATE inventory_audit_entry SET {column} = %s WHERE seq = 2", value)
                self._assert_found("Entry 2 ")
                savepoint.rollback()
        self.assertEqual(self._findings(), [])

    def test_text_moved_over_the_border_of_two_fields(self):
        self.Entry._log("test.ab", "cd", None)
        self.chain._cron_seal()
        self._sql("UPDATE inventory_audit_entry SET event = 'test.a', summary = 'bcd'")
        self._assert_found("Entry 1 ")

    def test_deletion_in_the_middle(self):
        self._write()
        self._sql("DELETE FROM inventory_audit_entry WHERE seq IN (4, 5)")
        self._assert_found("Entries 4 to 5 are missing")

    def test_deletion_with_renumbering(self):
        self._write()
        self._sql("DELETE FROM inventory_audit_entry WHERE seq = 4")
        self._sql("UPDATE inventory_audit_entry SET seq = -seq WHERE seq > 4")
        self._sql("UPDATE inventory_audit_entry SET seq = -seq - 1 WHERE seq < 0")
        self._assert_found("Entry 4 ", "The tail was cut")

    def test_deletion_of_the_first(self):
        self._write()
        self._sql("DELETE FROM inventory_audit_entry WHERE seq = 1")
        self._assert_found("Entries 1 to 1 are missing")

    def test_insertion_into_the_chain(self):
        self._write(3)
        self._sql(
            """
            INSERT INTO inventory_audit_entry (logged_at, event, summary, stamp, seq, mac)
            SELECT logged_at, event, 'forged', stamp, 4, mac FROM inventory_audit_entry WHERE seq = 3
            """
        )
        self._assert_found("Entry 4 ", "added behind")

    @mute_logger(CHAIN_LOG)
    def test_insertion_before_the_seal(self):
        self._write(2)
        self._sql(
            """
            INSERT INTO inventory_audit_entry (logged_at, event, summary)
            VALUES (now() AT TIME ZONE 'UTC', 'forged', 'x')
            """
        )
        self._assert_found("not written by this system")
        self.chain._cron_seal()
        self._assert_found("not written by this system")
        self.assertFalse(self._entry(3), "the sealer must not give a forgery its seal")
        self._write(1)
        self.assertTrue(self._entry(3), "a forgery must not stop the sealer")

    def test_alteration_before_the_seal(self):
        self.Entry._log("test.fresh", "fresh")
        self._sql("UPDATE inventory_audit_entry SET summary = 'stale'")
        self._assert_found("not written by this system")

    def test_kept_from_the_seal(self):
        self._write(2)
        self._sql("UPDATE inventory_audit_entry SET seq = NULL WHERE seq = 2")
        self._assert_found("kept from the seal", "The tail was cut")

    # ------------------------------------------------------- between commit and seal

    def _commit(self):
        """What a commit does, in a test that cannot commit."""
        self.env.cr.postcommit.run()

    def _journal(self):
        return audit_journal.read(self.chain._journal_path())

    def test_deletion_before_the_seal(self):
        self._write(2)
        self.Entry._log("test.fresh", "stays")
        self.Entry._log("test.fresh", "goes")
        stays, goes = self.Entry.search([("event", "=", "test.fresh")], order="id").ids
        self._commit()
        self.assertEqual(self._findings(), [])
        self._sql("DELETE FROM inventory_audit_entry WHERE id = %s", goes)
        self._assert_found(f"Record {goes} was written and deleted")
        self.chain._cron_seal()
        self.chain._forget_sealed()
        self._assert_found(f"Record {goes} was written and deleted")
        self.assertEqual(self._journal(), {goes}, "what has its seal needs no note, what is missing keeps it")
        self.assertTrue(self.Entry.browse(stays).seq)

    def test_what_a_savepoint_took_back_is_not_missing(self):
        self.Entry._log("test.kept", "kept")
        with self.env.cr.savepoint() as savepoint:
            self.Entry._log("test.undone", "undone")
            savepoint.rollback()
        kept = self.Entry.search([("event", "like", "test.")], limit=1)
        self._commit()
        self.assertEqual(self._journal(), set(kept.ids))
        self.assertEqual(self._findings(), [])

    def test_nothing_is_noted_of_a_rolled_back_transaction(self):
        self.Entry._log("test.undone", "undone")
        self.env.cr.postcommit.clear()  # what a rollback does
        self.assertEqual(self._journal(), set())

    def test_a_journal_that_cannot_be_written_does_not_stop_the_work(self):
        self.Entry._log("test.fresh", "fresh")
        journal_log = "odoo.addons.inventory_plus.models.common.audit_journal"
        with patch.object(audit_journal, "append", side_effect=OSError), self.assertLogs(journal_log, "WARNING"):
            self._commit()

    def test_a_journal_that_cannot_be_read_is_told(self):
        """Not the same as an empty one: unsealed entries could vanish unseen meanwhile."""
        journal_log = "odoo.addons.inventory_plus.models.common.audit_journal"
        with patch.object(audit_journal, "read", side_effect=PermissionError("not yours")):
            self._assert_found("not yours")
            with self.assertLogs(journal_log, "WARNING"):
                self.chain._forget_sealed()

    def test_the_journal_survives_being_cut_short(self):
        path = self.chain._journal_path()
        audit_journal.append(path, [5, 123456, 7])
        with path.open("ab") as file:
            file.write(b"99\nnonsense\n   12")
        self.assertEqual(audit_journal.read(path), {5, 123456, 7})
        audit_journal.forget(path, {5, 7})
        self.assertEqual(audit_journal.read(path), {123456})
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)

    def test_the_uninstallation_leaves_no_note_behind(self):
        self._write(1)
        self.chain._note_head_outside(*self.chain._read_head())
        self.Entry._log("test.fresh", "fresh")
        self._commit()
        self.assertTrue(self._journal() and self.chain._outside_head())
        self.chain._forget_outside()
        self._commit()
        self.assertFalse(list(self.folder.iterdir()))

    def test_swap(self):
        self._write()
        self._sql("UPDATE inventory_audit_entry SET seq = -seq WHERE seq IN (3, 7)")
        self._sql("UPDATE inventory_audit_entry SET seq = CASE seq WHEN -3 THEN 7 ELSE 3 END WHERE seq < 0")
        self._assert_found("Entry 3 ", "Entry 7 ")

    def test_swap_with_seals(self):
        self._write()
        self._sql(
            "CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT seq, mac FROM inventory_audit_entry WHERE seq IN (3, 7)"
        )
        self._sql("UPDATE inventory_audit_entry SET seq = -seq WHERE seq IN (3, 7)")
        self._sql(
            """
            UPDATE inventory_audit_entry e SET seq = kept.seq, mac = kept.mac
              FROM kept WHERE e.seq = CASE kept.seq WHEN 3 THEN -7 ELSE -3 END
            """
        )
        self._assert_found("Entry 3 ", "Entry 7 ")

    def test_cut_tail(self):
        self._write()
        self._sql("DELETE FROM inventory_audit_entry WHERE seq > 8")
        self._assert_found("The tail was cut")
        self._write(1)
        self._assert_found("Entries 9 to 10 are missing")

    def test_cut_tail_with_a_head_set_back(self):
        self._write(8)
        head = self.env.cr.execute("SELECT seq, mac, signature FROM inventory_audit_head") or self.env.cr.fetchone()
        self._write(2)
        self.chain._note_head_outside(*self.chain._read_head())
        self._sql("DELETE FROM inventory_audit_entry WHERE seq > 8")
        self._sql("UPDATE inventory_audit_head SET seq = %s, mac = %s, signature = %s", *head)
        self._assert_found("outside the database")

    def test_everything_deleted(self):
        self._write()
        self.chain._note_head_outside(*self.chain._read_head())
        self._sql("DELETE FROM inventory_audit_entry")
        self._assert_found("The tail was cut")
        self._sql("DELETE FROM inventory_audit_head")
        self._assert_found("outside the database")

    def test_the_head_forged(self):
        self._write()
        self._sql("DELETE FROM inventory_audit_entry WHERE seq > 8")
        self._sql(
            "UPDATE inventory_audit_head SET seq = 8, mac = (SELECT mac FROM inventory_audit_entry WHERE seq = 8)"
        )
        self._assert_found("The head of the trail was altered")

    def test_rechaining_without_the_key(self):
        self._write()
        self._sql("UPDATE inventory_audit_entry SET summary = 'rewritten' WHERE seq = 5")
        for key in (b"", b"guessed"):
            previous = self._entry(4).mac
            for row in self.chain._content(audit_chain.SQL("seq >= 5 ORDER BY seq")):
                row["stamp"] = self.chain._stamp(key, row)
                previous = self.chain._seal_of(key, row["seq"], previous, row)
                self._sql(
                    "UPDATE inventory_audit_entry SET stamp = %s, mac = %s WHERE seq = %s",
                    row["stamp"],
                    previous,
                    row["seq"],
                )
            self.chain._store_head(key, 10, previous)
            self._assert_found("Entry 5 ", "Entry 10 ", "head of the trail was altered")

    def test_another_key_is_named(self):
        self._write(2)
        with patch.dict("os.environ", {"INVENTORY_AUDIT_KEY": "another"}):
            self.assertIn("another key", self._findings()[0])

    # ---------------------------------------------------------------------- key

    def test_generated_key(self):
        with patch.dict("os.environ"), mute_logger("odoo.addons.inventory_plus.models.common.audit_key"):
            del audit_key.os.environ["INVENTORY_AUDIT_KEY"]
            first = audit_key.audit_key()
            self.assertEqual(first, audit_key.audit_key())
            path = self.folder / "key"
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
            self.assertGreaterEqual(len(first), 64)
            path.write_bytes(b"")
            with self.assertRaisesRegex(ValueError, "restore it"):
                audit_key.audit_key()

    def test_key_in_the_configuration_file(self):
        path = self.folder / "odoo.conf"
        path.write_text("[options]\nworkers = 2\n\n[inventory_plus]\naudit_key = of the file\n", encoding="utf-8")
        with patch.dict("os.environ"), patch.dict(audit_key.config.options, {"config": str(path)}):
            self.assertEqual(audit_key.audit_key(), b"a key for the tests", "the environment goes first")
            del audit_key.os.environ["INVENTORY_AUDIT_KEY"]
            self.assertEqual(audit_key.audit_key(), b"of the file")
        for text in ("[options]\n", "no section", ""):
            other = self.folder / f"{len(text)}.conf"
            other.write_text(text, encoding="utf-8")
            self.assertIsNone(audit_key._read_section(str(other)))
        self.assertIsNone(audit_key._read_section(str(self.folder / "missing.conf")))

    def test_canonical_form(self):
        self.assertEqual(audit_key.canonical(["ab", None, ""]), b"2:ab;-;0:;")
        forms = [("a", "b"), ("ab", ""), ("ab",), ("", "ab"), ("a", None, "b"), (None,), ("",), ("0:;",)]
        digests = {hashlib.sha256(audit_key.canonical(form)).digest() for form in forms}
        self.assertEqual(len(digests), len(forms))

    def test_export(self):
        self._write(3)
        with mute_logger(CHAIN_LOG):
            path = self.chain._export("test")
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        self.assertEqual([row["seq"] for row in rows], [1, 2, 3])
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)


@tagged("post_install", "-at_install")
class TestAuditCommitted(BaseCase):
    """Two sealers at once, on real cursors."""

    def test_a_second_sealer_leaves_and_nobody_waits(self):
        registry = Registry(get_db_name())
        with registry.cursor() as one, registry.cursor() as two:
            first = api.Environment(one, SUPERUSER_ID, {})
            second = api.Environment(two, SUPERUSER_ID, {})
            first["inventory.audit.entry"]._log("test.two", "sealed once")
            self.assertGreaterEqual(first["inventory.audit.chain"]._seal(), 1)
            second["inventory.audit.entry"]._log("test.two", "does not wait")
            self.assertEqual(second["inventory.audit.chain"]._seal(), 0)
            one.rollback()
            two.rollback()
