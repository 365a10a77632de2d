from . import (
    channel,
    checkout_hold,
    payment_transaction,
    product_product,
    sale_order,
    website,
)
