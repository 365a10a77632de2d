from . import test_checkout_hold, test_shop_channel, test_shop_pages, test_shop_payment, test_shop_shown
