"""What a product is: parts with a shape and a material each."""

from collections.abc import Callable
from dataclasses import dataclass

from siamese_nb.rendering.fields import Field

Parts = Callable[[Field, Field, Field], list[Field]]


@dataclass(frozen=True, kw_only=True)
class Product:
    """Hold the shape of a thing that stands on the plane z = 0 with its front towards -y.

    Parameters
    ----------
    parts : callable
        (x, y, z) -> a list of signed distances, one array a part.
    roles : tuple of str
        What each part is made of: "main" (which carries the pattern), "second", or a material of fixed colour.
    flat : bool
        Whether patterns lie on flat faces rather than wind round the axis.
    """

    parts: Parts
    roles: tuple[str, ...]
    flat: bool = False
