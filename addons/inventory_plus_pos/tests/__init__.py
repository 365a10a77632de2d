from . import test_till_channel, test_till_sales, test_till_ship_later
