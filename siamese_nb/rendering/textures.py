"""Patterns for surfaces: where on a surface the second colour goes, and the look of table-tops and walls."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from siamese_nb.rendering.solids import Field

Mask = Callable[[Field, Field], Field]


def _fraction(values: Field) -> Field:
    return values - np.floor(values)


def noise(u: Field, v: Field, table: Field) -> Field:
    """Interpolate smooth random values in [0, 1] from a square table that repeats, one cell a unit."""
    size = table.shape[0]
    iu, iv = np.floor(u).astype(np.int32), np.floor(v).astype(np.int32)
    fu, fv = u - iu, v - iv
    fu, fv = fu * fu * (3 - 2 * fu), fv * fv * (3 - 2 * fv)
    a, b = iu % size, iv % size
    c, d = (iu + 1) % size, (iv + 1) % size
    low = table[a, b] * (1 - fu) + table[c, b] * fu
    high = table[a, d] * (1 - fu) + table[c, d] * fu
    return low * (1 - fv) + high * fv


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """Say where on a surface the second colour goes.

    Parameters
    ----------
    name : str
        One of `PATTERNS`.
    pitch : float
        Repeats per unit of length.
    duty : float, in (0, 1)
        Share of the second colour.
    shift : float, in [0, 1)
        Where the pattern starts.
    table : ndarray of shape (16, 16), float32, in [0, 1)
        Random values for patterns with chance in them.
    """

    name: str
    pitch: float
    duty: float
    shift: float
    table: Field

    def __call__(self, u: Field, v: Field) -> Field:
        """Return the share of the second colour, in [0, 1], at surface coordinates; v runs from 0 to 2 up a product."""
        return PATTERNS[self.name](u * self.pitch + self.shift, v * self.pitch + self.shift, v, self).astype(np.float32)


def _dots(u: Field, v: Field, pattern: Pattern) -> Field:
    row = np.floor(v)
    across, up = _fraction(u + 0.5 * (row % 2)) - 0.5, _fraction(v) - 0.5
    return across**2 + up**2 < 0.06 + 0.12 * pattern.duty


def _band(level: Field, pattern: Pattern) -> Field:
    off = np.abs(level - 0.5 - pattern.shift) / (0.12 + 0.3 * pattern.duty)
    return (off < 0.8) | ((off > 1) & (off < 1.15))


PATTERNS: dict[str, Callable[[Field, Field, Field, Pattern], Field]] = {
    "plain": lambda u, v, level, p: np.zeros_like(u),
    "rings": lambda u, v, level, p: _fraction(v) < p.duty,
    "bars": lambda u, v, level, p: _fraction(u) < p.duty,
    "spiral": lambda u, v, level, p: _fraction(0.7 * (u + v)) < p.duty,
    "zigzag": lambda u, v, level, p: _fraction(v + 0.8 * np.abs(_fraction(u) - 0.5)) < p.duty,
    "checks": lambda u, v, level, p: (np.floor(u) + np.floor(v)) % 2,
    "gingham": lambda u, v, level, p: 0.5 * (_fraction(u) < 0.5) + 0.5 * (_fraction(v) < 0.5),
    "dots": lambda u, v, level, p: _dots(u, v, p),
    "band": lambda u, v, level, p: _band(level, p),
    "dip": lambda u, v, level, p: level < 0.4 + p.shift,
    "blotches": lambda u, v, level, p: noise(1.3 * u, 1.3 * v, p.table) < 0.25 + 0.4 * p.duty,
}


def draw_pattern(rng: np.random.Generator) -> Pattern:
    """Draw a pattern at random."""
    return Pattern(
        name=str(rng.choice(list(PATTERNS))),
        pitch=rng.uniform(2.0, 4.5),
        duty=rng.uniform(0.3, 0.6),
        shift=rng.random(),
        table=rng.random((16, 16), dtype=np.float32),
    )


def draw_backdrop(rng: np.random.Generator) -> Mask:
    """Draw the look of a table-top or a wall: how far, in [0, 1], it goes from its first to its second colour."""
    table = rng.random((32, 32), dtype=np.float32)
    pitch, angle, shift = rng.uniform(1.2, 3.0), rng.uniform(0, np.pi), rng.random(2, dtype=np.float32) * 16
    cos, sin = float(np.cos(angle)), float(np.sin(angle))
    look = BACKDROPS[str(rng.choice(list(BACKDROPS), p=[0.3, 0.3, 0.15, 0.1, 0.15]))]

    def mask(u: Field, v: Field) -> Field:
        turned_u, turned_v = (u * cos - v * sin) * pitch + shift[0], (u * sin + v * cos) * pitch + shift[1]
        return look(turned_u, turned_v, table)

    return mask


def _wood(u: Field, v: Field, table: Field) -> Field:
    plank = np.floor(u)
    grain = noise(u * 9 + 2 * noise(u, v * 0.5, table), v * 0.6 + plank * 7, table)
    tone = table[plank.astype(np.int32) % 32, 3]
    seam = np.abs(_fraction(u) - 0.5) > 0.48
    return 0.5 * grain + 0.4 * tone + 0.6 * seam


def _stone(u: Field, v: Field, table: Field) -> Field:
    return 0.6 * noise(u, v, table) + 0.3 * noise(3 * u, 3 * v, table) + 0.2 * noise(8 * u, 8 * v, table)


def _tiles(u: Field, v: Field, table: Field) -> Field:
    joint = (np.abs(_fraction(u) - 0.5) > 0.47) | (np.abs(_fraction(v) - 0.5) > 0.47)
    return 0.3 * table[np.floor(u).astype(np.int32) % 32, np.floor(v).astype(np.int32) % 32] + 0.7 * joint


BACKDROPS: dict[str, Callable[[Field, Field, Field], Field]] = {
    "plain": lambda u, v, table: 0.3 * noise(0.4 * u, 0.4 * v, table),
    "wood": _wood,
    "stone": _stone,
    "tiles": _tiles,
    "cloth": lambda u, v, table: 0.4 * (_fraction(u) < 0.5) + 0.4 * (_fraction(v) < 0.5) + 0.1 * noise(9 * u, 9 * v, table),
}
