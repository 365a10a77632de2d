from . import history_import
