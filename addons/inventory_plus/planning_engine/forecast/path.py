"""What a method says at each moment of a history."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Path:
    """Level and trend of n series after each of T periods.

    The forecast made after period t for h periods ahead is ``level[t] + trend[t] (phi + phi^2 + ... + phi^h)``.

    :param level: shape (n, T), nan before a series begins
    :param trend: shape (n, T), units per period; ``damping``: shape (n,), phi, 0 < phi <= 1
    :param names: dict of parameters, each of shape (n,)
    """

    level: np.ndarray
    trend: np.ndarray
    damping: np.ndarray
    names: dict

    def steps(self, horizon):
        """``phi + ... + phi^h`` for h = 1..horizon: shape (n, horizon)."""
        return np.cumsum(self.damping[:, None] ** np.arange(1, horizon + 1)[None, :], axis=1)

    def ahead(self, horizon, origin=-1):
        """Forecasts for the ``horizon`` periods after column ``origin``: shape (n, horizon)."""
        return self.level[:, origin, None] + self.trend[:, origin, None] * self.steps(horizon)


def flat(level, **names):
    """A path without trend."""
    return Path(level, np.zeros_like(level), np.ones(level.shape[0]), names)
