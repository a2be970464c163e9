"""Pairs of pictures, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from siamese_nb.errors import InputError
from siamese_nb.metrics import GENUINE, accept, check_threshold
from siamese_nb.plots.style import GENUINE_COLOUR, IMPOSTOR_COLOUR, NEUTRAL_COLOUR, GridDisplay

_COLUMNS = 4


@dataclass(eq=False)
class PairsDisplay(GridDisplay):
    """Show pairs in a grid: two pictures each, with label, score and whether the verdict is right.

    Attributes
    ----------
    pictures : list of ndarray of shape (height, width, 3), uint8
        Both pictures of a pair on one canvas.
    captions : list of str
    colours : list of str
        Of each pair's frame: blue when the verdict is right, orange when it is wrong, grey without one.
    """

    pictures: list[NDArray[np.uint8]]
    captions: list[str]
    colours: list[str]

    @classmethod
    def from_images(
        cls,
        images_one: Sequence[ArrayLike],
        images_two: Sequence[ArrayLike],
        labels: ArrayLike | None = None,
        scores: ArrayLike | None = None,
        threshold: float | None = None,
        titles: Sequence[str] | None = None,
    ) -> "PairsDisplay":
        """Put the pictures of each pair side by side.

        Parameters
        ----------
        images_one, images_two : sequence of n_pairs arrays of shape (height, width, 3) or (height, width), uint8
            Sizes may differ.
        labels : array_like of shape (n_pairs,), each 1 (genuine) or 0 (impostor), optional
        scores : array_like of shape (n_pairs,), float, in [0, 1], optional
        threshold : float, in [0, 1], optional
            Needs scores.
        titles : sequence of n_pairs str, optional

        Raises
        ------
        InputError
            If there is no pair, or the lengths differ.
        """
        pictures = [_side_by_side(one, two) for one, two in zip(images_one, images_two, strict=False)]
        parts = {"images_two": images_two, "labels": labels, "scores": scores, "titles": titles}
        lengths = {
            name: len(np.atleast_1d(part)) if name in ("labels", "scores") else len(part)  # type: ignore[arg-type]
            for name, part in parts.items()
            if part is not None
        }
        wrong = [f"{length} {name}" for name, length in lengths.items() if length != len(images_one)]
        if wrong or not pictures:
            raise InputError(f"{len(images_one)} images_one and {', '.join(wrong) or 'no more'}: give as many of each")
        if threshold is not None and scores is None:
            raise InputError("a threshold was given without scores: give both or neither")
        captions, colours = _captions(len(pictures), labels, scores, threshold, titles)
        return cls(pictures, captions, colours)

    def plot(self, ax: Axes | None = None) -> "PairsDisplay":
        """Draw the grid in the place of `ax`, which must come from a grid such as ``plt.subplots()``."""
        lines = max(caption.count("\n") + 1 if caption else 0 for caption in self.captions)
        opened = self._open_grid(ax, len(self.pictures), min(_COLUMNS, len(self.pictures)), (2.9, 1.5 + 0.2 * lines))
        for small, picture, caption, colour in zip(opened, self.pictures, self.captions, self.colours, strict=True):
            small.imshow(picture, interpolation="antialiased")
            small.set_title(caption, fontsize="small", color="black")
            small.set(xticks=[], yticks=[])
            small.spines[:].set(color=colour, linewidth=2.0)
        return self


def _captions(
    n: int, labels: ArrayLike | None, scores: ArrayLike | None, threshold: float | None, titles: Sequence[str] | None
) -> tuple[list[str], list[str]]:
    parts: list[list[str]] = [[] for _ in range(n)]
    colours = [NEUTRAL_COLOUR] * n
    genuine = None if labels is None else np.asarray(labels) == GENUINE
    accepted = None if scores is None or threshold is None else accept(scores, check_threshold(threshold))
    for k in range(n):
        if genuine is not None:
            parts[k].append("genuine" if genuine[k] else "impostor")
        if scores is not None:
            parts[k].append(f"{np.asarray(scores)[k]:.2f}")
        if accepted is not None:
            parts[k].append("accepted" if accepted[k] else "rejected")
        if accepted is not None and genuine is not None:
            right = accepted[k] == genuine[k]
            colours[k] = GENUINE_COLOUR if right else IMPOSTOR_COLOUR
            parts[k].append("✓" if right else "✗")
    captions = ["  ".join(words) for words in parts]
    if titles is not None:
        captions = ["\n".join(filter(None, pair)) for pair in zip(titles, captions, strict=True)]
    return captions, colours


def _side_by_side(one: ArrayLike, two: ArrayLike) -> NDArray[np.uint8]:
    pictures = [_colour(one), _colour(two)]
    height = max(picture.shape[0] for picture in pictures)
    gap = max(2, height // 20)
    width = sum(picture.shape[1] for picture in pictures) + gap
    canvas: NDArray[np.uint8] = np.full((height, width, 3), 255, dtype=np.uint8)
    left = 0
    for picture in pictures:
        top = (height - picture.shape[0]) // 2
        canvas[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
        left += picture.shape[1] + gap
    return canvas


def _colour(image: ArrayLike) -> NDArray[Any]:
    picture = np.asarray(image)
    if picture.dtype != np.uint8 or picture.ndim not in (2, 3) or (picture.ndim == 3 and picture.shape[2] != 3):
        raise InputError(
            f"an image of shape {picture.shape} and type {picture.dtype} was given: needed is uint8 of shape "
            "(height, width, 3) or (height, width)"
        )
    return np.stack([picture] * 3, axis=-1) if picture.ndim == 2 else picture
