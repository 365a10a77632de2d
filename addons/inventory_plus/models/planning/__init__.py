from . import (
    history_column,
    history_import,
    history_import_check,
    history_import_command,
    history_import_products,
    history_import_write,
    history_messages,
    history_progress,
    history_replaced,
)
