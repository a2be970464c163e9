"""Answer the comparer's questions with a verifier, and what validation taught about its scores."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamese_nb.answers.picture import Picture
from siamese_nb.answers.validation import ValidationScores
from siamese_nb.explain import Explainer, Reason
from siamese_nb.metrics import verdict
from siamese_nb.scoring import pair_scores
from siamese_nb.thresholds.band import Band
from siamese_nb.thumbnails import make_thumbnail
from siamese_nb.verifier import Verifier

_SHOWN = 6  # of the validation pairs like this one


class Answerer:
    """Hold a verifier and what it learned in validation; its methods are what `Comparer` is handed.

    Parameters
    ----------
    verifier : Verifier
    prevalence : float, in (0, 1)
        Share of pairs that show the same thing, among those that will be compared.
    data : path, optional
        The folder of the dataset that the verifier was trained on, to show pairs of it.
    """

    def __init__(self, verifier: Verifier, prevalence: float = 0.5, data: str | os.PathLike[str] | None = None) -> None:
        self.verifier = verifier
        self._data = None if data is None else Path(data)
        self._explainer = Explainer(verifier.leg, verifier.head)
        validation = ValidationScores.from_pairs(verifier.pairs["validation"], verifier.calibration, prevalence)
        self.validation = replace(validation, band=_band_of(verifier, validation.band))

    def read(self, data: bytes) -> Picture:
        """Decode and embed a file's bytes, or raise `ImageError`."""
        return Picture.read(self.verifier, data)

    def compare(self, one: Picture, two: Picture) -> dict[str, Any]:
        """Answer with what `Verifier.compare` says, how sure that is, and what speaks against it.

        Returns
        -------
        dict
            `score`, `threshold`, `verdict`; `probability` at the stated prevalence with `probability_low` and
            `probability_high`; `sure`; `same` of the `of` validation pairs nearest to it; `remarks`.
        """
        embeddings = np.concatenate([one.embedding, two.embedding])
        score = float(pair_scores(self.verifier.head, embeddings, np.array([0]), np.array([1]))[0])
        probability, low, high = self.validation.probability(score)
        neighbours = self.validation.neighbours(score)
        band = self.validation.band
        return {
            "score": score,
            "threshold": self.verifier.threshold,
            "verdict": verdict(score, self.verifier.threshold),
            "probability": probability,
            "probability_low": low,
            "probability_high": high,
            "sure": not band.low <= score < band.high,
            "same": int(self.validation.pairs.labels[neighbours].sum()),
            "of": len(neighbours),
            "remarks": list(_remarks(one, two)),
        }

    def scores(self, one: Picture, others: Sequence[Picture]) -> NDArray[np.float64]:
        """Score one picture with each of several, to the bit as `compare` does.

        Returns
        -------
        ndarray of shape (n_others,), float64, in [0, 1]
        """
        embeddings = np.concatenate([one.embedding, *(other.embedding for other in others)])
        rows = np.arange(1, len(embeddings))
        return pair_scores(self.verifier.head, embeddings, np.zeros_like(rows), rows)

    def explain(self, one: Picture, two: Picture) -> Reason:
        """Say which patches made the score."""
        return self._explainer.explain(one.pixels, two.pixels)

    def neighbours(self, score: float) -> list[dict[str, Any]]:
        """Show some of the validation pairs whose scores are nearest, where their pictures are still there.

        Returns
        -------
        list of dict
            `same` (bool), `score`, and `one`, `two` as small JPEGs; empty without the dataset's folder.
        """
        return list(self._found(score))

    def background(self) -> dict[str, Any]:
        """Give what stands behind every answer: validation's scores, the threshold and the band of "not sure"."""
        band = self.validation.band
        return {
            **self.validation.histogram(),
            "band": [band.low, band.high],
            "prevalence": self.validation.prevalence,
            "threshold": self.verifier.threshold,
            "pictures": self._data is not None,
        }

    def _found(self, score: float) -> Iterator[dict[str, Any]]:
        if self._data is None:
            return
        pairs, shown = self.validation.pairs, 0
        for row in self.validation.neighbours(score):
            files = [self._data / pairs.one[row], self._data / pairs.two[row]]
            if shown == _SHOWN or not all(file.is_file() for file in files):
                continue
            shown += 1
            one, two = (make_thumbnail(file, "small") for file in files)
            yield {"same": bool(pairs.labels[row]), "score": float(pairs.scores[row]), "one": one, "two": two}


def _band_of(verifier: Verifier, measured: Band) -> Band:
    """Take the band that the user chose with the threshold, if one was chosen."""
    low = verifier.about["threshold"].get("low")
    return measured if low is None else replace(measured, low=float(low), high=verifier.threshold)


def _remarks(one: Picture, two: Picture) -> Iterator[str]:
    if one.digest == two.digest:
        yield "Both pictures are the same file."
    for name, picture in (("first", one), ("second", two)):
        for remark in picture.remarks:
            yield f"The {name} picture {remark}."
