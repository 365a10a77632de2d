"""Forecasts of many series at once, right-aligned rows of one matrix.

``smoothing``    naive, moving average, exponential smoothing with and without trend
``theta``        Theta
``intermittent`` Croston, its unbiased variants, TSB
``winters``      Holt-Winters, additive and multiplicative
``automatic``    any series: season test and a combination, or SBA where it sells now and then; not used by the plan
``candidates``   the methods on weekly demand, each as what it expects of the next weeks together
``choose``       the choice of an item's method by its error over the protection interval: forecasts the items

A method returns a :class:`~.path.Path`: what it would have said at every past period, so that one pass over time gives
the forecast, its past errors over any interval, and the band around it.
"""

from . import automatic, candidates, choose, intermittent, path, smoothing, theta, winters
