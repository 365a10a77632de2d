from . import common, control, core, demo, planning
