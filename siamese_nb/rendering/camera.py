"""Rays from a camera, and what they and light meet: sphere tracing, normals, soft shadows, ambient occlusion."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from siamese_nb.rendering.fields import Field

Solid = Callable[[Field, Field, Field], Field]

SAMPLES = (-0.25, 0.25)
"""A pixel is the mean of two rays, this far off its middle along one diagonal or, in a chequer, the other."""

_TOUCH = 0.003  # a third of a pixel
_STEPS = 30  # after these, only rays that graze an edge are left
_TETRAHEDRON = ((1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1))


@dataclass(frozen=True, kw_only=True)
class Camera:
    """Hold a pinhole camera.

    Parameters
    ----------
    origin : ndarray of shape (3,), float32
    rays : ndarray of shape (3, n), float32
        Unit vectors, `size * size` for each of `SAMPLES` in turn.
    ahead : ndarray of shape (3,), float32
        The unit vector along which the camera looks, laid flat.
    """

    origin: Field
    rays: Field
    ahead: Field


def aim(
    target: Field,
    *,
    distance: float,
    azimuth: float,
    elevation: float,
    roll: float,
    view: float,
    offset: tuple[float, float],
    size: int,
) -> Camera:
    """Point a camera at a target.

    Parameters
    ----------
    target : ndarray of shape (3,), float32
    distance : float
    azimuth, elevation, roll, view : float
        Radians: round the upright axis from -y, above the horizon, round the line of sight, width of the picture.
    offset : (float, float)
        How far the target stands left of and above the middle, in shares of the picture.
    size : int
        Side of the picture in pixels.
    """
    ahead = np.array([-np.sin(azimuth), np.cos(azimuth), 0])
    forward = np.cos(elevation) * ahead - np.array([0, 0, np.sin(elevation)])
    right = np.array([ahead[1], -ahead[0], 0])
    up = np.cross(right, forward)
    right, up = np.cos(roll) * right + np.sin(roll) * up, np.cos(roll) * up - np.sin(roll) * right
    rows, columns = np.indices((size, size))
    diagonal = 1 - 2 * ((rows + columns) % 2)
    across = np.stack([columns + 0.5 + s for s in SAMPLES]).ravel() / size * 2 - 1
    down = np.stack([rows + 0.5 + s * diagonal for s in SAMPLES]).ravel() / size * 2 - 1
    half = np.tan(view / 2)
    rays = forward[:, None] + half * (right[:, None] * (across + 2 * offset[0]) - up[:, None] * (down + 2 * offset[1]))
    rays /= np.linalg.norm(rays, axis=0)
    origin = target - distance * forward
    return Camera(origin=origin.astype(np.float32), rays=rays.astype(np.float32), ahead=ahead.astype(np.float32))


def enter_box(origin: Field, rays: Field, low: Field, high: Field) -> tuple[Field, Field]:
    """Return where rays enter and leave an upright box; a ray that leaves before it enters misses the box."""
    with np.errstate(divide="ignore", invalid="ignore"):
        one = (low - origin)[:, None] / rays
        two = (high - origin)[:, None] / rays
    return np.maximum(np.minimum(one, two).max(axis=0), 0), np.maximum(one, two).min(axis=0)


def trace(solid: Solid, origin: Field, rays: Field, enter: Field, leave: Field) -> tuple[Field, Field]:
    """March along rays until they touch a solid.

    Returns
    -------
    hit : ndarray of shape (n_hits,), int
        The rays that touch it, in order.
    depth : ndarray of shape (n_hits,), float32
        How far along they do.

    References
    ----------
    Hart, "Sphere tracing: a geometric method for the antialiased ray tracing of implicit surfaces", 1996.
    """
    depth = enter.copy()
    live = np.flatnonzero(enter < leave)
    found = [live[:0]]
    for _ in range(_STEPS):
        at = depth[live]
        x, y, z = (origin[i] + rays[i, live] * at for i in range(3))
        gap = solid(x, y, z)
        touched = gap < _TOUCH
        at += np.float32(0.95) * gap
        depth[live] = at
        found.append(live[touched])
        live = live[~touched & (at < leave[live])]
        if not live.size:
            break
    hit = np.sort(np.concatenate(found))
    return hit, depth[hit]


def normals(solid: Solid, x: Field, y: Field, z: Field, step: float = 0.012) -> Field:
    """Return unit normals, of shape (3, n), from the distance at the corners of a tetrahedron round each point."""
    total = np.zeros((3, x.size), dtype=np.float32)
    for corner in _TETRAHEDRON:
        gap = solid(x + corner[0] * step, y + corner[1] * step, z + corner[2] * step)
        total += np.array(corner, dtype=np.float32)[:, None] * gap
    total /= np.maximum(np.linalg.norm(total, axis=0), 1e-9)
    return total


def lit(solid: Solid, x: Field, y: Field, z: Field, light: Field, sharpness: float, reach: float) -> Field:
    """Return how much of a wide light each point sees, in [0, 1], by how closely its ray to it passes the solid.

    References
    ----------
    Quilez, "Soft shadows in raymarched SDFs", 2010.
    """
    share: Field = np.ones_like(x)
    along = np.full_like(x, 0.035)
    for _ in range(11):
        gap = solid(x + light[0] * along, y + light[1] * along, z + light[2] * along)
        np.minimum(share, 0.5 + 0.5 * sharpness * gap / along, out=share)
        along = along + np.minimum(np.maximum(gap, 0.03), reach / 7)
    np.maximum(share, 0, out=share)
    eased: Field = share * share * (3 - 2 * share)
    return eased


def open_sky(solid: Solid, x: Field, y: Field, z: Field, normal: Field, reach: float) -> Field:
    """Return the share of the sky that each point sees, in [0, 1], by the room along its normal."""
    seen: Field = np.ones_like(x)
    for share, weight in ((0.2, 0.5), (0.5, 0.35), (1.0, 0.25)):
        away = share * reach
        gap = solid(x + normal[0] * away, y + normal[1] * away, z + normal[2] * away)
        seen -= weight * np.maximum(away - gap, 0) / away
    return np.maximum(seen, 0)
