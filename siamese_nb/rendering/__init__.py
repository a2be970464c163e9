"""Pictures of small products, as couples of photos would show them: NumPy and SciPy alone, no download."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from siamese_nb.rendering import built, turned
from siamese_nb.rendering.item import finish
from siamese_nb.rendering.photograph import photograph
from siamese_nb.rendering.product import Product

__all__ = ["FAMILIES", "render_couple"]

FAMILIES: dict[str, Callable[[np.random.Generator], Product]] = {
    "bottle": turned.draw_bottle,
    "cactus": built.draw_cactus,
    "car": built.draw_car,
    "chair": built.draw_chair,
    "duck": built.draw_duck,
    "house": built.draw_house,
    "lamp": turned.draw_lamp,
    "mug": turned.draw_mug,
    "mushroom": turned.draw_mushroom,
    "rocket": built.draw_rocket,
    "teapot": turned.draw_teapot,
    "vase": turned.draw_vase,
}
"""Category -> a function that draws one product of it."""


def render_couple(category: str, size: int, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw one product of a category and take two pictures of it, from two sides, in two scenes.

    Parameters
    ----------
    category : str
        A key of `FAMILIES`.
    size : int
        Side of the square pictures in pixels.
    rng : Generator

    Returns
    -------
    one, two : ndarray of shape (size, size, 3), uint8
    """
    item = finish(FAMILIES[category](rng), rng)
    left = rng.uniform(-0.6, 0.1)
    azimuths = rng.permutation([left, left + rng.uniform(0.4, 0.95)])
    one, two = (photograph(item, float(azimuth), size, rng) for azimuth in azimuths)
    return one, two
