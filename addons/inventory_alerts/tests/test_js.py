"""The JavaScript unit tests of this addon, in Chromium, desktop and phone."""

from odoo.addons.web.tests.test_js import HOOTCommon, unit_test_error_checker
from odoo.tests import tagged


@tagged("post_install", "-at_install", "inventory_hoot")
class TestInventoryAlertsJs(HOOTCommon):
    def _run_suite(self, preset):
        suite = self._generate_hash("@inventory_alerts")
        self.browser_js(
            f"/web/tests?headless&loglevel=2&preset={preset}&timeout=15000&id={suite}",
            "",
            "",
            login="admin",
            timeout=300,
            success_signal="[HOOT] Test suite succeeded",
            error_checker=unit_test_error_checker,
        )

    def test_desktop(self):
        self._run_suite("desktop")

    def test_mobile(self):
        self.browser_size = "375x667"
        self.touch_enabled = True
        self._run_suite("mobile")
