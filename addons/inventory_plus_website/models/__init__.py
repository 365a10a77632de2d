from . import (
    channel,
    checkout_hold,
    product_product,
    sale_order,
    website,
)
