from . import value_snapshot, verify
