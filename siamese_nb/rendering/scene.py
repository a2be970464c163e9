"""The scene round an item: lamp and sky, table-top with the item's shadow, wall."""

from dataclasses import dataclass

import numpy as np

from siamese_nb.rendering.camera import Camera, lit, open_sky
from siamese_nb.rendering.fields import Field, dot, interpolate
from siamese_nb.rendering.item import Item, linear
from siamese_nb.rendering.textures import draw_backdrop

_WOODS = ("#9c6b3f", "#c49a6c", "#6e4a2f", "#d8bd96", "#8a7a66")
_MAP_CELLS = 56  # along the side of the shadow map: soft shadows have no detail to lose


@dataclass(frozen=True, kw_only=True)
class Light:
    """Hold a lamp and the light from all round, as linear colours.

    Parameters
    ----------
    towards : ndarray of shape (3,), float32
        The unit vector to the lamp.
    lamp, sky, ground : ndarray of shape (3,), float32
    sharpness : float
        How sharp shadows are: about the distance to the lamp over its width.
    """

    towards: Field
    lamp: Field
    sky: Field
    ground: Field
    sharpness: float


def draw_light(azimuth: float, rng: np.random.Generator) -> Light:
    """Draw a light, warm or cool, hard or soft, to the left or the right of a camera's azimuth."""
    turn = azimuth + rng.uniform(0.3, 1.3) * (1 if rng.random() < 0.5 else -1)
    height = rng.uniform(0.55, 1.15)
    towards = [np.sin(turn) * np.cos(height), -np.cos(turn) * np.cos(height), np.sin(height)]
    warmth, share = rng.uniform(-0.22, 0.28), rng.uniform(0.3, 0.65)
    lamp = np.array([1 + warmth, 1, 1 - warmth]) * 2.2 * (1 - share)
    sky = np.array([1 - 0.4 * warmth, 1, 1 + 0.4 * warmth]) * share
    return Light(
        towards=np.array(towards, dtype=np.float32),
        lamp=lamp.astype(np.float32),
        sky=(1.5 * sky).astype(np.float32),
        ground=(0.6 * sky).astype(np.float32),
        sharpness=rng.uniform(3, 14),
    )


def draw_scene(item: Item, camera: Camera, light: Light, rng: np.random.Generator) -> Field:
    """Draw a table-top with an item's shadow and a wall behind it.

    Returns
    -------
    ndarray of shape (3, n_rays), float32
        Linear light along the camera's rays, as if the item itself were not there.
    """
    rays, origin = camera.rays, camera.origin
    wall_at = item.radius * rng.uniform(1.6, 4.0) - float(camera.ahead @ (origin - item.centre))
    with np.errstate(divide="ignore"):
        floor = np.where(rays[2] < -1e-4, -origin[2] / rays[2], np.inf)
        wall = wall_at / np.maximum(dot(camera.ahead, rays), 1e-4)
    on_floor = floor < wall
    image = np.empty_like(rays)
    image[:, on_floor] = _table(item, light, origin[:, None] + rays[:, on_floor] * floor[on_floor], rng)
    image[:, ~on_floor] = _wall(item, camera, light, origin[:, None] + rays[:, ~on_floor] * wall[~on_floor], rng)
    return image


def _table(item: Item, light: Light, points: Field, rng: np.random.Generator) -> Field:
    x, y, _ = points
    lamp, sky = _shadow(item, light, x, y)
    colour = _coat(draw_backdrop(rng)(x, y), rng)
    seen: Field = colour * (light.lamp[:, None] * (light.towards[2] * lamp) + light.sky[:, None] * sky)
    return seen


def _wall(item: Item, camera: Camera, light: Light, points: Field, rng: np.random.Generator) -> Field:
    x, y, z = points - item.centre[:, None]
    across = camera.ahead[1] * x - camera.ahead[0] * y
    facing = max(0.15, -float(camera.ahead @ light.towards))
    colour = _coat(draw_backdrop(rng)(0.8 * across, 0.8 * z), rng)
    dim = 0.75 + 0.25 * np.clip(points[2] / item.radius, 0, 1.5)  # a wall is darker near the table
    seen: Field = colour * (light.lamp * np.float32(facing) + light.sky * np.float32(0.8))[:, None] * dim
    return seen


def _coat(grain: Field, rng: np.random.Generator) -> Field:
    """Give a grain a colour, of wood or muted, and a darker shade of it."""
    if rng.random() < 0.4:
        colour = linear(_WOODS[rng.integers(len(_WOODS))])
    else:
        colour = (rng.uniform(0.12, 0.75) * (1 - rng.random(3) * rng.uniform(0.1, 0.45))).astype(np.float32)
    shade = rng.uniform(0.25, 0.65)
    coat: Field = colour[:, None] * (1 - shade * grain)
    return coat


def _shadow(item: Item, light: Light, x: Field, y: Field) -> tuple[Field, Field]:
    """Return the shares of the lamp and of the sky that places on the table see, from a coarse map of it."""
    reach = 1.6 * item.radius + float(item.high[2]) / max(float(light.towards[2]), 0.3)
    ticks = np.linspace(-reach, reach, _MAP_CELLS, dtype=np.float32)
    map_x, map_y = (axis.ravel() for axis in np.meshgrid(ticks, ticks, indexing="ij"))
    map_z = np.full_like(map_x, 0.004)
    up = np.stack([np.zeros_like(map_x), np.zeros_like(map_x), np.ones_like(map_x)])
    lamp = lit(item.solid, map_x, map_y, map_z, light.towards, light.sharpness, 2 * item.radius)
    sky = open_sky(item.solid, map_x, map_y, map_z, up, 0.5 * item.radius)
    u, v = (np.clip((axis / reach + 1) * (_MAP_CELLS / 2 - 0.5), 0, _MAP_CELLS - 1.001) for axis in (x, y))
    shape = (_MAP_CELLS, _MAP_CELLS)
    return interpolate(lamp.reshape(shape), u, v), interpolate(sky.reshape(shape), u, v)
