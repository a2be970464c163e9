"""Take a picture of a product: materials, light, table and wall, lens and sensor."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from siamese_nb.rendering import camera as optics
from siamese_nb.rendering.products import Product
from siamese_nb.rendering.solids import Field
from siamese_nb.rendering.textures import Mask, Pattern, draw_backdrop, draw_pattern

PALETTE = ("#c8402f", "#e2a032", "#2b7d78", "#2c5aa0", "#efe4cf", "#7d9c55", "#7c4a80", "#3a3f47")
FIXED = {
    "leaf": "#4d8a4a", "rubber": "#26262a", "metal": "#b9bcc2", "glass": "#7fa3b8", "wood": "#a8753f", "beak": "#ee8a1d",
    "ivory": "#ece0c6",
}  # fmt: skip
_OVERSAMPLING = 2


@dataclass(frozen=True, kw_only=True)
class Item:
    """Hold a finished product: its solid, box, colours and pattern."""

    product: Product
    low: optics.Vector
    high: optics.Vector
    colours: Field
    accent: optics.Vector
    pattern: Pattern
    gloss: float

    def solid(self, x: Field, y: Field, z: Field) -> Field:
        """Return the distance to the nearest part."""
        nearest = self.product.parts(x, y, z)
        total = nearest[0]
        for part in nearest[1:]:
            total = np.minimum(total, part)
        return total


def linear(colour: str) -> optics.Vector:
    """Convert "#rrggbb" to linear light."""
    values = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.float32) / 255
    return values**2.2


def finish(product: Product, rng: np.random.Generator) -> Item:
    """Paint a product at random and measure the box that it fills."""
    main, accent, second = (linear(PALETTE[i]) for i in rng.permutation(len(PALETTE))[:3])
    named = {"main": main, "second": second if rng.random() < 0.5 else accent}
    colours = np.stack([named[role] if role in named else linear(FIXED[role]) for role in product.roles])
    low, high = _measure(product)
    return Item(
        product=product, low=low, high=high, colours=colours.astype(np.float32), accent=accent,
        pattern=draw_pattern(rng), gloss=rng.uniform(0.05, 0.6),
    )  # fmt: skip


def _measure(product: Product) -> tuple[optics.Vector, optics.Vector]:
    side, up = np.linspace(-1.5, 1.5, 40, dtype=np.float32), np.linspace(-0.05, 2.75, 38, dtype=np.float32)
    x, y, z = (axis.ravel() for axis in np.meshgrid(side, side, up, indexing="ij"))
    near = np.minimum.reduce(product.parts(x, y, z)) < 0.07
    points = np.stack([x[near], y[near], z[near]])
    low, high = points.min(axis=1), points.max(axis=1)
    low[2] = 0
    return low, high


def photograph(item: Item, azimuth: float, size: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Take a picture of an item from about an azimuth, everything else about the scene drawn at random.

    Parameters
    ----------
    item : Item
    azimuth : float
        Where the camera stands, in radians; 0 is the item's front.
    size : int
        Side of the square picture in pixels.
    rng : Generator

    Returns
    -------
    ndarray of shape (size, size, 3), uint8
    """
    centre = (item.low + item.high) / 2
    radius = float(np.linalg.norm(item.high - item.low)) / 2
    field = rng.uniform(0.45, 0.65)
    distance = radius / np.sin(field / 2) * rng.uniform(0.85, 1.25)
    camera = optics.aim(
        [float(c) for c in centre], distance, azimuth, rng.uniform(0.2, 0.62), rng.uniform(-0.06, 0.06), field,
        (rng.uniform(-0.07, 0.07), rng.uniform(-0.06, 0.06)), size * _OVERSAMPLING,
    )  # fmt: skip
    light = _draw_light(azimuth, rng)
    image = _backdrop(item, camera, light, radius, rng)
    _draw_item(item, camera, light, radius, image)
    return _develop(image, size, rng)


@dataclass(frozen=True, kw_only=True)
class Light:
    """Hold a lamp and the sky: direction to the lamp, colours in linear light, how sharp its shadows are."""

    towards: optics.Vector
    lamp: optics.Vector
    sky: optics.Vector
    ground: optics.Vector
    sharpness: float


