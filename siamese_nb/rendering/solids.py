"""Signed distances to simple solids: negative inside, zero on the surface, never more than the true distance outside."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
Profile = Callable[[Field, Field], Field]

_GRID_CELLS = 88  # along the longer side of a profile: about one output pixel a cell


def box(x: Field, y: Field, z: Field, half: Sequence[float], rounding: float = 0.03) -> Field:
    """Return the distance to a box around the origin with the given half sides and rounded edges."""
    qx = np.abs(x) - (half[0] - rounding)
    qy = np.abs(y) - (half[1] - rounding)
    qz = np.abs(z) - (half[2] - rounding)
    inside = np.minimum(np.maximum(np.maximum(qx, qy), qz), 0)
    outside = np.sqrt(np.maximum(qx, 0) ** 2 + np.maximum(qy, 0) ** 2 + np.maximum(qz, 0) ** 2)
    return inside + outside - rounding


def cylinder(rho: Field, z: Field, radius: float, half: float, rounding: float = 0.02) -> Field:
    """Return the distance to an upright cylinder, from the distance to its axis and the height over its middle."""
    qr = rho - (radius - rounding)
    qz = np.abs(z) - (half - rounding)
    return np.minimum(np.maximum(qr, qz), 0) + np.hypot(np.maximum(qr, 0), np.maximum(qz, 0)) - rounding


def rod(x: Field, y: Field, z: Field, start: Sequence[float], end: Sequence[float], radii: tuple[float, float]) -> Field:
    """Return the distance to a straight rod with round ends whose radius runs from one value to another."""
    axis = [end[i] - start[i] for i in range(3)]
    px, py, pz = x - start[0], y - start[1], z - start[2]
    along = np.clip((px * axis[0] + py * axis[1] + pz * axis[2]) / sum(a * a for a in axis), 0, 1)
    gap = np.sqrt((px - along * axis[0]) ** 2 + (py - along * axis[1]) ** 2 + (pz - along * axis[2]) ** 2)
    return gap - (radii[0] + along * (radii[1] - radii[0]))


def ring(across: Field, up: Field, aside: Field, radius: float, tube: float) -> Field:
    """Return the distance to a ring that lies in the plane of its first two coordinates."""
    return np.hypot(np.hypot(across, up) - radius, aside) - tube


def ellipsoid(x: Field, y: Field, z: Field, radii: Sequence[float]) -> Field:
    """Return a first-order estimate of the distance to an ellipsoid, exact on its surface."""
    a, b, c = radii
    level = np.sqrt((x / a) ** 2 + (y / b) ** 2 + (z / c) ** 2)
    slope = np.sqrt((x / a**2) ** 2 + (y / b**2) ** 2 + (z / c**2) ** 2)
    return level * (level - 1) / np.maximum(slope, 1e-3)


def blend(one: Field, two: Field, width: float) -> Field:
    """Return the union of two solids with a fillet of about the given width where they meet."""
    near = np.maximum(width - np.abs(one - two), 0) / width
    return np.minimum(one, two) - near * near * (width / 4)


def lathe(outline: Sequence[tuple[float, float]], rounds: int = 2) -> Profile:
    """Tabulate the distance to a solid of revolution.

    Parameters
    ----------
    outline : sequence of (radius, height)
        From the axis at the bottom, round the outside, to the axis again. Corners are cut, so the curve is smooth.
    rounds : int
        How often the corners are cut (Chaikin, "An algorithm for high-speed curve generation", 1974).

    Returns
    -------
    callable
        (distance to the axis, height) -> signed distance, by bilinear interpolation in a table.
    """
    points = np.asarray(outline, dtype=np.float64)
    for _ in range(rounds):
        cut = np.stack([0.75 * points[:-1] + 0.25 * points[1:], 0.25 * points[:-1] + 0.75 * points[1:]], axis=1)
        points = np.concatenate([points[:1], cut.reshape(-1, 2), points[-1:]])
    margin = 0.06
    low = np.array([0.0, points[:, 1].min() - margin])
    high = points.max(axis=0) + margin
    cell = float((high - low).max() / _GRID_CELLS)
    radius = np.arange(0, high[0] + cell, cell)
    height = np.arange(low[1], high[1] + cell, cell)
    table = _polygon_distance(points, radius[:, None], height[None, :]).astype(np.float32)
    return _interpolate(table, low[1], cell)


def _polygon_distance(points: NDArray[np.float64], r: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.float64]:
    nearest = np.full(np.broadcast_shapes(r.shape, z.shape), np.inf)
    inside = np.zeros(nearest.shape, dtype=bool)
    for (r0, z0), (r1, z1) in zip(points[:-1], points[1:], strict=True):
        dr, dz = r1 - r0, z1 - z0
        along = np.clip(((r - r0) * dr + (z - z0) * dz) / max(dr * dr + dz * dz, 1e-12), 0, 1)
        nearest = np.minimum(nearest, (r - r0 - along * dr) ** 2 + (z - z0 - along * dz) ** 2)
        if dz:  # a horizontal ray to the outside crosses this edge: even-odd rule
            inside ^= ((z0 > z) != (z1 > z)) & (r < r0 + (z - z0) * dr / dz)
    return np.where(inside, -1, 1) * np.sqrt(nearest)


def _interpolate(table: Field, bottom: float, cell: float) -> Profile:
    rows, columns = table.shape
    flat = table.ravel()

    def distance(rho: Field, z: Field) -> Field:
        u = rho / cell
        v = (z - bottom) / cell
        uc = np.minimum(u, rows - 1.001)
        vc = np.clip(v, 0, columns - 1.001)
        iu, iv = uc.astype(np.int32), vc.astype(np.int32)
        fu, fv = uc - iu, vc - iv
        at = iu * columns + iv
        low = flat.take(at) * (1 - fu) + flat.take(at + columns) * fu
        high = flat.take(at + 1) * (1 - fu) + flat.take(at + columns + 1) * fu
        near = low + (high - low) * fv
        # Outside the table: the solid lies within a convex cell range, so Pythagoras gives a lower bound.
        away = ((u - uc) ** 2 + (v - vc) ** 2) * (cell * cell)
        return np.where(away > 1e-6, np.sqrt(away + near * near), near).astype(np.float32, copy=False)

    return distance
