"""Take a picture of an item: place the camera, draw the scene and the item in it, develop."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from siamese_nb.rendering.camera import SAMPLES, Camera, aim, enter_box, lit, normals, open_sky, trace
from siamese_nb.rendering.fields import Field, dot
from siamese_nb.rendering.item import Item
from siamese_nb.rendering.scene import Light, draw_light, draw_scene

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)


def photograph(item: Item, azimuth: float, size: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Take a picture of an item in a scene of its own.

    Parameters
    ----------
    item : Item
    azimuth : float
        Where the camera stands, in radians round the item from its front; all else about the scene is drawn.
    size : int
        Side of the square picture in pixels.
    rng : Generator

    Returns
    -------
    ndarray of shape (size, size, 3), uint8
    """
    view = rng.uniform(0.45, 0.65)
    camera = aim(
        item.centre,
        distance=item.radius / np.sin(view / 2) * rng.uniform(0.8, 1.1),
        azimuth=azimuth,
        elevation=rng.uniform(0.2, 0.62),
        roll=rng.uniform(-0.06, 0.06),
        view=view,
        offset=(rng.uniform(-0.07, 0.07), rng.uniform(-0.05, 0.05)),
        size=size,
    )
    light = draw_light(azimuth, rng)
    image = draw_scene(item, camera, light, rng)
    _draw_item(item, camera, light, image)
    return _develop(image.reshape(3, len(SAMPLES), size, size).mean(axis=1), rng)


def _draw_item(item: Item, camera: Camera, light: Light, image: Field) -> None:
    """Draw an item over the scene, in linear light."""
    enter, leave = enter_box(camera.origin, camera.rays, item.low, item.high)
    hit, depth = trace(item.solid, camera.origin, camera.rays, enter, leave)
    rays = camera.rays[:, hit]
    x, y, z = camera.origin[:, None] + rays * depth
    normal = normals(item.solid, x, y, z)
    lamp, sky = _received(item, light, x, y, z, normal)
    up = 0.5 + 0.5 * normal[2]
    ambient = (light.sky[:, None] * up + light.ground[:, None] * (1 - up)) * sky
    diffuse = light.lamp[:, None] * (lamp * np.maximum(dot(light.towards, normal), 0)) + ambient
    between = light.towards[:, None] - rays
    between /= np.linalg.norm(between, axis=0)
    shine = np.maximum((between * normal).sum(axis=0), 0) ** 60 * lamp * (2.5 * item.gloss)
    rim = (1 - np.clip(-(rays * normal).sum(axis=0), 0, 1)) ** 4 * sky * (0.35 * item.gloss + 0.05)
    image[:, hit] = item.albedo(x, y, z, normal) * diffuse + light.lamp[:, None] * shine + light.sky[:, None] * rim


def _received(item: Item, light: Light, x: Field, y: Field, z: Field, normal: Field) -> tuple[Field, Field]:
    """Return the shares of the lamp and of the sky that points on an item see."""
    lamp = np.zeros_like(x)
    front = dot(light.towards, normal) > 0
    lamp[front] = lit(item.solid, x[front], y[front], z[front], light.towards, 1.5 * light.sharpness, 2 * item.radius)
    near_table = np.clip(0.35 + z / (0.5 * item.radius), 0, 1)
    return lamp, open_sky(item.solid, x, y, z, normal, 0.4) * near_table


def _develop(image: Field, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Turn linear light into a picture: focus, vignette, exposure, grain, tone."""
    blur = rng.uniform(0.35, 0.9)
    image = gaussian_filter(image, (0, blur, blur))
    ticks = np.linspace(-1, 1, image.shape[1], dtype=np.float32)
    image = image * (1 - rng.uniform(0.0, 0.22) * (ticks[:, None] ** 2 + ticks**2))
    # Exposed as a camera would, give or take: brightness says little about the item.
    image *= rng.uniform(0.22, 0.42) / dot(_LUMINANCE, image).mean()
    grain = gaussian_filter(rng.standard_normal(image.shape, dtype=np.float32), (0, 0.5, 0.5))
    image += grain * rng.uniform(0.002, 0.012) * np.sqrt(image + 0.02)
    tone = (1 - np.exp(-1.9 * np.maximum(image, 0))) ** (1 / 2.2)
    picture: NDArray[np.uint8] = np.rint(255 * tone).astype(np.uint8).transpose(1, 2, 0)
    return picture
