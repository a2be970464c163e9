"""What a verifier is judged by: labelled pairs with their scores, and the figures that follow from them."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamese_nb.intervals import figures_with_intervals
from siamese_nb.metrics import GENUINE
from siamese_nb.pairs import ACROSS, WITHIN, JudgedPairs, Part
from siamese_nb.storage import write_rows

_COLUMNS = ("one", "two", "label", "kind", "counted", "score", "one_identity", "two_identity")


@dataclass(frozen=True, eq=False)
class ScoredPairs:
    """Labelled pairs with the scores that a verifier gave them.

    Attributes
    ----------
    one, two : tuple of str
        Paths relative to the dataset's folder.
    labels : ndarray of shape (n_pairs,), int64
        1 genuine, 0 impostor.
    kinds : ndarray of shape (n_pairs,), int64
        0 genuine, 1 impostor across categories, 2 impostor within a category.
    counted : ndarray of shape (n_pairs,), bool
        Whether the pair enters the main figures, or is there to be reported apart.
    scores : ndarray of shape (n_pairs,), float64, in [0, 1]
    one_identity, two_identity : ndarray of shape (n_pairs,), int64
        What the images show; equal within genuine pairs.
    """

    one: tuple[str, ...]
    two: tuple[str, ...]
    labels: NDArray[np.int64]
    kinds: NDArray[np.int64]
    counted: NDArray[np.bool_]
    scores: NDArray[np.float64]
    one_identity: NDArray[np.int64]
    two_identity: NDArray[np.int64]

    @classmethod
    def from_pairs(
        cls, pairs: JudgedPairs, scores: NDArray[np.float64], paths: Sequence[str], part: Part
    ) -> "ScoredPairs":
        """Join drawn pairs, which point into a bank, with their scores and the paths of the bank's rows."""
        return cls(
            one=tuple(paths[row] for row in pairs.one.tolist()),
            two=tuple(paths[row] for row in pairs.two.tolist()),
            labels=pairs.label,
            kinds=pairs.kind,
            counted=pairs.counted,
            scores=scores,
            one_identity=part.identity_of(pairs.one),
            two_identity=part.identity_of(pairs.two),
        )

    @property
    def genuine(self) -> NDArray[np.bool_]:
        """Which pairs show the same thing."""
        return np.asarray(self.labels == GENUINE)

    @property
    def main(self) -> "ScoredPairs":
        """The pairs that enter the main figures: those counted."""
        rows = np.flatnonzero(self.counted)
        columns: dict[str, Any] = {
            name: tuple(column[row] for row in rows.tolist()) if isinstance(column, tuple) else column[rows]
            for name, column in vars(self).items()
        }
        return ScoredPairs(**columns)

    def figures(self, threshold: float, kind: int | None = None) -> dict[str, float]:
        """Compute every figure with its interval; of genuine pairs against one kind of impostor if that is given.

        For the names see `siamese_nb.intervals.figures_with_intervals`.
        """
        rows = self.counted if kind is None else self.genuine | (self.kinds == kind)
        return figures_with_intervals(
            self.labels[rows], self.scores[rows], threshold, self.one_identity[rows], self.two_identity[rows]
        )

    def figures_by_kind(self, threshold: float) -> dict[str, Any]:
        """Compute the figures of the counted pairs, and under `across` and `within` those against each kind."""
        found: dict[str, Any] = dict(self.figures(threshold))
        for name, kind in (("across", ACROSS), ("within", WITHIN)):
            if (self.kinds == kind).any():
                found[name] = self.figures(threshold, kind)
        return found

    def write(self, file: Path) -> None:
        """Write the pairs as CSV, scores to their last digit."""
        columns = (self.one, self.two, self.labels, self.kinds, self.counted.astype(int), self.scores)
        lists = [np.asarray(column).tolist() for column in (*columns, self.one_identity, self.two_identity)]
        write_rows(file, _COLUMNS, zip(*lists, strict=True))

    @classmethod
    def read(cls, file: Path) -> "ScoredPairs":
        """Read what `write` wrote."""
        with file.open(newline="", encoding="utf-8", errors="surrogateescape") as stream:
            rows = list(csv.reader(stream))[1:]
        one, two, label, kind, counted, score, first, second = zip(*rows, strict=True)
        return cls(
            one=tuple(one),
            two=tuple(two),
            labels=np.array(label, np.int64),
            kinds=np.array(kind, np.int64),
            counted=np.array(counted, np.int64).astype(bool),
            scores=np.array(score, np.float64),
            one_identity=np.array(first, np.int64),
            two_identity=np.array(second, np.int64),
        )
