"""Signed distances to simple solids: negative inside, zero on the surface, about the true distance outside."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from siamese_nb.rendering.fields import Field, interpolate

Profile = Callable[[Field, Field], Field]
Point = tuple[float, float, float]

_TABLE_CELLS = 88  # along the longer side of an outline: a cell is about a pixel of the picture


def box(x: Field, y: Field, z: Field, half: Point, rounding: float = 0.03) -> Field:
    """Return the distance to a box around the origin, from its half sides and the rounding of its edges."""
    qx = np.abs(x) - (half[0] - rounding)
    qy = np.abs(y) - (half[1] - rounding)
    qz = np.abs(z) - (half[2] - rounding)
    inside = np.minimum(np.maximum(np.maximum(qx, qy), qz), 0)
    outside = np.maximum(qx, 0) ** 2 + np.maximum(qy, 0) ** 2 + np.maximum(qz, 0) ** 2
    gap: Field = np.sqrt(outside) + inside - rounding
    return gap


def cylinder(rho: Field, z: Field, radius: float, half: float, rounding: float = 0.02) -> Field:
    """Return the distance to a cylinder, from the distance to its axis and the place along it from its middle."""
    qr = rho - (radius - rounding)
    qz = np.abs(z) - (half - rounding)
    inside = np.minimum(np.maximum(qr, qz), 0)
    gap: Field = np.sqrt(np.maximum(qr, 0) ** 2 + np.maximum(qz, 0) ** 2) + inside - rounding
    return gap


def rod(x: Field, y: Field, z: Field, start: Point, end: Point, radii: tuple[float, float]) -> Field:
    """Return the distance to a straight rod with round ends, whose radius goes from the first to the second."""
    axis = [b - a for a, b in zip(start, end, strict=True)]
    px, py, pz = x - start[0], y - start[1], z - start[2]
    along = np.clip((px * axis[0] + py * axis[1] + pz * axis[2]) / sum(a * a for a in axis), 0, 1)
    away = (px - along * axis[0]) ** 2 + (py - along * axis[1]) ** 2 + (pz - along * axis[2]) ** 2
    gap: Field = np.sqrt(away) - (radii[0] + along * (radii[1] - radii[0]))
    return gap


def ring(across: Field, up: Field, aside: Field, radius: float, tube: float) -> Field:
    """Return the distance to a ring that lies in the plane of its first two coordinates."""
    gap: Field = np.hypot(np.hypot(across, up) - radius, aside) - tube
    return gap


def ball(x: Field, y: Field, z: Field, radius: float) -> Field:
    """Return the distance to a ball around the origin."""
    gap: Field = np.sqrt(x**2 + y**2 + z**2) - radius
    return gap


def ellipsoid(x: Field, y: Field, z: Field, radii: Point) -> Field:
    """Return a first-order estimate of the distance to an ellipsoid around the origin."""
    a, b, c = radii
    level = np.sqrt((x / a) ** 2 + (y / b) ** 2 + (z / c) ** 2)
    slope = np.sqrt((x / a**2) ** 2 + (y / b**2) ** 2 + (z / c**2) ** 2)
    gap: Field = level * (level - 1) / np.maximum(slope, 1e-3)
    return gap


def blend(one: Field, two: Field, width: float) -> Field:
    """Return the union of two solids with a fillet of about a width where they meet."""
    near = np.maximum(width - np.abs(one - two), 0) / width
    gap: Field = np.minimum(one, two) - near**2 * (width / 4)
    return gap


def lathe(outline: Sequence[tuple[float, float]], rounds: int = 2) -> Profile:
    """Tabulate the distance to a solid of revolution.

    Parameters
    ----------
    outline : sequence of (radius, height)
        From the axis at the bottom round the outside to the axis again, or the cross-section of a ring, closed.
    rounds : int
        How often the corners are cut: twice makes a smooth curve of them.

    Returns
    -------
    callable
        (distance to the axis, height) -> distance to the solid.

    References
    ----------
    Chaikin, "An algorithm for high-speed curve generation", 1974.
    """
    points = np.asarray(outline, dtype=np.float64)
    for _ in range(rounds):
        cut = np.stack([0.75 * points[:-1] + 0.25 * points[1:], 0.25 * points[:-1] + 0.75 * points[1:]], axis=1)
        points = np.concatenate([points[:1], cut.reshape(-1, 2), points[-1:]])
    margin = 0.06
    bottom = float(points[:, 1].min()) - margin
    wide, top = (float(most) + margin for most in points.max(axis=0))
    cell = max(wide, top - bottom) / _TABLE_CELLS
    radius, height = np.arange(0, wide + cell, cell), np.arange(bottom, top + cell, cell)
    table = _outline_distance(points, radius[:, None], height[None, :]).astype(np.float32)
    return _lookup(table, bottom, cell)


def _outline_distance(points: Field, r: Field, z: Field) -> Field:
    """Return exact signed distances to a polygon; inside by the even-odd rule along a ray away from the axis."""
    nearest: Field = np.full(np.broadcast_shapes(r.shape, z.shape), np.inf)
    inside = np.zeros(nearest.shape, dtype=bool)
    for (r0, z0), (r1, z1) in itertools.pairwise(points):
        dr, dz = r1 - r0, z1 - z0
        along = np.clip(((r - r0) * dr + (z - z0) * dz) / max(dr * dr + dz * dz, 1e-12), 0, 1)
        nearest = np.minimum(nearest, (r - r0 - along * dr) ** 2 + (z - z0 - along * dz) ** 2)
        if dz:
            inside ^= ((z0 > z) != (z1 > z)) & (r < r0 + (z - z0) * dr / dz)
    return np.where(inside, -1, 1) * np.sqrt(nearest)


def _lookup(table: Field, bottom: float, cell: float) -> Profile:
    last_row, last_column = table.shape[0] - 1.001, table.shape[1] - 1.001

    def distance(rho: Field, z: Field) -> Field:
        u, v = rho / cell, (z - bottom) / cell
        row, column = np.minimum(u, last_row), np.minimum(np.maximum(v, 0), last_column)
        near = interpolate(table, row, column)
        out, over = u - row, v - column
        # The solid lies in the table's box, which is convex: beyond it, Pythagoras gives a lower bound.
        away = (out * out + over * over) * (cell * cell)
        return np.where(away > 0, np.sqrt(away + near * near), near)

    return distance
