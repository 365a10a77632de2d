"""The planning engine: demand history in, parameters and dates out; numpy and scipy only.

Nothing here knows Odoo, a database or a user. Every function takes all items at once as arrays (one row an item) and
returns arrays; quantities are in the item's own unit, times in days, dates as day numbers counted from the planning
date. One concept a file:

``classes``       ABC, XYZ and Syntetos-Boylan, each convention a named constant
``cumulative``    demand per day and the error of forecasting it over a protection interval
``distributions`` quantiles of the demand over that interval
``loss``          what a reorder point gives: cycle service, expected shortage, fill rate
``safety_stock``  safety stock for a cycle service target
``reorder``       order quantities and the need to buy
``projection``    the day on which the stock falls below a level
``status``        the colour of an item
``plan``          the parameters of all items: the steps above in a row
``snapshot``      dates, need and colour of all items from stock, open orders and parameters
"""

from . import classes, cumulative, distributions, loss, plan, projection, reorder, safety_stock, snapshot, status
