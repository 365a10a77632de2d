from . import dashboard, snapshot
