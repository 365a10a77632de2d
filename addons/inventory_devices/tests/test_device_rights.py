"""Who may see, pair and listen (law 10), and that events are append-only."""

from odoo.addons.http_routing.tests.common import MockRequest
from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestDeviceRights(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_b = cls.env["res.company"].create({"name": "Other company"})
        cls.station = cls.env["inventory.device.station"].create({"name": "Bench A"})
        cls.station_b = cls.env["inventory.device.station"].create({"name": "Bench B", "company_id": cls.company_b.id})
        cls.agent = cls.env["inventory.device.agent"].create({"name": "PC", "station_id": cls.station.id})
        cls.users = {
            role: new_test_user(cls.env, f"dev_{role}", groups=f"inventory_plus.group_{role}")
            for role in ("viewer", "operator", "counter", "manager")
        }
        cls.nobody = new_test_user(cls.env, "dev_nobody", groups="base.group_user")

    def _channels(self, user, names):
        with MockRequest(self.env(user=user)):
            return self.env["ir.websocket"].with_user(user)._build_bus_channel_list(names)

    def _ingest(self, *payloads, first=1, lost=()):
        events = self.env["inventory.device.event"]
        rows = [
            {"seq": seq, "uid": f"uid-{seq}-00", "kind": "scan", "device": "", "payload": payload, "happened_at": 1e9}
            for seq, payload in enumerate(payloads, first)
        ]
        return events._ingest(self.agent, rows, list(lost))

    def test_channel_only_for_readers(self):
        """A station's channel is joined as a record by those who may read it; its name opens nothing."""
        names = [f"inventory_devices.station_{self.station.id}", f"inventory_devices.station_{self.station_b.id}"]
        for role, user in self.users.items():
            channels = self._channels(user, [*names, "other"])
            self.assertIn(self.station, channels, role)
            self.assertNotIn(self.station_b, channels, role)
            self.assertIn("other", channels)
            self.assertFalse([name for name in names if name in channels])
        channels = self._channels(self.nobody, list(names))
        self.assertNotIn(self.station, channels)
        self.assertFalse([name for name in names if name in channels])

    def test_roles(self):
        for role in ("viewer", "operator", "counter"):
            agent = self.agent.with_user(self.users[role])
            self.assertEqual(agent.read(["name"])[0]["name"], "PC")
            with self.assertRaises(AccessError):
                agent.action_pair()
            with self.assertRaises(AccessError):
                agent.action_revoke()
            with self.assertRaises(AccessError):
                agent.write({"name": "x"})
        with self.assertRaises(AccessError):
            self.station.with_user(self.nobody).get_feed()
        with self.assertRaises(AccessError):
            self.station_b.with_user(self.users["viewer"]).get_feed()

    def test_manager_cannot_forge_pairing(self):
        """Keys and positions are set by the protocol alone, and secrets are not readable."""
        agent = self.agent.with_user(self.users["manager"])
        for vals in ({"state": "paired"}, {"last_seq": 5}, {"public_key": "x"}):
            with self.assertRaises(UserError):
                agent.write(vals)
        with self.assertRaises(UserError):
            agent.create({"name": "y", "station_id": self.station.id, "state": "paired"})
        with self.assertRaises(AccessError):
            agent.read(["pairing_hash"])
        code = self.env["inventory.device.pairing"].browse(agent.action_pair()["res_id"]).code
        self.assertNotIn(code.split("-")[1], str(self.agent.read()))

    def test_events_are_append_only(self):
        self._ingest("A")
        event = self.env["inventory.device.event"].search([("agent_id", "=", self.agent.id)])
        for change in (lambda: event.write({"payload": "B"}), event.unlink, lambda: event.create({"payload": "C"})):
            with self.assertRaises(UserError):
                change()

    def test_stream_positions(self):
        """Holes hold the confirmation back; late events and declared losses close them; repeats change nothing."""
        self.assertEqual(self._ingest("A", "B")["ack"], 2)
        self.assertEqual(self._ingest("E", first=5), {"ack": 2, "new": 1, "gap": [3, 4]})
        self.assertEqual(self._ingest("C", first=3), {"ack": 3, "new": 1, "gap": [4, 4]})
        self.assertEqual(self._ingest(lost=[[4, 4]])["ack"], 5)
        self.assertEqual(self._ingest(lost=[[4, 4]]), {"ack": 5, "new": 0})
        self.assertEqual(self.agent.lost_count, 1)
        self.assertEqual(self._ingest("A", "B"), {"ack": 5, "new": 0})

    def test_wide_gap(self):
        """A gap of a thousand million numbers is declared and closed without counting through it."""
        self.assertEqual(self._ingest("A", first=2_000_000_000)["gap"], [1, 1_999_999_999])
        self.assertEqual(self._ingest(lost=[[1, 1_999_999_999]])["ack"], 2_000_000_000)

    def test_product_gone_to_another_company(self):
        """The page goes on when a scanned product is no longer the user's to see."""
        product = self.env["product.product"].create({"name": "P", "barcode": "4006381333931"})
        self._ingest("4006381333931")
        product.product_tmpl_id.company_id = self.company_b
        self.env.invalidate_all()
        feed = self.station.with_user(self.users["operator"]).get_feed()["events"]
        self.assertEqual([event["product_id"] for event in feed], [False])

    def test_half_a_character(self):
        row = {"seq": 1, "uid": "uid-1-0000", "kind": "scan", "device": "", "payload": "\ud800", "happened_at": 1e9}
        with self.assertRaises(ValueError):
            self.env["inventory.device.event"]._check_batch({"events": [row], "lost": []})

    def test_restored_disk(self):
        """An old number with a new identifier is a new event: it is stored, and the agent may forget it."""
        self._ingest("A", "B", "C")
        rows = [{"seq": 2, "uid": "other-uid", "kind": "scan", "device": "", "payload": "D", "happened_at": 1e9}]
        self.assertEqual(self.env["inventory.device.event"]._ingest(self.agent, rows, []), {"ack": 3, "new": 1})

    def test_product_of_a_scan(self):
        """Exactly one product of the company has the code, else none is guessed."""
        product = self.env["product.product"].create({"name": "P", "barcode": "4006381333931"})
        for name, company in (("Q", False), ("R", False), ("S", self.company_b.id)):
            code = "TWICE" if name != "S" else "FOREIGN"
            self.env["product.product"].create({"name": name, "default_code": code, "company_id": company})
        self._ingest("4006381333931", "TWICE", "FOREIGN", "NONE")
        feed = self.station.with_user(self.users["operator"]).get_feed()["events"]
        self.assertEqual(
            {event["payload"]: event["product_id"] for event in feed},
            {"4006381333931": product.id, "TWICE": False, "FOREIGN": False, "NONE": False},
        )

    def test_uninstalled_station_choice(self):
        """Without any station the page has an empty choice, not an error."""
        self.env["inventory.device.agent"].search([]).unlink()
        self.env["inventory.device.station"].search([]).unlink()
        self.assertEqual(self.env["inventory.device.station"].with_user(self.users["operator"]).get_stations(), [])
