"""What the parts of an adjustment share: the key of a stock, and who may see what."""

#: What makes stock the same stock: the key of a quant.
KEY = ("product_id", "location_id", "lot_id", "package_id", "owner_id")
#: Who may see what the books say; a counter may not (law 10).
SEES_BOOK = "inventory_plus.group_viewer"
#: Who may see what a difference is worth.
SEES_VALUE = "inventory_plus.group_approver,inventory_plus.group_auditor"
