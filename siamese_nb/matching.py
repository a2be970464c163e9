"""Places matched: each place of a picture's map is compared with those about the same place in another picture.

An embedding then holds more than a description of the whole picture: behind it stand the maps of what lies where. Two
pictures of one thing rarely have it in quite the same places, so each place counts by the most alike of the places
within one step in the other picture, and both directions are averaged.

References
----------
Li, Wang, Xu, Huo, Gao, Luo (2019), Revisiting Local Descriptor Based Image-to-Class Measure for Few-Shot Learning,
CVPR: each local descriptor with its nearest ones.
Khattab, Zaharia (2020), ColBERT: Efficient and Effective Passage Search via Contextualized Late Interaction over BERT,
SIGIR: the sum of maxima.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

_REACH = 1  # how many places away a match may lie, along rows and along columns
_STEPS = [(down, right) for down in range(-_REACH, _REACH + 1) for right in range(-_REACH, _REACH + 1)]


@dataclass(frozen=True)
class Maps:
    """Where an embedding of d numbers holds maps, and how two such embeddings are compared.

    Attributes
    ----------
    whole : int
        Numbers that describe the picture as a whole; the maps stand behind them.
    count : int
        How many maps there are.
    rows, columns : int
        Places of each map. All numbers that are left are the channels of its places.
    """

    whole: int
    count: int
    rows: int
    columns: int

    @property
    def places(self) -> int:
        """How many places all maps have together."""
        return self.count * self.rows * self.columns

    def times(self, legs: int) -> "Maps":
        """Return where the maps are of so many legs, whose wholes stand side by side before all their maps."""
        return Maps(self.whole * legs, self.count * legs, self.rows, self.columns)

    def likeness(self, x: Any, y: Any, xp: Any = np) -> Any:
        """Compute how alike two pictures are: the scalar product of the wholes, and of each place with its match.

        A place at the edge may match nothing, which counts as 0.

        Parameters
        ----------
        x, y : array of shape (..., d)
            They broadcast against each other.
        xp : module
            `numpy`, or `keras.ops` for tensors.

        Returns
        -------
        array of shape (...)
            Of embeddings of unit length about their cosine similarity, and seldom above 1.
        """
        whole = xp.sum(x[..., : self.whole] * y[..., : self.whole], axis=-1)
        one, two = self._maps(x, xp), self._maps(y, xp)
        return whole + self._matched(one, two, xp)

    def likenesses(self, some: Any, others: Any, xp: Any = np) -> Any:
        """Compute `likeness` of each of some embeddings, of shape (n, d), with each of others, of shape (m, d).

        Returns
        -------
        array of shape (n, m)
        """
        whole = xp.matmul(some[:, : self.whole], xp.transpose(others[:, : self.whole]))
        one, two = self._maps(some, xp), self._maps(others, xp)
        there = self._all_matched(one, two, xp)
        back = there if some is others else self._all_matched(two, one, xp)
        return whole + (there + xp.transpose(back)) / 2

    def _maps(self, embeddings: Any, xp: Any) -> Any:
        """Return the maps of embeddings of shape (..., d), of shape (..., count, rows, columns, channels)."""
        maps = embeddings[..., self.whole :]
        channels = maps.shape[-1] // self.places
        leading = (-1,) if len(maps.shape) == 2 else tuple(maps.shape[:-1])  # a batch's length may not be known yet
        return xp.reshape(maps, (*leading, self.count, self.rows, self.columns, channels))

    def _matched(self, one: Any, two: Any, xp: Any) -> Any:
        """Sum the likeness of each place with its match, averaged over both directions."""
        wide = self._widened(two, xp)
        products = [xp.einsum("...c,...c->...", one, self._moved(wide, step)) for step in _STEPS]
        # What a place of the one has in common with one of the other lies there at the other's place, the step undone.
        undone = [
            self._moved(self._widened(found[..., None], xp), (-down, -right))[..., 0]
            for found, (down, right) in zip(products, _STEPS, strict=True)
        ]
        best = sum(xp.max(xp.stack(found), axis=0) for found in (products, undone))
        return xp.sum(best, axis=(-3, -2, -1)) / 2

    def _all_matched(self, one: Any, two: Any, xp: Any) -> Any:
        """Sum the likeness of each place of one's pictures with its match in each of two's; not the other direction."""
        best, places, wide = None, self._by_place(one, xp), self._widened(two, xp)
        for step in _STEPS:
            others = self._by_place(self._moved(wide, step), xp)
            found = xp.matmul(places, xp.transpose(others, (0, 2, 1)))
            best = found if best is None else xp.maximum(best, found)
        return xp.sum(best, axis=0)

    def _widened(self, maps: Any, xp: Any) -> Any:
        """Put a border of zeros around maps of shape (..., rows, columns, channels), as wide as a step."""
        return xp.pad(maps, [(0, 0)] * (len(maps.shape) - 3) + [(_REACH, _REACH), (_REACH, _REACH), (0, 0)])

    def _moved(self, wide: Any, step: tuple[int, int]) -> Any:
        """Return maps that hold at each place what stood a step away, from maps with a border."""
        down, right = (_REACH + along for along in step)
        return wide[..., down : down + self.rows, right : right + self.columns, :]

    def _by_place(self, maps: Any, xp: Any) -> Any:
        """Turn maps of n pictures to shape (places, n, channels)."""
        return xp.transpose(xp.reshape(maps, (-1, self.places, maps.shape[-1])), (1, 0, 2))
