"""The planning engine: demand history in, parameters and dates out; numpy and scipy only.

Nothing here knows Odoo, a database or a user. Every function takes all items at once as arrays (one row an item) and
returns arrays; quantities are in the item's own unit, times in days, dates as day numbers counted from the planning
date. One concept a file:

``classes``       ABC, XYZ and Syntetos-Boylan, each convention a named constant
``cumulative``    demand per day and the error of forecasting it over a protection interval
``demand``        the daily history made fit for a forecast: closed days, outliers, unknown days, events, successors
``distributions`` quantiles of the demand over that interval
``protection``    the demand until an order arrives: quantiles, chance, shortage
``targets``       the kinds of target, their limits, the reorder point of each
``loss``          what a reorder point gives: cycle service, expected shortage, fill rate
``safety_stock``  safety stock for a cycle service target
``reorder``       order quantities and the need to buy
``buying``        price breaks that pay, a set that reaches the vendor's minimum order
``rebalance``     who gives to whom between warehouses
``lot_size``      economic quantities, price breaks, the plan of least cost for known demand
``reorder_exact`` exact cost of a reorder point and quantity, and the best pair
``newsvendor``    one chance to order
``lost_sales``    orders and levels where customers do not wait
``season``        indices, how far they are to be believed, uplift of single days
``season_group``  the season of all items together, for those whose own does not show
``forecast``      exponential smoothing, Theta, intermittent methods, their combination
``outlook``       demand and stock of the weeks to come, for a picture
``path``          the demand of each coming day, where the days differ
``projection``    the day on which the stock falls below a level
``status``        the colour of an item
``plan``          the parameters of all items: the steps above in a row
``backtest``      what a policy would have done with the items' own history
``pins``          values that a person keeps, and what the others become beside them
``simulate``      what a policy would have done, day by day
``snapshot``      dates, need and colour of all items from stock, open orders and parameters
"""

from . import (
    backtest,
    buying,
    classes,
    cumulative,
    demand,
    distributions,
    forecast,
    loss,
    lost_sales,
    lot_size,
    newsvendor,
    outlook,
    path,
    plan,
    projection,
    protection,
    rebalance,
    reorder,
    reorder_exact,
    safety_stock,
    season,
    season_group,
    simulate,
    snapshot,
    status,
    targets,
)
