from . import (
    channel,
    keeper,
    pos_config,
    stock_move,
    stock_picking,
    stock_quant,
)
