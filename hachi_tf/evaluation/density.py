"""Where a network expected the points of a drawing: numbers for the figures of Graves 2013."""

import dataclasses
import math
from typing import NamedTuple

import numpy as np

# Beyond so many standard deviations, and below the weight that a Gaussian has there, a component
# is left out of the density of a page: e^-24.5 of its peak.
_REACH = 7.0
_LEAST_LOG_WEIGHT = -0.5 * _REACH**2
# Shares of the longer and the shorter side of a drawing that are left free around it.
_MARGINS = 0.04, 0.06
_NARROWEST = 0.6  # of a page's height


@dataclasses.dataclass(frozen=True)
class NextPoints:
    """A mixture of M Gaussians over the page for each of the T points of a drawing.

    The page is in data units, y grows downwards, and the drawing begins at its origin. All numbers
    are float64.

    Attributes:
        points: `[T, 2]`, the points that came, without the origin.
        log_weights: `[T, M]`, logarithms of the components' weights.
        loc: `[T, M, 2]`, the components' means on the page.
        log_scale: `[T, M, 2]`, logarithms of their standard deviations.
        atanh_correlation: `[T, M]`, inverse hyperbolic tangents of their correlations.
    """

    points: np.ndarray
    log_weights: np.ndarray
    loc: np.ndarray
    log_scale: np.ndarray
    atanh_correlation: np.ndarray

    @property
    def weights(self) -> np.ndarray:
        """The components' weights `[T, M]`."""
        return np.exp(self.log_weights)

    def log_joint(self) -> np.ndarray:
        """Log of weight times density at the point that came, `[T, M]`, in data units."""
        z = (self.points[:, None] - self.loc) * np.exp(-self.log_scale)
        u, v, r = z[..., 0] - z[..., 1], z[..., 0] + z[..., 1], self.atanh_correlation
        quadratic = u**2 * (1.0 + np.exp(2.0 * r)) + v**2 * (1.0 + np.exp(-2.0 * r))
        log_scales = self.log_scale.sum(-1)
        return self.log_weights + _log_cosh(r) - math.log(2 * math.pi) - log_scales - quadratic / 8

    def log_prob(self) -> np.ndarray:
        """Log density of each point that came, `[T]`, in data units."""
        return log_sum_exp(self.log_joint())

    def responsibilities(self) -> np.ndarray:
        """Each component's share in the density of the point that came, `[T, M]`; they sum to 1."""
        log_joint = self.log_joint()
        return np.exp(log_joint - log_sum_exp(log_joint)[:, None])

    def log_density(self, xs: np.ndarray, ys: np.ndarray, blur: float = 0.0) -> np.ndarray:
        """Log of the sum over the steps of the densities of the next point (Graves 2013, fig. 10).

        A component counts up to 7 standard deviations from its mean, so a step's mass is short of
        1 by less than e^-20; memory does not grow with the steps.

        Args:
            xs: `[W]`, ascending.
            ys: `[H]`, ascending.
            blur: standard deviation of a Gaussian that blurs the density, in data units. Half the
                distance of two grid points keeps the mass of components that fall between them.

        Returns:
            `[H, W]`, -inf where nothing was expected.
        """
        squares = np.exp(2.0 * self.log_scale)  # [T, M, 2]
        xx, yy = np.moveaxis(squares + blur**2, -1, 0)
        product = np.exp(self.log_scale.sum(-1))
        xy = product * np.tanh(self.atanh_correlation)
        # A sum of numbers above 0: xx * yy - xy^2 would cancel.
        determinant = (product / np.cosh(self.atanh_correlation)) ** 2
        determinant += blur**2 * squares.sum(-1) + blur**4
        log_peak = self.log_weights - math.log(2 * math.pi) - 0.5 * np.log(determinant)
        highest = log_peak.max(initial=-np.inf)
        precision = np.stack([yy, -xy, xx], -1) / determinant[..., None]
        reach = _REACH * np.sqrt([xx, yy])
        left = np.searchsorted(xs, self.loc[..., 0] - reach[0])
        right = np.searchsorted(xs, self.loc[..., 0] + reach[0], "right")
        top = np.searchsorted(ys, self.loc[..., 1] - reach[1])
        bottom = np.searchsorted(ys, self.loc[..., 1] + reach[1], "right")
        seen = (self.log_weights > _LEAST_LOG_WEIGHT) & (right > left) & (bottom > top)

        total = np.zeros([len(ys), len(xs)])
        for index in zip(*np.nonzero(seen), strict=True):
            rows, columns = slice(top[index], bottom[index]), slice(left[index], right[index])
            dx = xs[columns] - self.loc[index][0]
            dy = (ys[rows] - self.loc[index][1])[:, None]
            a, b, c = -0.5 * precision[index]
            exponent = 2.0 * b * dy * dx
            exponent += a * dx**2
            exponent += c * dy**2 + (log_peak[index] - highest)
            total[rows, columns] += np.exp(exponent, out=exponent)
        with np.errstate(divide="ignore"):
            return np.log(total) + (highest if np.isfinite(highest) else 0.0)


class Page(NamedTuple):
    """The density of the next points over a page of square cells.

    Attributes:
        log_density: `[H, W]`, at the cells' centres, in nats, per squared data unit.
        extent: left, top, right and bottom edge in data units.
    """

    log_density: np.ndarray
    extent: tuple[float, float, float, float]


def page_density(predicted: NextPoints, num_cells: int = 240_000) -> Page:
    """The density of the next points over the page that the drawing fills, with a margin.

    Blurred by half a cell, so that sharp predictions are seen wherever they fall.

    Args:
        predicted: what `expectations.next_points` returned.
        num_cells: about how many cells.
    """
    points = np.concatenate([np.zeros([1, 2]), predicted.points])
    low, high = points.min(0), points.max(0)
    sides = np.sort(high - low)[::-1]
    # A page has a size even if all points are one.
    sides[0] = max(sides[0], 4.0 * np.exp(np.median(predicted.log_scale)))
    low, high = low - np.dot(_MARGINS, sides), high + np.dot(_MARGINS, sides)
    # What was expected beside an upright stroke would not be seen on a page as narrow.
    missing = max(_NARROWEST * (high - low)[1] - (high - low)[0], 0.0)
    low[0], high[0] = low[0] - missing / 2, high[0] + missing / 2
    cell = math.sqrt(np.prod(high - low) / num_cells)
    width, height = np.ceil((high - low) / cell).astype(int)
    xs, ys = low[0] + cell * (np.arange(width) + 0.5), low[1] + cell * (np.arange(height) + 0.5)
    extent = (low[0], low[1], low[0] + cell * width, low[1] + cell * height)
    return Page(predicted.log_density(xs, ys, blur=0.5 * cell), tuple(map(float, extent)))


def log_sum_exp(values: np.ndarray) -> np.ndarray:
    """Logarithm of the sum of exponentials over the last axis, `[..., M] -> [...]`."""
    largest = values.max(-1, keepdims=True)
    return (largest + np.log(np.exp(values - largest).sum(-1, keepdims=True)))[..., 0]


def _log_cosh(r: np.ndarray) -> np.ndarray:
    return np.abs(r) + np.log1p(np.exp(-2.0 * np.abs(r))) - math.log(2.0)
