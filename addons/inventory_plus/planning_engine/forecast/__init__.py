"""Forecasts of many series at once, right-aligned rows of one matrix.

``smoothing``    naive, moving average, exponential smoothing with and without trend, Holt-Winters
``theta``        Theta
``intermittent`` Croston, its unbiased variants, TSB
``automatic``    season test, combination, and the choice of a method by its error over the protection interval

A method returns a :class:`~.path.Path`: what it would have said at every past period, so that one pass over time gives
the forecast, its past errors over any interval, and the band around it.
"""

from . import automatic, intermittent, path, smoothing, theta
