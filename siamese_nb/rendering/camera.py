"""Rays from a camera, and where they meet a solid: sphere tracing, normals, soft shadows, ambient occlusion."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamese_nb.rendering.solids import Field

Solid = Callable[[Field, Field, Field], Field]
Vector = NDArray[np.float32]

_CLOSE = 0.003  # a third of a pixel: nearer counts as touched
_STEPS = 56
_TETRAHEDRON = ((1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1))


@dataclass(frozen=True, kw_only=True)
class Camera:
    """Stand for a pinhole camera: where it is and the direction of each pixel's ray.

    Parameters
    ----------
    origin : ndarray of shape (3,), float32
    rays : ndarray of shape (3, n), float32
        Unit vectors.
    ahead : ndarray of shape (3,), float32
        Unit vector along which the camera looks, laid flat.
    """

    origin: Vector
    rays: Field
    ahead: Vector


def aim(
    target: Sequence[float], distance: float, azimuth: float, elevation: float, roll: float, field: float,
    offset: tuple[float, float], size: int,
) -> Camera:  # fmt: skip
    """Point a camera at a target, from -y at azimuth 0, angles in radians; the offset shifts the picture by shares of it."""
    ahead = np.array([-np.sin(azimuth), np.cos(azimuth), 0], dtype=np.float32)
    forward = np.cos(elevation) * ahead - np.array([0, 0, np.sin(elevation)], dtype=np.float32)
    right = np.array([ahead[1], -ahead[0], 0], dtype=np.float32)
    up = np.cross(right, forward)
    right, up = np.cos(roll) * right + np.sin(roll) * up, np.cos(roll) * up - np.sin(roll) * right
    half = np.tan(field / 2)
    steps = (np.arange(size, dtype=np.float32) + 0.5) / size * 2 - 1
    across, down = np.meshgrid((steps + offset[0] * 2) * half, (steps + offset[1] * 2) * half)
    rays = forward[:, None] + right[:, None] * across.ravel() - up[:, None] * down.ravel()
    rays /= np.linalg.norm(rays, axis=0)
    origin = np.asarray(target, dtype=np.float32) - distance * forward
    return Camera(origin=origin.astype(np.float32), rays=rays.astype(np.float32), ahead=ahead)


def enter_box(origin: Vector, rays: Field, low: Vector, high: Vector) -> tuple[Field, Field]:
    """Return where rays enter and leave an axis-aligned box; they miss it where they leave before they enter."""
    with np.errstate(divide="ignore", invalid="ignore"):
        one = (low[:, None] - origin[:, None]) / rays
        two = (high[:, None] - origin[:, None]) / rays
    enter = np.minimum(one, two).max(axis=0)
    leave = np.maximum(one, two).min(axis=0)
    return np.maximum(enter, 0), leave


def trace(solid: Solid, origin: Vector, rays: Field, enter: Field, leave: Field) -> tuple[NDArray[np.intp], Field]:
    """March along rays until they touch a solid.

    Returns
    -------
    hit : ndarray of shape (n_hits,), int
        The rays that touch it.
    depth : ndarray of shape (n_hits,), float32
        How far along.

    References
    ----------
    Hart, "Sphere tracing: a geometric method for the antialiased ray tracing of implicit surfaces", 1996.
    """
    depth = enter.copy()
    live = np.flatnonzero(enter < leave)
    found = []
    for _ in range(_STEPS):
        at = depth[live]
        x, y, z = (origin[i] + rays[i, live] * at for i in range(3))
        gap = solid(x, y, z)
        touched = gap < _CLOSE
        at = at + 0.95 * gap
        depth[live] = at
        found.append(live[touched])
        live = live[~touched & (at < leave[live])]
        if not live.size:
            break
    hit = np.sort(np.concatenate(found))
    return hit, depth[hit]


def normals(solid: Solid, x: Field, y: Field, z: Field, step: float = 0.012) -> Field:
    """Return unit normals of shape (3, n) from four samples round each point."""
    total = np.zeros((3, x.size), dtype=np.float32)
    for sx, sy, sz in _TETRAHEDRON:
        gap = solid(x + sx * step, y + sy * step, z + sz * step)
        total += np.array([[sx], [sy], [sz]], dtype=np.float32) * gap
    return total / np.maximum(np.linalg.norm(total, axis=0), 1e-9)


def lit(solid: Solid, x: Field, y: Field, z: Field, light: Vector, sharpness: float, reach: float) -> Field:
    """Return how much of a soft light reaches each point, in [0, 1], by how closely its ray passes the solid."""
    share = np.ones_like(x)
    along = np.full_like(x, 0.035)
    for _ in range(14):
        gap = solid(x + light[0] * along, y + light[1] * along, z + light[2] * along)
        share = np.minimum(share, 0.5 + 0.5 * sharpness * gap / along)
        along = along + np.clip(gap, 0.03, reach / 8)
    share = np.clip(share, 0, 1)
    return share * share * (3 - 2 * share)


def open_sky(solid: Solid, x: Field, y: Field, z: Field, normal: Field, reach: float = 0.4) -> Field:
    """Return ambient occlusion as the share of sky each point sees, in [0, 1], from the room above it."""
    blocked = np.zeros_like(x)
    for share, weight in ((0.2, 0.5), (0.5, 0.35), (1.0, 0.25)):
        away = share * reach
        gap = solid(x + normal[0] * away, y + normal[1] * away, z + normal[2] * away)
        blocked += weight * np.maximum(away - gap, 0) / away
    return np.clip(1 - blocked, 0, 1)
