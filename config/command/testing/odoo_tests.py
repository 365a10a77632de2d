"""Tests of our addons inside Odoo: one process per database, with manufacturing and without."""

import uuid
from dataclasses import replace

from .. import paths
from . import child, files
from .record import Record

LIMIT = 1500
# Our loader shims; test_results comes last, so that it sees and filters what the others add.
LOAD = "base,rpc,web,test_all_post_install,test_javascript,test_results"
MANUFACTURING = "mrp_account"
# The online shop and the point of sale: sixty more modules, so a database of their own where only what glues them is
# tested, and no other test grows slower.
SHOPS = ("website_sale_stock", "point_of_sale")


def glue_addons():
    """Our addons that install themselves where another module is present."""
    from tests.support.databases import manifest

    return [name for name in paths.our_addons() if manifest(name).get("auto_install")]


def variants(selection):
    """(stage, addons, modules of the template) of the databases to test on."""
    from tests.support.databases import manifest

    glue = glue_addons()
    plain = [name for name in paths.our_addons() if name not in glue]
    shops = [name for name in glue if set(manifest(name)["depends"]) & set(SHOPS)]
    making = [name for name in glue if name not in shops]
    found = [("addons", plain, ",".join(plain))]
    if making:
        # Everything of the first is installed here, too; a quick run does not repeat it without manufacturing.
        found = [] if selection.quick else found
        found.append(("addons with mrp", [*plain, *making], ",".join([*plain, MANUFACTURING])))
    if shops:
        found.append(("addons with shops", shops, ",".join(["inventory_plus", *SHOPS])))
    wanted = [
        (stage, [name for name in addons if selection.wants_addon(name)], modules) for stage, addons, modules in found
    ]
    return [variant for variant in wanted if variant[1]]


def wants_assets(selection, modules):
    """Whether web bundles are made beforehand: for browsers, of which the shops' glue needs none."""
    return not selection.quick and set(SHOPS).isdisjoint(modules.split(","))


def parts(selection, addons):
    """The selection cut in two by folders of test files; only itself where something narrower was selected."""
    largest = paths.ADDONS / "inventory_plus" / "tests" / "planning"
    if not selection.everything or "inventory_plus" not in addons:
        return [selection]
    folders = [paths.ADDONS / name / "tests" for name in addons if name != "inventory_plus"]
    folders += [path for path in largest.parent.iterdir() if path != largest]
    return [replace(selection, files=[largest]), replace(selection, files=sorted(folders))]


def run(home, report, selection, stage, addons, modules):
    """Run the tests of `addons` on a clone with `modules`; returns what the process told, or None when nothing ran."""
    if not any((paths.ADDONS / name / "tests").is_dir() for name in addons):
        return None
    database = home.databases.clone(modules, assets=wants_assets(selection, modules))
    tags = [f"/{name}" for name in addons] + (["-browser"] if selection.quick else [])
    # The browser runs once for each addon: where it is tested without manufacturing, or with what it glues.
    if stage != "addons" and not selection.quick:
        tags += [f"-browser/{name}" for name in addons if name not in glue_addons()]
    try:
        return execute(home, report, stage, database, tags, LIMIT, selection=selection, addons=addons)
    finally:
        home.databases.drop(database)


def execute(home, report, stage, database, tags, limit, selection=None, addons=(), options=(), load=LOAD):
    """Run one Odoo test process and report its tests.

    :param tags: parts of ``--test-tags``
    :param report: where outcomes go; None to only read them
    :return: :class:`Record`
    """
    name = f"{stage.replace(' ', '_')}_{uuid.uuid4().hex[:6]}"
    events = home.log_dir / f"{name}.jsonl"
    log = home.log_dir / f"{name}.log"
    environment = {"INVENTORY_RESULTS": events, "INVENTORY_TESTED": ",".join(addons)}
    if selection and selection.names:
        environment["INVENTORY_NAMES"] = selection.pattern()
    if selection and selection.files:
        environment["INVENTORY_FILES"] = selection.file_pattern()
    command = home.settings.odoo_command(
        f"--database={database}",
        f"--db-filter=^{database}$",
        f"--http-port={_free_port()}",
        f"--load={load}",
        f"--test-tags={','.join(tags)}",
        f"--screenshots={home.log_dir / 'screenshots'}",
        "--max-cron-threads=0",
        "--stop-after-init",
        *options,
    )
    done = child.run(command, log, limit, home.environment(**environment), paths.ROOT)
    record = Record.read(events, stage, log)
    record.seconds = done.seconds
    record.trouble = record.problems(done.code, limit if done.stopped else None)
    if report is not None:
        publish(report, record, selection)
    return record


def publish(report, record, selection=None):
    """Hand the outcomes of a test process to the report."""
    for outcome in record.outcomes.values():
        report.add(outcome)
    if record.trouble:
        text = "\n".join([*record.trouble, child.tail(record.log)])
        report.failed(record.stage, "the test process", text, record.log)
    if (
        not record.matched
        and not record.trouble
        and (selection is None or (not selection.names and not selection.files))
    ):
        report.failed(record.stage, "tests were found", "Odoo found no test to run.", record.log)


def loaded(report, addons, records):
    """Check that every test file of `addons` was loaded by one of the processes."""
    found = set().union(*(record.loaded for record in records)) if records else set()
    for addon in addons:
        report.check(
            "files", f"every test file of {addon} is loaded", files.not_loaded(files.addon_tests(addon), found)
        )


def _free_port():
    from tests.support.processes import free_port

    return free_port()
