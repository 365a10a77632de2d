from . import alert, alert_delivery, alert_rule, alert_subject, item, res_company, res_config_settings, stock_warehouse
