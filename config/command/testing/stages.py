"""The stages of ``./inventory test`` in order, two lanes beside each other where two cores help."""

import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

from ..console import Trouble, step
from . import browser, files, lint, odoo_tests, pytests, translation


class Runner:
    """Runs stages and keeps their times. A stage that breaks is a failure, and the others go on."""

    def __init__(self, home, report, selection):
        self.home = home
        self.report = report
        self.selection = selection
        self._records = []
        self._lock = threading.Lock()

    def run(self):
        """Run what is selected."""
        home, report, selection = self.home, self.report, self.selection
        self._stage("lint", lint.run, home, report, selection)
        self._stage("house", files.run, report, selection)
        self._stage("pure packages", pytests.pure, home, report, selection)
        if not selection.quick:
            self._stage("browser", browser.run, home, report, selection)
        variants = odoo_tests.variants(selection)
        # Templates one after the other: two builders would wait for the same base.
        self._stage("templates", self._templates, variants)
        with ThreadPoolExecutor(2) as pool:
            lanes = [pool.submit(self._stage, stage, self._odoo, stage, *rest) for stage, *rest in variants]
            for lane in lanes:
                lane.result()
        self._loaded(variants)
        self._stage("translation", translation.run, home, report, selection)
        with ThreadPoolExecutor(2) as pool:
            lanes = [
                pool.submit(self._stage, f"processes {index + 1}", pytests.across, home, report, selection, (index, 2))
                for index in range(2)
            ]
            for lane in lanes:
                lane.result()

    def _stage(self, name, function, *arguments):
        began = time.monotonic()
        before = len(self.report.outcomes)
        try:
            with step(name):
                function(*arguments)
        except Trouble as trouble:
            self.report.failed(name, "the stage", str(trouble))
        except Exception:
            self.report.failed(name, "the stage", traceback.format_exc())
        if len(self.report.outcomes) > before or name == "templates":
            self.report.time(name, time.monotonic() - began)

    def _templates(self, variants):
        for _stage, _addons, modules in variants:
            self.home.databases.template(modules, assets=not self.selection.quick)

    def _odoo(self, stage, addons, modules):
        record = odoo_tests.run(self.home, self.report, self.selection, stage, addons, modules)
        if record:
            with self._lock:
                self._records.append(record)

    def _loaded(self, variants):
        """Every test file of the addons that were tested must have been loaded by one of the databases."""
        addons = sorted({name for _stage, names, _modules in variants for name in names})
        addons = [name for name in addons if files.addon_tests(name)]
        # A look for one name proves nothing about files.
        if addons and self._records and not self.selection.names:
            odoo_tests.loaded(self.report, addons, self._records)
