"""Work that needs Odoo's environment: ``main(env, **arguments)`` of the modules in ``inside/``, in Odoo's shell."""

import json
import subprocess
import tempfile
from pathlib import Path

from . import paths, process
from .console import Trouble

_INSIDE = Path(__file__).resolve().parent / "inside"
_MARK = "\x1einventory\x1e"

# Given to Odoo's shell on standard input. A UserError travels as a sentence, everything else as a traceback in the log.
_LAUNCH = """
import importlib.util, json, sys
from odoo.exceptions import UserError
request = json.loads({request!r})
spec = importlib.util.spec_from_file_location("inventory_inside", request["path"])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
try:
    answer = {{"value": module.main(env, **request["arguments"])}}
    env.cr.commit()
except UserError as error:
    env.cr.rollback()
    answer = {{"sentence": str(error.args[0] if error.args else error)}}
sys.stdout.write({mark!r} + json.dumps(answer, default=str) + {mark!r})
sys.stdout.flush()
"""


def run(home, database, script, what, *, log="setup", watch=None, **arguments):
    """Run ``inside/<script>.py``'s ``main(env, **arguments)`` on a database and commit.

    :param what: for the sentence when it fails ("making the demonstration company")
    :param watch: see :func:`process.run`
    :return: what ``main`` returns, by way of JSON
    :raises Trouble: the script refused (a UserError's sentence) or crashed
    """
    request = json.dumps({"path": str(_INSIDE / f"{script}.py"), "arguments": arguments})
    launch = _LAUNCH.format(request=request, mark=_MARK)
    path = process.log_path(log)
    argv = home.odoo("shell", "-d", database, "--no-http", "--max-cron-threads=0", "--log-level=info")
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as answer, path.open("ab") as stream:
        source.write(launch.encode())
        source.seek(0)
        stream.write(f"\n$ {script} on {database}\n".encode())
        stream.flush()
        since = stream.tell()
        child = subprocess.Popen(
            argv,
            stdin=source,
            stdout=answer,
            stderr=stream,
            env=home.environment(),
            cwd=paths.ROOT,
            preexec_fn=process.die_with_parent,
        )
        code = process.wait(child, (lambda: watch(path, since)) if watch else None)
        answer.seek(0)
        parts = answer.read().decode("utf-8", "replace").split(_MARK)
    if len(parts) < 3:
        text = process.tail(path, 300, since)
        reason = process.reason_in(text) or process.last_words(text)
        raise Trouble(f"{what} failed with exit status {code}: {reason} (log: {path}).")
    outcome = json.loads(parts[-2])
    if "sentence" in outcome:
        raise Trouble(outcome["sentence"])
    return outcome["value"]
