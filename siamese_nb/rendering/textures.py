"""Patterns: where on a product the second colour goes, and the grain of table-tops and walls."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from siamese_nb.rendering.fields import Field, interpolate


def _fraction(values: Field) -> Field:
    rest: Field = values - np.floor(values)
    return rest


def noise(u: Field, v: Field, table: Field) -> Field:
    """Interpolate smooth random values from a square table that repeats, one cell a unit."""
    size = table.shape[0]
    # Two more cells, not one: in float32 the remainder of a tiny negative number is the size itself.
    return interpolate(np.pad(table, (0, 2), mode="wrap"), np.mod(u, size), np.mod(v, size), smooth=True)


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """Say where on a surface the second colour goes.

    Parameters
    ----------
    name : str
        A key of `PATTERNS`.
    pitch : float
        Repeats per unit of length; a product is two units tall.
    duty : float, in (0, 1)
        How much of the second colour there is.
    shift : float, in [0, 1)
        Where the pattern starts.
    table : ndarray of shape (16, 16), float32, in [0, 1)
        Random values, for patterns with chance in them.
    """

    name: str
    pitch: float
    duty: float
    shift: float
    table: Field

    def __call__(self, u: Field, v: Field) -> Field:
        """Return the share of the second colour, in [0, 1], at places round (u) and up (v) a product."""
        share = PATTERNS[self.name](self, u * self.pitch + self.shift, v * self.pitch + self.shift, v)
        return share.astype(np.float32)


def _dots(pattern: Pattern, u: Field, v: Field, up: Field) -> Field:
    shifted = u + 0.5 * (np.floor(v) % 2)
    return (_fraction(shifted) - 0.5) ** 2 + (_fraction(v) - 0.5) ** 2 < 0.06 + 0.12 * pattern.duty


def _band(pattern: Pattern, u: Field, v: Field, up: Field) -> Field:
    off = np.abs(up - 0.5 - pattern.shift) / (0.12 + 0.3 * pattern.duty)
    return (off < 0.8) | ((off > 1) & (off < 1.15))


PATTERNS: dict[str, Callable[[Pattern, Field, Field, Field], Field]] = {
    "plain": lambda p, u, v, up: np.zeros_like(u),
    "rings": lambda p, u, v, up: _fraction(v) < p.duty,
    "bars": lambda p, u, v, up: _fraction(u) < p.duty,
    "spiral": lambda p, u, v, up: _fraction(0.7 * (u + v)) < p.duty,
    "zigzag": lambda p, u, v, up: _fraction(v + 0.8 * np.abs(_fraction(u) - 0.5)) < p.duty,
    "checks": lambda p, u, v, up: (np.floor(u) + np.floor(v)) % 2 > 0,
    "gingham": lambda p, u, v, up: 0.5 * (_fraction(u) < 0.5) + 0.5 * (_fraction(v) < 0.5),
    "dots": _dots,
    "band": _band,
    "dip": lambda p, u, v, up: up < 0.4 + p.shift,
    "blotches": lambda p, u, v, up: noise(1.3 * u, 1.3 * v, p.table) < 0.25 + 0.4 * p.duty,
}
"""Name -> (pattern, u and v in repeats, height from 0 to 2) -> share of the second colour."""


def draw_pattern(rng: np.random.Generator) -> Pattern:
    """Draw a pattern."""
    return Pattern(
        name=str(rng.choice(list(PATTERNS))),
        pitch=rng.uniform(2.0, 4.5),
        duty=rng.uniform(0.3, 0.6),
        shift=rng.random(),
        table=rng.random((16, 16), dtype=np.float32),
    )


def _wood(u: Field, v: Field, table: Field) -> Field:
    plank = np.floor(u)
    grain = noise(u * 9 + 2 * noise(u, v * 0.5, table), v * 0.6 + plank * 7, table)
    tone = table[plank.astype(np.intp) % len(table), 3]
    share: Field = 0.5 * grain + 0.4 * tone + 0.6 * (np.abs(_fraction(u) - 0.5) > 0.48)
    return share


def _stone(u: Field, v: Field, table: Field) -> Field:
    return 0.6 * noise(u, v, table) + 0.3 * noise(3 * u, 3 * v, table) + 0.2 * noise(8 * u, 8 * v, table)


def _tiles(u: Field, v: Field, table: Field) -> Field:
    joint = (np.abs(_fraction(u) - 0.5) > 0.47) | (np.abs(_fraction(v) - 0.5) > 0.47)
    return 0.2 * noise(2 * u, 2 * v, table) + 0.7 * joint


def _cloth(u: Field, v: Field, table: Field) -> Field:
    return 0.4 * (_fraction(u) < 0.5) + 0.4 * (_fraction(v) < 0.5) + 0.1 * noise(9 * u, 9 * v, table)


BACKDROPS: dict[str, tuple[float, Callable[[Field, Field, Field], Field]]] = {
    "plain": (0.3, lambda u, v, table: 0.3 * noise(0.4 * u, 0.4 * v, table)),
    "wood": (0.3, _wood),
    "stone": (0.15, _stone),
    "tiles": (0.1, _tiles),
    "cloth": (0.15, _cloth),
}
"""Name -> how often it is drawn, and (u, v, table of random values) -> share of the second colour, about in [0, 1]."""


def draw_backdrop(rng: np.random.Generator) -> Callable[[Field, Field], Field]:
    """Draw the grain of a table-top or a wall: place -> share of its second colour."""
    table = rng.random((32, 32), dtype=np.float32)
    angle = rng.uniform(0, np.pi)
    pitch = rng.uniform(1.2, 3.0)
    across, along = float(np.cos(angle)) * pitch, float(np.sin(angle)) * pitch
    shift_u, shift_v = rng.uniform(0, 16), rng.uniform(0, 16)
    names, often = list(BACKDROPS), [share for share, _ in BACKDROPS.values()]
    grain = BACKDROPS[str(rng.choice(names, p=often))][1]

    def share(u: Field, v: Field) -> Field:
        return grain(u * across - v * along + shift_u, u * along + v * across + shift_v, table).astype(np.float32)

    return share
