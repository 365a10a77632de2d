"""The Chinese translation holds every term of a fresh export, none empty, none fuzzy, placeholders intact."""

import json
import re
import time
from collections import Counter

from .. import paths
from . import child, odoo_tests
from .selection import Selection

LIMIT = 300
_SHOWN = 40
_PLACEHOLDER = re.compile(r"%(?:\([\w.]+\))?[-+ #0]*\d*(?:\.\d+)?[sdifrgeFG]|%%")


def run(home, report, selection):
    """Compare each addon's zh_CN.po with the terms that its code, views and data hold now."""
    addons = [name for name in paths.our_addons() if selection.wants_addon(name)]
    addons = [name for name in addons if not selection.files and selection.matches(_check(name))]
    if not addons:
        return
    began = time.monotonic()
    # Each where it is installed; the last such database has the most of the others.
    where = {name: modules for _stage, names, modules in odoo_tests.variants(Selection()) for name in names}
    answers = {
        modules: _terms(home, modules, [name for name in addons if where[name] == modules])
        for modules in dict.fromkeys(where[name] for name in addons)
    }
    seconds = (time.monotonic() - began) / len(addons)
    for addon in addons:
        answer = answers[where[addon]]
        found = problems(addon, answer[addon]) if isinstance(answer, dict) else answer
        report.check("translation", _check(addon), found, seconds)


def _check(addon):
    return f"{addon} is wholly translated to Chinese"


def _terms(home, modules, addons):
    """What scripts/terms.py found of these addons where `modules` are, or a list of sentences when it did not run."""
    database = home.databases.clone(modules)
    target, log = home.log_dir / "terms.json", home.log_dir / "terms.log"
    target.unlink(missing_ok=True)
    script = (paths.CONFIG / "command" / "testing" / "scripts" / "terms.py").read_text(encoding="utf-8")
    command = [*home.settings.odoo, "shell", *home.settings.odoo_options(), f"--database={database}", "--no-http"]
    environment = home.environment(INVENTORY_TERMS=target, INVENTORY_TESTED=",".join(addons))
    done = child.run([*command, "--log-level=warn"], log, LIMIT, environment, paths.ROOT, stdin=script)
    home.databases.drop(database)
    if done.code or not target.exists():
        return [f"The terms could not be exported (exit status {done.code}).", *child.tail(log).splitlines()]
    return json.loads(target.read_text(encoding="utf-8"))


def problems(addon, answer):
    """Sentences about one addon's translation.

    :param answer: ``terms`` (of a fresh export), ``file`` (it exists), ``entries`` (term, translation, fuzzy)
    """
    if not answer["terms"]:
        return []
    if not answer["file"]:
        return [f"addons/{addon}/i18n/zh_CN.po is missing; {len(answer['terms'])} terms wait for it."]
    entries = {term: (text, fuzzy) for term, text, fuzzy in answer["entries"]}
    found = [f"missing: {_short(term)}" for term in answer["terms"] if term not in entries]
    for term in answer["terms"]:
        text, fuzzy = entries.get(term, (None, False))
        if text == "":
            found.append(f"empty: {_short(term)}")
        elif fuzzy:
            found.append(f"fuzzy: {_short(term)}")
        elif text and Counter(_PLACEHOLDER.findall(term)) != Counter(_PLACEHOLDER.findall(text)):
            found.append(f"other placeholders than the source: {_short(term)}")
    if len(found) > _SHOWN:
        found = [*found[:_SHOWN], f"... and {len(found) - _SHOWN} more"]
    return found and [f"addons/{addon}/i18n/zh_CN.po:", *found]


def _short(term):
    text = " ".join(term.split())
    return text if len(text) <= 100 else text[:97] + "..."
