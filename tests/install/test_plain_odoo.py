"""People who have an Odoo 19 already add the addons folder and the Python packages that the README names."""

import ast
import re
import subprocess

import pytest

from tests.support.processes import tail
from tests.support.settings import OURS, ROOT

pytestmark = pytest.mark.slow


def test_the_readme_names_every_package():
    text = (ROOT / "README.md").read_text(encoding="utf-8").lower()
    needed = {"odoo-addon-queue-job"}
    for addon in OURS:
        data = ast.literal_eval((ROOT / "addons" / addon / "__manifest__.py").read_text(encoding="utf-8"))
        needed |= set(data.get("external_dependencies", {}).get("python", []))
    assert not {name for name in needed if not re.search(rf"\b{re.escape(name.lower())}\b", text)}


def test_a_plain_odoo_installs_and_serves_them(settings, databases, server, together):
    db = f"{databases.clone('base', name=None)}"
    # Begin with nothing: neither our template nor the addons that mend the Debian package take part.
    databases.drop(db)
    plain = [folder for folder in settings.addons_path if folder != str(ROOT / "config" / "addons")]
    log = settings.log_dir / f"plain_{db}.log"
    command = settings.odoo_command(
        f"--database={db}", f"--init={','.join(OURS)}", "--stop-after-init", "--no-http", addons_path=plain
    )
    with log.open("wb") as stream:
        done = subprocess.run(
            command, stdout=stream, stderr=subprocess.STDOUT, env=settings.environment(), timeout=600, check=False
        )
    text = log.read_text(encoding="utf-8", errors="replace")
    assert done.returncode == 0, tail(log)
    assert not re.findall(r" (?:ERROR|CRITICAL) .*", text)
    assert set(together(db, [("tests.install.work:installed",)])[0]) == set(OURS)
    running = server(db, workers=0, options=[f"--addons-path={','.join(plain)}"])
    status, page = running.client().http("/odoo")
    assert status == 200
    assert "Odoo" in page
