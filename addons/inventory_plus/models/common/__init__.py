from . import scope
from . import item
from . import verify
