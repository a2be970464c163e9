"""Made-up alphabets, drawn by made-up hands on your machine: a small stand-in where Omniglot is not at hand."""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from siamese_nb.storage import cache_folder, whole_folder

_SIDE, _PEN = 105, 3  # Omniglot's side and pen, in pixels
_POINTS = 24  # of the polygon that a stroke is drawn as
_EDITION = 1  # raise it when the pictures change


def choose_alphabets(folder: str | os.PathLike[str]) -> Path:
    """Return the folder of Omniglot if it is there, as `siamese-nb get omniglot` lays it out, else made-up alphabets.

    Those are kept in the user's cache, so that they never count as pictures of the user's own.
    """
    if (Path(folder) / ".omniglot").exists():
        return Path(folder)
    made = cache_folder() / f"made-up-alphabets-{_EDITION}"
    return made if made.exists() else write_alphabets(made)


def write_alphabets(
    folder: str | os.PathLike[str], alphabets: int = 6, characters: int = 20, drawers: int = 6, seed: int = 0
) -> Path:
    """Draw alphabets: `<alphabet>/<character>/<character>_<drawer>.png`, black on white, 105 pixels a side.

    A character is two or three curved strokes; each drawer draws with a slant, a size and a shaky hand of its own.

    Raises
    ------
    FileExistsError
        If the folder exists.
    """
    path = Path(folder)
    with whole_folder(path) as temporary:
        for alphabet in range(alphabets):
            for character in range(characters):
                rng = np.random.default_rng([seed, alphabet, character])
                strokes = rng.uniform(0.15, 0.85, (int(rng.integers(2, 4)), 4, 2))
                place = temporary / f"alphabet{alphabet:02d}" / f"character{character:02d}"
                place.mkdir(parents=True)
                for drawer in range(drawers):
                    drawn = _by_hand(strokes, np.random.default_rng([seed, alphabet, drawer]), rng)
                    _picture(drawn).save(place / f"{character:04d}_{drawer:02d}.png", optimize=True)
    return path


def _by_hand(
    strokes: NDArray[np.float64], hand: np.random.Generator, shake: np.random.Generator
) -> NDArray[np.float64]:
    """Draw strokes as one hand does: the same slant and size for all its characters, and a shake for each point."""
    slant = np.eye(2) + hand.normal(0, 0.12, (2, 2))
    middle = 0.5 + hand.normal(0, 0.04, 2)
    return np.asarray((strokes - 0.5) @ slant + middle + shake.normal(0, 0.025, strokes.shape))


def _picture(strokes: NDArray[np.float64]) -> Image.Image:
    """Draw each stroke as the Bezier curve of its four points."""
    image = Image.new("1", (_SIDE, _SIDE), 1)
    t = np.linspace(0, 1, _POINTS)[:, None]
    for a, b, c, d in strokes * _SIDE:
        curve = (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
        ImageDraw.Draw(image).line([tuple(point) for point in curve.tolist()], fill=0, width=_PEN, joint="curve")
    return image
