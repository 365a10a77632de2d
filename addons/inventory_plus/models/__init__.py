from . import common, control, core, planning
