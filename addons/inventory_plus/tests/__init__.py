from .common import test_job
