from . import common, control, core, planning
from . import demo