def _draw_light(azimuth: float, rng: np.random.Generator) -> Light:
    turn = azimuth + rng.choice([-1, 1]) * rng.uniform(0.3, 1.3)
    high = rng.uniform(0.55, 1.15)
    towards = [np.sin(turn) * np.cos(high), -np.cos(turn) * np.cos(high), np.sin(high)]
    warmth, share = rng.uniform(-0.22, 0.28), rng.uniform(0.3, 0.65)
    tint = np.array([1 + warmth, 1, 1 - warmth], dtype=np.float32)
    sky = np.array([1 - 0.4 * warmth, 1, 1 + 0.4 * warmth], dtype=np.float32)
    return Light(
        towards=np.array(towards, dtype=np.float32),
        lamp=tint * np.float32(2.2 * (1 - share)),
        sky=sky * np.float32(1.5 * share),
        ground=sky * np.float32(0.6 * share),
        sharpness=rng.uniform(3, 14),
    )


def _surface_colours(rng: np.random.Generator) -> tuple[optics.Vector, optics.Vector]:
    if rng.random() < 0.4:
        base = linear(str(rng.choice(["#9c6b3f", "#c49a6c", "#6e4a2f", "#d8bd96", "#8a7a66"])))
    else:
        hue = rng.random(3) * rng.uniform(0.1, 0.45)
        base = (rng.uniform(0.12, 0.75) * (1 - hue)).astype(np.float32)
    return base, base * np.float32(rng.uniform(0.35, 0.75))


def _mix(colours: tuple[optics.Vector, optics.Vector], share: Field) -> Field:
    return colours[0][:, None] * (1 - share) + colours[1][:, None] * share


def _backdrop(item: Item, camera: optics.Camera, light: Light, radius: float, rng: np.random.Generator) -> Field:
    """Draw the table and the wall behind it, shadow and contact included, in linear light."""
    centre = (item.low + item.high) / 2
    wall_at = radius * rng.uniform(1.6, 4.0)
    rays = camera.rays
    with np.errstate(divide="ignore"):
        floor = np.where(rays[2] < -1e-4, -camera.origin[2] / rays[2], np.inf)
    towards = camera.ahead @ rays
    wall = (wall_at - camera.ahead @ (camera.origin - centre)) / np.maximum(towards, 1e-4)
    on_floor = floor < wall
    image = np.empty_like(rays)
    looks: list[tuple[Mask, tuple[optics.Vector, optics.Vector]]] = [(draw_backdrop(rng), _surface_colours(rng)) for _ in range(2)]

    x, y = (camera.origin[i] + rays[i, on_floor] * floor[on_floor] for i in range(2))
    share, sky = _shade_floor(item, light, radius, x, y)
    table = _mix(looks[0][1], looks[0][0](x, y))
    image[:, on_floor] = table * (
        light.lamp[:, None] * (light.towards[2] * share) + light.sky[:, None] * sky
    )

    depth = wall[~on_floor]
    point = camera.origin[:, None] + rays[:, ~on_floor] * depth
    side = camera.ahead[1] * (point[0] - centre[0]) - camera.ahead[0] * (point[1] - centre[1])
    facing = max(0.15, float(-(camera.ahead @ light.towards)))
    paper = _mix(looks[1][1], looks[1][0](side * 0.8, point[2] * 0.8))
    fall = 0.75 + 0.25 * np.clip(point[2] / radius, 0, 1.5)
    image[:, ~on_floor] = paper * (light.lamp[:, None] * facing + light.sky[:, None] * 0.8) * fall
    return image


def _shade_floor(item: Item, light: Light, radius: float, x: Field, y: Field) -> tuple[Field, Field]:
    """Return lamp and sky shares on the table, from a coarse map: soft shadows have no detail to lose."""
    reach = 1.6 * radius + float(item.high[2]) / max(float(light.towards[2]), 0.3)
    cells = 80
    ticks = np.linspace(-reach, reach, cells, dtype=np.float32)
    gx, gy = (axis.ravel() for axis in np.meshgrid(ticks, ticks, indexing="ij"))
    ground = np.full_like(gx, 0.004)
    share = optics.lit(item.solid, gx, gy, ground, light.towards, light.sharpness, 2 * radius)
    up = np.zeros((3, gx.size), dtype=np.float32)
    up[2] = 1
    sky = optics.open_sky(item.solid, gx, gy, ground, up, 0.5 * radius)
    at = np.stack([(x + reach), (y + reach)]) * ((cells - 1) / (2 * reach))
    return tuple(
        map_coordinates(values.reshape(cells, cells), at, order=1, mode="nearest") for values in (share, sky)
    )


