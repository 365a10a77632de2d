"""From what was booked to what was asked for: the daily history of all items at once, made fit for a forecast.

One concept a file:

``calendar``  weekdays on which a warehouse is closed: no demand there is no news
``cancelled`` what came back within days was never asked for
``event``     planned events: their uplift divided out of the past, multiplied into the days to come
``outlier``   single giant orders, capped
``censored``  days without stock: unknown, not without demand
``chain``     a predecessor's demand goes on in its successor
``like``      a new item begins with the history of one that is like it
``life``      the end of an item's life
``prepare``   the steps above in a row, with a record of what was done to each item

A history is a matrix of shape (n, T), units per day, its last column the day before planning. ``first_day`` is the
column of the first demand (T for none); what lies before it is no history.
"""

from . import calendar, cancelled, censored, chain, event, life, like, outlier, prepare
