from . import (
    stock_location,
    stock_move,
    stock_move_line,
    stock_quant,
    stock_rule,
    stock_scrap,
)