def _draw_item(item: Item, camera: optics.Camera, light: Light, radius: float, image: Field) -> None:
    """Draw the item over the backdrop, in linear light."""
    enter, leave = optics.enter_box(camera.origin, camera.rays, item.low - 0.01, item.high + 0.01)
    hit, depth = optics.trace(item.solid, camera.origin, camera.rays, enter, leave)
    rays = camera.rays[:, hit]
    x, y, z = camera.origin[:, None] + rays * depth
    normal = optics.normals(item.solid, x, y, z)
    albedo = _albedo(item, x, y, z, normal)
    cosine = np.einsum("i,in->n", light.towards, normal)
    share = np.zeros_like(x)
    front = cosine > 0
    share[front] = optics.lit(item.solid, x[front], y[front], z[front], light.towards, light.sharpness * 1.5, 2 * radius)
    sky = optics.open_sky(item.solid, x, y, z, normal) * np.clip(0.35 + z / (0.5 * radius), 0, 1)
    diffuse = light.lamp[:, None] * (np.maximum(cosine, 0) * share)
    up = 0.5 + 0.5 * normal[2]
    diffuse += (light.sky[:, None] * up + light.ground[:, None] * (1 - up)) * sky
    middle = light.towards[:, None] - rays
    middle /= np.linalg.norm(middle, axis=0)
    shine = np.maximum((middle * normal).sum(axis=0), 0) ** 60 * share * (2.5 * item.gloss)
    rim = (1 - np.clip(-(rays * normal).sum(axis=0), 0, 1)) ** 4 * (0.35 * item.gloss + 0.05) * sky
    image[:, hit] = albedo * diffuse + light.lamp[:, None] * shine + light.sky[:, None] * rim


def _albedo(item: Item, x: Field, y: Field, z: Field, normal: Field) -> Field:
    part = np.argmin(np.stack(item.product.parts(x, y, z)), axis=0)
    colour = item.colours[part].T.copy()
    main = np.array([role == "main" for role in item.product.roles])[part]
    unit = 2 / float(item.high[2])
    x, y, z, normal = x[main], y[main], z[main], normal[:, main]
    if item.product.flat:
        sides = np.abs(normal)
        on_top, on_side = (sides[2] > sides[0]) & (sides[2] > sides[1]), sides[0] > sides[1]
        u = np.where(on_side & ~on_top, y, x) * unit
        v = np.where(on_top, y + item.high[2] / 2, z) * unit
    else:
        u = np.arctan2(x, -y) * (0.5 * unit)
        v = z * unit
    share = item.pattern(u, v)
    colour[:, main] = colour[:, main] * (1 - share) + item.accent[:, None] * share
    return colour


def _develop(image: Field, size: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Turn linear light into a picture: lens blur, vignette, exposure, sensor noise, tone curve."""
    fine = image.reshape(3, size, _OVERSAMPLING, size, _OVERSAMPLING).mean(axis=(2, 4))
    blur = rng.uniform(0.2, 0.9)
    fine = gaussian_filter(fine, (0, blur, blur))
    ticks = np.linspace(-1, 1, size, dtype=np.float32)
    fine *= 1 - rng.uniform(0.0, 0.22) * (ticks[:, None] ** 2 + ticks[None, :] ** 2)
    luminance = np.tensordot(np.array([0.2126, 0.7152, 0.0722], dtype=np.float32), fine, axes=1)
    fine *= rng.uniform(0.22, 0.42) / luminance.mean()
    grain = rng.standard_normal(fine.shape, dtype=np.float32)
    fine += gaussian_filter(grain, (0, 0.5, 0.5)) * rng.uniform(0.002, 0.012) * np.sqrt(np.maximum(fine, 0) + 0.02)
    tone = 1 - np.exp(-1.9 * np.maximum(fine, 0))
    return np.clip(np.rint(255 * tone ** (1 / 2.2)), 0, 255).astype(np.uint8).transpose(1, 2, 0)
