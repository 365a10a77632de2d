"""The files for production: what they name exists, the programs that read them accept them, the backup restores."""

import configparser
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import ROOT

CONFIG = ROOT / "config"


def test_odoo_knows_every_option(settings):
    """Odoo takes unknown options without a word; a misspelt one would do nothing."""
    shown = subprocess.run(
        [*settings.odoo, "server", "--help"], capture_output=True, text=True, check=True, env=os.environ
    ).stdout
    known = {option.replace("-", "_") for option in re.findall(r"--([a-z_-]+)", shown)}
    # Options of the file only, or with another name there.
    known |= {"admin_passwd", "dbfilter", "list_db", "server_wide_modules", "db_name", "without_demo", "log_handler"}
    for name in ("odoo.conf", "odoo.production.conf"):
        parser = configparser.ConfigParser(interpolation=None)
        parser.read(CONFIG / name, encoding="utf-8")
        assert set(parser["options"]) <= known, name
        assert "queue_job" in parser["options"]["server_wide_modules"].split(",")
        assert "root.inventory:" in parser["queue_job"]["channels"]


def test_nginx_accepts_its_file(tmp_path):
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if not nginx:
        pytest.skip("nginx is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            key,
            "-out",
            certificate,
            "-subj",
            "/CN=x",
        ],
        check=True,
        capture_output=True,
    )
    text = (CONFIG / "nginx.conf").read_text(encoding="utf-8")
    for old, new in (
        ("/etc/ssl/certs/inventory.pem", certificate),
        ("/etc/ssl/private/inventory.key", key),
        ("/var/cache/nginx/inventory", tmp_path / "cache"),
    ):
        assert old in text
        text = text.replace(old, str(new))
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path}/pid; error_log {tmp_path}/log; events {{}} http {{\n{text}\n}}", encoding="utf-8")
    done = subprocess.run([nginx, "-t", "-c", whole], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_systemd_accepts_the_units(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    for unit in (CONFIG / "systemd").iterdir():
        # The programs of an installed system are not here; everything else is checked.
        text = re.sub(r"^ExecStart=.*$", "ExecStart=/bin/true", unit.read_text(encoding="utf-8"), flags=re.MULTILINE)
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    units = sorted(path for path in tmp_path.iterdir() if path.suffix in (".service", ".timer"))
    assert len(units) == 3
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    if "Failed to initialize manager" in done.stderr:
        pytest.skip("systemd-analyze does not work on this machine")
    mentioned = [line for line in done.stderr.splitlines() if "inventory-" in line]
    assert not mentioned, done.stderr


@pytest.mark.parametrize("name", ["run.conf", "test.conf", "production.conf"])
def test_postgresql_accepts_its_settings(tmp_path, name):
    servers = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not servers:
        pytest.skip("the distribution's PostgreSQL is not installed")
    tmp_path.chmod(0o755)
    for folder in tmp_path.parents:
        if folder.stat().st_uid == os.geteuid() and folder.name.startswith("pytest-"):
            folder.chmod(0o755)
    settings = tmp_path / "postgresql.conf"
    settings.write_text((CONFIG / "postgresql" / name).read_text(encoding="utf-8"), encoding="utf-8")
    argv = [servers[-1], "-C", "jit", f"--config-file={settings}", "-D", tmp_path]
    if os.geteuid() == 0:
        argv = ["runuser", "-u", "postgres", "--", *argv]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd="/")
    assert (done.returncode, done.stdout.strip()) == (0, "off"), done.stderr


def test_a_backup_can_be_restored(clone, databases, settings, tmp_path):
    database = clone("inventory_plus")
    store = settings.data_dir / "filestore" / database
    store.mkdir(parents=True, exist_ok=True)
    (store / "a_file").write_text("kept", encoding="utf-8")
    command = [CONFIG / "backup.sh", database, settings.data_dir, tmp_path / "backups"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = Path(done.stdout.strip())
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=made, check=True)
    restored = f"{database}_restored"
    subprocess.run(["createdb", restored], check=True)
    try:
        subprocess.run(["pg_restore", "--no-owner", "-d", restored, made / "database.dump"], check=True)
        query = "SELECT state FROM ir_module_module WHERE name = 'inventory_plus'"
        answer = subprocess.run(["psql", "-Atc", query, restored], capture_output=True, text=True, check=True).stdout
        assert answer == "installed\n"
    finally:
        subprocess.run(["dropdb", "--force", restored], check=True)
    subprocess.run(["tar", "-xzf", made / "files.tar.gz", "-C", tmp_path], check=True)
    assert (tmp_path / "a_file").read_text(encoding="utf-8") == "kept"


def test_backups_of_nothing_and_old_ones(tmp_path):
    folder = tmp_path / "backups"
    old = folder / "postgres-20200101T000000Z"
    old.mkdir(parents=True)
    os.utime(old, (0, 0))
    done = subprocess.run(
        [CONFIG / "backup.sh", "postgres", tmp_path, folder], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "holds no Odoo; nothing was kept" in done.stderr
    assert [path.name for path in folder.iterdir() if path.is_dir()] == [old.name], "a failed backup removes no old one"
    done = subprocess.run([CONFIG / "backup.sh", "a", "b", folder, "soon"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
