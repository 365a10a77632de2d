from .common import test_audit, test_job
