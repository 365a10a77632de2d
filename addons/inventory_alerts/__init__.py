from . import models, pipeline
