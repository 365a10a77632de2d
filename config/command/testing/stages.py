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
        variants = odoo_tests.variants(self.selection)
        if self.selection.quick:
            # The longest first, so that two lanes end together.
            self._templates(variants)
            self._beside(self._across, *self._parts(variants), lambda: (self._sources(), self._translation()))
        else:
            self._sources()
            self._stage("browser", browser.run, self.home, self.report, self.selection)
            self._templates(variants)
            self._addons(variants)
            self._translation()
            self._beside(lambda: self._across((0, 2)), lambda: self._across((1, 2)))
        self._loaded(variants)

    def _sources(self):
        """What is read in files, and what needs no Odoo."""
        home, report, selection = self.home, self.report, self.selection
        self._stage("lint", lint.run, home, report, selection)
        self._stage("house", files.run, report, selection)
        self._stage("pure packages", pytests.pure, home, report, selection)

    def _translation(self):
        self._stage("translation", translation.run, self.home, self.report, self.selection)

    def _templates(self, variants):
        # One after the other: two builders would wait for the same base.
        self._stage("templates", self._build, variants)

    def _addons(self, variants):
        self._beside(*(lambda variant=variant: self._stage(variant[0], self._odoo, *variant) for variant in variants))

    def _parts(self, variants):
        """Odoo's tests as lanes of about the same length: those of the largest folder, and the others."""
        lanes = []
        for stage, addons, modules in variants:
            for number, part in enumerate(odoo_tests.parts(self.selection, addons), 1):
                lanes.append(
                    lambda name=f"{stage}, part {number}", part=part, rest=(stage, addons, modules): self._stage(
                        name, self._odoo, *rest, part
                    )
                )
        return lanes

    def _across(self, part=None):
        name = "processes" if part is None else f"processes {part[0] + 1}"
        self._stage(name, pytests.across, self.home, self.report, self.selection, part)

    def _beside(self, *lanes):
        """Run the lanes beside each other, as many as there are cores on the smallest machine."""
        with ThreadPoolExecutor(2) as pool:
            for lane in [pool.submit(lane) for lane in lanes]:
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

    def _build(self, variants):
        for _stage, _addons, modules in variants:
            self.home.databases.template(modules, assets=odoo_tests.wants_assets(self.selection, modules))

    def _odoo(self, stage, addons, modules, selection=None):
        record = odoo_tests.run(self.home, self.report, selection or self.selection, stage, addons, modules)
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
