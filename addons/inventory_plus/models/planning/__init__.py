from . import (
    history_column,
    history_import,
    history_import_check,
    history_import_command,
    history_import_products,
    history_import_write,
    history_messages,
    history_opening,
    history_progress,
    history_replaced,
    item_dirty,
    item_explanation,
    item_links,
    item_open,
    item_plan,
    item_plan_read,
    item_plan_write,
    item_queue,
    item_refresh,
    item_rfq,
    res_company,
    res_config_settings,
    wake,
)
from . import res_company
from . import res_config_settings
from . import item_dirty
from . import item_plan_read
from . import item_plan
from . import item_plan_write
from . import item_explanation
from . import item_open
from . import item_refresh
from . import item_queue
from . import item_rfq
from . import item_links
from . import wake
from . import verify_item
