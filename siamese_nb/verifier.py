"""A trained verifier: scores, verdicts and embeddings for new pictures."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from siamese_nb.bundle import Bundle, read_bundle, rewrite_about, write_bundle
from siamese_nb.calibration import Calibration
from siamese_nb.dataset import Dataset
from siamese_nb.embedding_cache import bank_embeddings
from siamese_nb.embeddings import embed
from siamese_nb.errors import InputError
from siamese_nb.images import ImageSource, read_image
from siamese_nb.metrics import check_threshold, is_collapsed, verdict
from siamese_nb.models import MetricHead
from siamese_nb.scanning import scan
from siamese_nb.scored_pairs import ScoredPairs
from siamese_nb.scoring import pair_scores, row_scores
from siamese_nb.suspects import Suspect

_IMAGES_AT_ONCE = 1024  # decoded pictures in memory


@dataclass(eq=False)
class Verifier(Bundle):
    """Tell whether two pictures show the same thing: a bundle that answers.

    Attributes
    ----------
    path : Path or None
        The bundle's folder, once saved or loaded. The other attributes are those of `siamese_nb.bundle.Bundle`.
    """

    path: Path | None = None

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Verifier":
        """Load a bundle, or the newest of a folder of bundles.

        Raises
        ------
        InputError
            If there is none, it is damaged, or it was written by a newer siamese_nb.
        """
        folder, bundle = read_bundle(path)
        return cls(**vars(bundle), path=folder)

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Save as a bundle, whole or not at all; the folder must not exist yet.

        Raises
        ------
        InputError
            If the place cannot be written to, or is taken.
        """
        path = Path(folder)
        write_bundle(path, self)
        self.path = path
        return path

    @property
    def leg(self) -> keras.Model:
        """The encoder: `uint8[n, height, width, 3]` to embeddings `float32[n, d]`."""
        return self.model.get_layer("leg")

    @property
    def head(self) -> MetricHead:
        """The sigmoid neuron."""
        head: MetricHead = self.model.get_layer("head")
        return head

    @property
    def threshold(self) -> float:
        """A pair is accepted if and only if its score is at least this."""
        return float(self.about["threshold"]["threshold"])

    @property
    def calibration(self) -> Calibration:
        """From score to the probability that two pictures show the same thing."""
        return Calibration.from_dict(self.about["calibration"])

    @property
    def image_size(self) -> tuple[int, int]:
        """Height and width, in pixels, that pictures are resized to."""
        height, width = self.leg.input_shape[1:3]
        return height, width

    @property
    def suspects(self) -> list[Suspect]:
        """Pairs of different things, by the data, that score as only the same thing should: to be looked at.

        None but from a training with `mining="hard"`, which did not learn from them. `PairBrowser` shows them.
        """
        why = "scores {:.3f}, above nearly all genuine pairs that were trained on"
        listed = self.about.get("suspects", ())
        return [Suspect(pair["one"], pair["two"], False, why.format(pair["score"])) for pair in listed]

    def set_threshold(self, threshold: float, reason: str, rule: str = "by hand", low: float | None = None) -> None:
        """Change the threshold, say why, and save that with the bundle if there is one.

        The figures of validation and test are computed anew at it.

        Parameters
        ----------
        threshold : float, in [0, 1]
        reason : str
            For whoever asks later.
        rule : str
            The name of the rule that chose it, if one did.
        low : float, in [0, threshold], optional
            Pairs between it and the threshold are to be looked at by a person; it is kept beside the threshold, and the
            verdict stays that of the threshold.

        Raises
        ------
        InputError
            If the threshold is outside [0, 1], `low` is above it, or the bundle cannot be written to.
        """
        chosen = {"threshold": check_threshold(threshold), "rule": rule, "reason": reason}
        if low is not None:
            if check_threshold(low) > threshold:
                raise InputError(f"low={low} was given with the threshold {threshold}: it must not lie above it")
            chosen["low"] = float(low)
        figures = {part: scored.figures_by_kind(threshold) for part, scored in self.pairs.items()}
        about = {**self.about, "threshold": chosen, **figures}
        if self.path is not None:
            rewrite_about(self.path, about)
        self.about = about

    def embed(self, images: Sequence[ImageSource]) -> NDArray[np.float32]:
        """Send pictures through the leg, each once.

        Parameters
        ----------
        images : sequence of paths, bytes, arrays or PIL images

        Returns
        -------
        ndarray of shape (n, d), float32
            Of unit length, unless it was trained with `local_scaling`.

        Raises
        ------
        ImageError
            If one of them cannot be read.
        """
        embeddings = np.empty((len(images), self.leg.output_shape[-1]), np.float32)
        for start in range(0, len(images), _IMAGES_AT_ONCE):
            rows = slice(start, start + _IMAGES_AT_ONCE)
            embeddings[rows] = embed(self.leg, np.stack([read_image(image, self.image_size) for image in images[rows]]))
        return embeddings

    def score(self, pairs: Sequence[tuple[ImageSource, ImageSource]]) -> NDArray[np.float64]:
        """Score pairs of pictures; each distinct picture is read and embedded once, however many pairs name it.

        Parameters
        ----------
        pairs : sequence of (one, two)
            Paths, bytes, arrays or PIL images.

        Returns
        -------
        ndarray of shape (n_pairs,), float64, in [0, 1]

        Raises
        ------
        ImageError
            If a picture cannot be read.
        """
        rows: dict[Any, int] = {}
        images: list[ImageSource] = []
        index = np.empty((len(pairs), 2), np.int64)
        for number, pair in enumerate(pairs):
            for side, image in enumerate(pair):
                key = image if isinstance(image, str | bytes | os.PathLike) else id(image)
                if key not in rows:
                    rows[key] = len(images)
                    images.append(image)
                index[number, side] = rows[key]
        return pair_scores(self.head, self.embed(images), index[:, 0], index[:, 1])

    def compare(self, one: ImageSource, two: ImageSource) -> dict[str, Any]:
        """Compare two pictures.

        Returns
        -------
        dict
            `score` in [0, 1], `threshold`, `verdict` ("similar" or "not similar") and `probability` in (0, 1) that
            they show the same thing, both answers equally likely beforehand.

        Raises
        ------
        ImageError
            If a picture cannot be read.
        """
        # One by one: a picture's embedding must not depend, in its last bits, on its place in a batch.
        embeddings = np.concatenate([self.embed([one]), self.embed([two])])
        score = float(pair_scores(self.head, embeddings, np.array([0]), np.array([1]))[0])
        return {
            "score": score,
            "threshold": self.threshold,
            "verdict": verdict(score, self.threshold),
            "probability": float(self.calibration.probability(score)),
        }

    def evaluate(
        self, data: Dataset | str | os.PathLike[str], html: str | os.PathLike[str] | None = None
    ) -> dict[str, Any]:
        """Measure the verifier at its threshold on pictures that it has not seen.

        Parameters
        ----------
        data : Dataset, folder or CSV file
            Of a folder, every thing with a picture, or a near-duplicate of one, among those trained or tuned on is left
            out; so the dataset that the bundle was trained on is judged by its test part. The pairs of a CSV file are
            taken as they are.
        html : path, optional
            Where a report goes, with curves and the worst pairs, as one HTML file.

        Returns
        -------
        dict
            `pairs`, `threshold`, `left_out` (images left out because they were seen), `seen_pairs` (pairs of a CSV file
            with a picture that was seen), `accuracy`, `precision`, `recall`, `auc`, `eer`, `recall_at_precision_80`,
            `_90`, `_95` and more, each with `_low` and `_high`; the same under `across` and `within`.

        Raises
        ------
        InputError
            If nothing is left to judge by, every pair gets the same score, or the report cannot be written.
        """
        dataset = data if isinstance(data, Dataset) else scan(data)
        scored, counts = self.scored_pairs(dataset)
        if is_collapsed(scored.scores):
            raise InputError("every pair gets the same score: this network tells nothing apart; train it again")
        found = {**scored.figures_by_kind(self.threshold), **counts}
        if html is not None:
            from siamese_nb.evaluation_page import write_evaluation  # and plots and widgets: too much to compare two

            name = self.path.name if self.path else "the verifier"
            write_evaluation(Path(html), dataset.root, scored, found, self.about, name)
        return found

    def scored_pairs(self, dataset: Dataset, beside: Sequence["Verifier"] = ()) -> tuple[ScoredPairs, dict[str, int]]:
        """Draw the pairs that `evaluate` judges by and score them, and count what was seen in training.

        Parameters
        ----------
        dataset : Dataset
        beside : sequence of Verifier
            Others; what they saw, or copies of it, counts as seen too.
        """
        from siamese_nb.unseen import draw_unseen  # and the doctor

        dataset, bank = dataset.decode(self.image_size)
        known = (self, *beside)
        seen, looks = (np.concatenate([getattr(one, name) for one in known]) for name in ("seen", "looks"))
        part, drawn, counts = draw_unseen(dataset, bank, seen, looks, self.about["config"])
        scores = row_scores(self.leg, self.head, bank.images, drawn.one, drawn.two)
        return ScoredPairs.from_pairs(drawn, scores, dataset.paths, part), counts

    def search(self, query: ImageSource, dataset: Dataset, k: int = 10) -> list[dict[str, Any]]:
        """Rank a dataset's pictures by their score with one picture.

        The dataset's embeddings are cached, so only the first of many queries takes long.

        Parameters
        ----------
        query : path, bytes, array or PIL image
        dataset : Dataset
        k : int, at least 1

        Returns
        -------
        list of dict
            The `k` most alike, best first: `path` (relative to the dataset's folder), `score` and `verdict`.

        Raises
        ------
        ImageError
            If the query cannot be read.
        """
        asked = self.embed([query])
        dataset, bank = dataset.decode(self.image_size)
        readable = np.setdiff1d(np.arange(len(dataset.paths)), [failure.row for failure in bank.failures])
        embeddings = np.concatenate([asked, bank_embeddings(self.leg, bank)[readable]])
        scores = pair_scores(self.head, embeddings, np.zeros(len(readable), np.int64), np.arange(1, len(embeddings)))
        best = np.argsort(-scores, kind="stable")[:k]
        ranked = ((dataset.paths[readable[row]], float(scores[row])) for row in best)
        return [{"path": path, "score": score, "verdict": verdict(score, self.threshold)} for path, score in ranked]
