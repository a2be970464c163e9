"""A finished item: a product with its paint, and the box that it fills."""

from dataclasses import dataclass

import numpy as np

from siamese_nb.rendering.fields import Field
from siamese_nb.rendering.product import Product
from siamese_nb.rendering.textures import Pattern, draw_pattern

# Few colours for many items: two that share their colours must be told apart by shape and pattern.
PAINTS = ("#c8402f", "#e2a032", "#2b7d78", "#2c5aa0", "#efe4cf", "#7d9c55", "#7c4a80", "#3a3f47")
MATERIALS = {
    "beak": "#ee8a1d",
    "glass": "#7fa3b8",
    "ivory": "#ece0c6",
    "leaf": "#4d8a4a",
    "metal": "#b9bcc2",
    "rubber": "#26262a",
    "wood": "#a8753f",
}


@dataclass(frozen=True, kw_only=True)
class Item:
    """Hold a product, its box and its paint; colours are linear light.

    Parameters
    ----------
    product : Product
    low, high : ndarray of shape (3,), float32
        Corners of a box that holds it.
    colours : ndarray of shape (n_parts, 3), float32
    accent : ndarray of shape (3,), float32
        The pattern's colour.
    pattern : Pattern
    gloss : float, in [0, 1]
    """

    product: Product
    low: Field
    high: Field
    colours: Field
    accent: Field
    pattern: Pattern
    gloss: float

    @property
    def centre(self) -> Field:
        """The middle of the box."""
        return (self.low + self.high) / 2

    @property
    def radius(self) -> float:
        """Half the box's diagonal."""
        return float(np.linalg.norm(self.high - self.low)) / 2

    def solid(self, x: Field, y: Field, z: Field) -> Field:
        """Return the distance to the nearest part."""
        nearest, *others = self.product.parts(x, y, z)
        for part in others:
            nearest = np.minimum(nearest, part)
        return nearest

    def albedo(self, x: Field, y: Field, z: Field, normal: Field) -> Field:
        """Return the colours, of shape (3, n), of points on the surface."""
        part = np.argmin(np.stack(self.product.parts(x, y, z)), axis=0)
        colours: Field = self.colours[part].T.copy()
        main = np.array([role == "main" for role in self.product.roles])[part]
        share = self.pattern(*self._wrap(x[main], y[main], z[main], normal[:, main]))
        colours[:, main] += (self.accent[:, None] - colours[:, main]) * share
        return colours

    def _wrap(self, x: Field, y: Field, z: Field, normal: Field) -> tuple[Field, Field]:
        """Return places round and up the product, in units of half its height."""
        unit = 2 / float(self.high[2])
        if not self.product.flat:
            return np.arctan2(x, -y) * (0.5 * unit), z * unit
        sideways, back, up = np.abs(normal)
        on_top = (up > sideways) & (up > back)
        u = np.where((sideways > back) & ~on_top, y, x)
        return u * unit, np.where(on_top, y + self.high[2] / 2, z) * unit


def linear(colour: str) -> Field:
    """Convert "#rrggbb" to linear light."""
    return (np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255).astype(np.float32) ** np.float32(2.2)


def finish(product: Product, rng: np.random.Generator) -> Item:
    """Paint a product in three colours of the paints and a pattern, and measure it."""
    main, accent, other = (linear(PAINTS[i]) for i in rng.permutation(len(PAINTS))[:3])
    paint = {name: linear(colour) for name, colour in MATERIALS.items()}
    paint |= {"main": main, "second": other if rng.random() < 0.5 else accent}
    low, high = _measure(product)
    return Item(
        product=product,
        low=low,
        high=high,
        colours=np.stack([paint[role] for role in product.roles]),
        accent=accent,
        pattern=draw_pattern(rng),
        gloss=rng.uniform(0.05, 0.6),
    )


def _measure(product: Product) -> tuple[Field, Field]:
    """Return a box round a product: all that lies within a grid's step of its surface."""
    side, up = np.linspace(-1.5, 1.5, 30, dtype=np.float32), np.linspace(-0.05, 2.75, 29, dtype=np.float32)
    points = np.stack([axis.ravel() for axis in np.meshgrid(side, side, up, indexing="ij")])
    within = points[:, np.minimum.reduce(product.parts(*points)) < 0.09]
    low, high = within.min(axis=1), within.max(axis=1)
    low[2] = 0
    return low, high
