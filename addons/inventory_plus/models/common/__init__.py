from . import item, scope, verify
