from . import channels, common, control, core, demo, planning
