"""Lets plain pytest import the pure packages inside our addons (the planning engine, the agent, the codecs).

pytest imports a test by its whole package path, which would run the addon's own ``__init__`` and with it Odoo. Each
addon is therefore registered beforehand as an empty package with the right folder: what lies inside can be imported,
and a pure package that reaches for Odoo fails.
"""

import sys
import types
from pathlib import Path

for _manifest in Path(__file__).parent.glob("*/__manifest__.py"):
    _name = _manifest.parent.name
    if _name not in sys.modules:
        _package = types.ModuleType(_name)
        _package.__path__ = [str(_manifest.parent)]
        _package.__file__ = str(_manifest.parent / "__init__.py")
        sys.modules[_name] = _package
