from . import daily_flow
