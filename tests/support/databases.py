"""Databases of tests: templates made once per set of modules and state of the sources, clones in 0.3 s."""

import ast
import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import time
import uuid
from pathlib import Path

from .settings import ROOT

TEMPLATE = "inv_tpl"
CLONE = "inv_clone"
KEEP_TEMPLATES = 3
# Bundles made while a template is built serve every clone: without them each test process makes them anew in 20 s.
PREGENERATE = "env['ir.qweb']._pregenerate_assets_bundles(); env.cr.commit()\n"


class DatabaseError(Exception):
    """A database of the tests could not be made; the message tells why and where the log is."""


def psql(sql, database="postgres"):
    """Run `sql` and return its rows as lists of strings. Values are ours alone: names checked by `_checked`."""
    done = subprocess.run(
        ["psql", "-X", "-q", "-A", "-t", "-F", "\x1f", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DatabaseError(f"PostgreSQL refused: {done.stderr.strip() or done.stdout.strip()}")
    return [line.split("\x1f") for line in done.stdout.splitlines() if line]


def switch(database, switches):
    """Set system parameters of a database that nobody uses yet: ``{key: value}``."""
    for key, value in switches.items():
        psql(
            f"INSERT INTO ir_config_parameter (key, value) VALUES ('{key}', '{value}') "
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            database,
        )


def manifest(addon, folders=(ROOT / "addons",)):
    """The manifest of one of our addons as a dictionary."""
    for folder in folders:
        path = Path(folder) / addon / "__manifest__.py"
        if path.is_file():
            return ast.literal_eval(path.read_text(encoding="utf-8"))
    raise DatabaseError(f"There is no addon {addon} under {', '.join(map(str, folders))}.")


def _checked(name):
    if not re.fullmatch(r"[a-z0-9_]{1,63}", name):
        raise DatabaseError(f"Not a database name for tests: {name}")
    return name


def _is_source(path):
    """Whether the installed database depends on this file: tests, pictures and pages for people do not count."""
    parts = path.parts
    return not ({"tests", "__pycache__", "description"} & set(parts)) and path.suffix not in {".pyc", ".md", ".png"}


def source_hash(folders):
    """A short hash over the names and contents of the files that decide what a database with these addons holds."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(p for p in Path(folder).rglob("*") if p.is_file() and _is_source(p.relative_to(folder))):
            digest.update(str(path.relative_to(folder)).encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:10]


class Databases:
    """Makes and drops the databases of one test session.

    :param switches: system parameters of every clone
    """

    def __init__(self, settings, switches=None):
        self.settings = settings
        self.switches = switches or {}
        self.clones = []

    # -- templates

    def template(self, modules="inventory_plus", assets=False):
        """The name of a template database with `modules` installed; made when missing.

        :param modules: names separated by commas; "base" for what our addons depend on, without any of ours;
            mrp or mrp_account among them brings manufacturing, website_sale_stock the shop, point_of_sale tills, and
            each, with ours, its glue addon
        :param assets: whether web bundles are made beforehand (for browsers)
        """
        wanted = sorted({name.strip() for name in modules.split(",")} - {"", "base"})
        ours = [name for name in wanted if (ROOT / "addons" / name).is_dir()]
        foreign = [name for name in wanted if name not in ours]
        # Addons that mend the package install themselves; those that only tests load are in no database.
        fixes = [folder for folder in (ROOT / "config" / "addons").iterdir() if not folder.name.startswith("test_")]
        name = self._stage("base", None, self._base_modules(), sorted(fixes))
        if foreign:
            name = self._stage("_".join(foreign), name, foreign, [])
        if ours:
            label = "all" if set(ours) >= {"inventory_plus", "inventory_alerts"} else "_".join(ours)
            folders = sorted({ROOT / "addons" / addon for addon in self._closure(ours)} | self._glue())
            name = self._stage(label, name, ours, folders)
        if assets:
            name = self._stage("web_" + "_".join([*ours, *foreign] or ["base"]), name, [], [], PREGENERATE)
        return name

    def _base_modules(self):
        """What our addons need of Odoo and OCA, read from the manifests so that it cannot drift from them."""
        needed = set()
        for folder in (ROOT / "addons").iterdir():
            if (folder / "__manifest__.py").is_file():
                data = manifest(folder.name)
                if not data.get("auto_install"):
                    needed |= set(data.get("depends", []))
        return sorted(name for name in needed if not (ROOT / "addons" / name).is_dir())

    def _closure(self, ours):
        """`ours` with those of our addons that they depend on."""
        found, todo = set(), list(ours)
        while todo:
            addon = todo.pop()
            if addon not in found:
                found.add(addon)
                todo += [name for name in manifest(addon).get("depends", []) if (ROOT / "addons" / name).is_dir()]
        return found

    def _glue(self):
        """Folders of our auto_install addons: they come along when what they glue is there."""
        return {
            folder
            for folder in (ROOT / "addons").iterdir()
            if (folder / "__manifest__.py").is_file() and manifest(folder.name).get("auto_install")
        }

    def _stage(self, label, parent, modules, folders, script=None):
        """The database made of `parent` by installing `modules` (and running `script`), named by what it depends on."""
        odoo = " ".join(self.settings.odoo)
        state = f"{parent}|{modules}|{source_hash(folders)}|{script}|{odoo}|{self.settings.data_dir}"
        digest = hashlib.sha256(state.encode()).hexdigest()[:10]
        name = _checked(f"{TEMPLATE}_{re.sub('[^a-z0-9]+', '_', label)[:36]}_{digest}")
        if self._usable(name):
            return name
        with self._lock(name):
            if not self._usable(name):
                self._build(name, parent, modules, script)
                self._forget_old(name)
        return name

    def _usable(self, name):
        return self.exists(name) and (self.settings.data_dir / "filestore" / name).is_dir()

    def _build(self, name, parent, modules, script):
        """Make the template under a temporary name; it gets its own when complete: a kill leaves nothing half done."""
        building = _checked(f"{CLONE}_{os.getpid()}_{uuid.uuid4().hex[:8]}")
        self.drop(name)
        try:
            if parent:
                self.copy(parent, building)
            log = self.settings.log_dir / f"template_{name}.log"
            if modules:
                self._odoo(log, "--database", building, "--init", ",".join(modules), "--stop-after-init")
            if script:
                self._odoo(log, "--database", building, script=script)
            self._move(building, name)
        except BaseException:
            self.drop(building)
            raise

    def _odoo(self, log, *arguments, script=None):
        """Run Odoo to the end; its output goes to `log`, whose end is quoted when it fails."""
        settings = self.settings
        command = [*settings.odoo]
        if script:
            command.append("shell")
        command += [*settings.odoo_options(), *arguments, "--max-cron-threads=0", "--no-http", "--log-level=warn"]
        with log.open("a", encoding="utf-8") as stream:
            done = subprocess.run(
                command,
                input=script or "",
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=settings.environment(),
                text=True,
                check=False,
            )
        tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-30:]
        if done.returncode or any(" CRITICAL " in line or "Traceback (most recent" in line for line in tail):
            raise DatabaseError(f"Odoo could not make a test database (see {log}):\n" + "\n".join(tail))

    def _forget_old(self, name):
        """Drop older states of the same template; the newest few stay for other branches."""
        stem = name.rsplit("_", 1)[0]
        rows = psql(f"SELECT datname FROM pg_database WHERE datname ~ '^{stem}_[0-9a-f]{{10}}$' ORDER BY oid DESC")
        for (old,) in rows[KEEP_TEMPLATES:]:
            with contextlib.suppress(DatabaseError):
                self.drop(old)

    @contextlib.contextmanager
    def _lock(self, name):
        """One builder per template: a second session waits and finds it ready."""
        path = self.settings.data_dir / f"{name}.lock"
        with path.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        path.unlink(missing_ok=True)

    # -- clones

    def clone(self, modules="inventory_plus", template=None, assets=False, name=None):
        """The name of a fresh database with `modules` installed; dropped by `drop_clones`."""
        source = template or self.template(modules, assets=assets)
        name = _checked(name or f"{CLONE}_{os.getpid()}_{uuid.uuid4().hex[:8]}")
        self.clones.append(name)
        self.copy(source, name)
        switch(name, self.switches)
        return name

    def copy(self, source, name):
        """Copy database and filestore. Files of a filestore never change in place, so they are linked, not copied."""
        for attempt in range(20):
            done = subprocess.run(["createdb", "-T", source, name], capture_output=True, text=True, check=False)
            if not done.returncode:
                break
            # Another session may be connecting to the template for a moment.
            if "being accessed by other users" not in done.stderr or attempt == 19:
                raise DatabaseError(f"The test database could not be copied from {source}: {done.stderr.strip()}")
            time.sleep(0.5)
        store = self.settings.data_dir / "filestore"
        if (store / source).is_dir():
            shutil.copytree(store / source, store / name, copy_function=os.link, dirs_exist_ok=True)
        else:
            (store / name).mkdir(parents=True, exist_ok=True)

    def _move(self, source, name):
        psql(f"ALTER DATABASE {_checked(source)} RENAME TO {_checked(name)}")
        store = self.settings.data_dir / "filestore"
        shutil.rmtree(store / name, ignore_errors=True)
        (store / source).mkdir(parents=True, exist_ok=True)
        (store / source).rename(store / name)

    def exists(self, name):
        return bool(psql(f"SELECT 1 FROM pg_database WHERE datname = '{_checked(name)}'"))

    def drop(self, name):
        """Drop a database of the tests, whoever is connected, and its filestore."""
        psql(f"DROP DATABASE IF EXISTS {_checked(name)} WITH (FORCE)")
        shutil.rmtree(self.settings.data_dir / "filestore" / name, ignore_errors=True)

    def drop_clones(self):
        """Drop what this session made."""
        while self.clones:
            self.drop(self.clones.pop())

    def drop_leftovers(self):
        """Drop clones of sessions that were killed: those whose process lives no more."""
        for (name,) in psql(f"SELECT datname FROM pg_database WHERE datname ~ '^{CLONE}_[0-9]+_'"):
            if not Path(f"/proc/{name.split('_')[2]}").exists():
                self.drop(name)
