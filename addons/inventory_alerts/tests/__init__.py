from .alert import test_access, test_delivery, test_pipeline, test_routing, test_rule, test_tour
