"""A demonstration company made from a seed: what it sells, whom it buys from, and two years of its days.

Pure numpy code without Odoo; ``models/demo`` loads what comes out of it. The same seed and days give the same company.
"""

from .catalogue import Catalogue, build_catalogue
from .demand import CLASSES, build_demand
from .simulation import Company, simulate


def build_company(seed=1, products=300, days=730, last_day=None):
    """Catalogue and history of the company.

    :param int seed: of the random numbers
    :param int products: number of products
    :param int days: length of the history
    :param datetime.date last_day: last day of the history
    :return: :class:`Company`
    """
    catalogue = build_catalogue(seed, products)
    demand = build_demand(seed, catalogue, days, last_day)
    return simulate(seed, catalogue, demand, last_day)
