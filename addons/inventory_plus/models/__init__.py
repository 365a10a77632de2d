from . import common
from . import planning
from . import control
from . import core
