"""Runs in `odoo shell`: writes every term of our addons that a fresh export would hold, and what the Chinese file says.

INVENTORY_TERMS names the file to write, INVENTORY_TESTED the addons.
"""

import json
import os
from pathlib import Path

import polib
from odoo.modules.module import get_module_path
from odoo.tools.translate import TranslationModuleReader

answer = {}
for addon in os.environ["INVENTORY_TESTED"].split(","):
    terms = sorted({term[4] for term in TranslationModuleReader(env.cr, [addon])})  # noqa: F821
    path = Path(get_module_path(addon)) / "i18n" / "zh_CN.po"
    entries = polib.pofile(str(path)) if path.is_file() else []
    answer[addon] = {
        "terms": terms,
        "file": path.is_file(),
        "entries": [[entry.msgid, entry.msgstr, entry.fuzzy] for entry in entries if not entry.obsolete],
    }
Path(os.environ["INVENTORY_TERMS"]).write_text(json.dumps(answer), encoding="utf-8")
