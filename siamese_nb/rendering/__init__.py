"""Pictures of small products, as couples of photos would show them: NumPy and SciPy alone, no download."""

import numpy as np
from numpy.typing import NDArray

from siamese_nb.rendering.picture import finish, photograph
from siamese_nb.rendering.products import FAMILIES

__all__ = ["FAMILIES", "render_couple"]


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
    first = rng.uniform(-0.55, 0.55)
    turn = rng.uniform(0.35, 0.95)
    second = first - turn if first > 0 else first + turn
    if rng.random() < 0.5:
        first, second = second, first
    return photograph(item, first, size, rng), photograph(item, second, size, rng)
