"""Hard negatives: the impostors that a network finds most alike, and those that may be no impostors at all.

An impostor that scores above nearly all genuine pairs of the training part is suspected of showing the same thing:
it is not learned from, and a person should look at it. Where a person has, and called it another thing, it is the best
that there is to learn from.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from siamese_nb.metrics import IMPOSTOR
from siamese_nb.models import MetricHead
from siamese_nb.pairs import ACROSS, WITHIN, Pairs, Part
from siamese_nb.progress import progress_bar
from siamese_nb.scoring import DISTANCES, pair_scores, weighted

MINED_IMAGES = {"squared": 20_000, "absolute": 4_000}  # compared before an epoch: seconds on two cores, not minutes
SEARCHED_IMAGES = {"squared": 100_000, "absolute": 20_000}  # compared once, in the end
_NEARLY_ALL = 0.95  # of the genuine pairs: an impostor that scores above so many is suspected
_TYPICAL = 0.5  # of the genuine pairs: above so many, an impostor is as likely mislabelled as hard
_HARD_SHARE = 0.5  # of the impostors; the rest stays as it was drawn, so that easy ones are not forgotten
_NEAREST = 16  # impostors of each kind to draw from: always the same few would be learned by heart
_GENUINE = 20_000  # pairs that say how genuine ones score
_CELLS = 1 << 23  # of the table of distances at once: 32 MB
NONE_CONFIRMED: NDArray[np.int64] = np.empty((0, 2), np.int64)


@dataclass(frozen=True, eq=False)
class Mined:
    """What the embeddings of a part's images tell about its impostors.

    Attributes
    ----------
    part : Part of n images
    scaled : ndarray of shape (n, d), float32
        Their embeddings, each dimension by its weight: the neuron goes by plain distances of these.
    distance : {"absolute", "squared"}
    typical, suspected : float
        Distances that half of the genuine pairs, and nearly all of them, exceed.
    nearest : dict of int to ndarray of shape (n, k), int64
        Of each kind of impostors, `ACROSS` and `WITHIN`, the nearest that each image has beyond `typical` or among the
        confirmed, as places in `part.images`; -1 where there are fewer.
    confirmed : ndarray of shape (n_confirmed, 2), int64
        Impostors, as rows of the bank, that a person has called so: they are never suspected.
    """

    part: Part
    scaled: NDArray[np.float32]
    distance: str
    typical: float
    suspected: float
    nearest: dict[int, NDArray[np.int64]]
    confirmed: NDArray[np.int64] = field(default_factory=NONE_CONFIRMED.copy)

    @classmethod
    def from_embeddings(
        cls,
        part: Part,
        embeddings: NDArray[np.float32],
        head: MetricHead,
        confirmed: NDArray[np.int64] = NONE_CONFIRMED,
    ) -> "Mined":
        """Compare every image of a part with every other.

        Parameters
        ----------
        part : Part of n images
        embeddings : ndarray of shape (n, d), float32
            Of `part.images`, in their order.
        head : MetricHead
            As it is now: what it learns later changes nothing.
        confirmed : ndarray of shape (n_confirmed, 2), int64, optional
        """
        scaled = weighted(head, embeddings).astype(np.float32)
        suspected, typical = _quantiles(part, scaled, head.distance)
        nearest = _nearest(part, scaled, head.distance, typical, confirmed)
        return cls(part, scaled, head.distance, typical, suspected, nearest, confirmed)

    def only(self, part: Part) -> "Mined":
        """Return the same for the images of a smaller part that are known here, and impostors among these alone."""
        known = part.only(part.images[np.isin(part.images, self.part.images)])
        scaled = self.scaled[self.part.places(known.images)]
        nearest = _nearest(known, scaled, self.distance, self.typical, self.confirmed)
        return Mined(known, scaled, self.distance, self.typical, self.suspected, nearest, self.confirmed)

    def harden(self, pairs: Pairs, rng: np.random.Generator) -> Pairs:
        """Replace a share of the impostors by hard ones of the same kind, and those that are suspected by any others.

        So there are as many pairs as before. Where a file names the impostors none is replaced by a hard one: it does
        not say what else is alike.
        """
        known = np.isin(pairs.one, self.part.images)
        replaced = known & (rng.random(len(pairs)) < _HARD_SHARE) & (not (self.part.labelled[:, 2] == IMPOSTOR).any())
        two = pairs.two.copy()
        for kind, nearest in self.nearest.items():
            chosen = np.flatnonzero(replaced & (pairs.kind == kind))
            hard = nearest[self.part.places(pairs.one[chosen]), rng.integers(0, nearest.shape[1], len(chosen))]
            two[chosen] = np.where(hard < 0, two[chosen], self.part.images[hard])
        changed = Pairs(pairs.one, two, pairs.label, pairs.kind)
        suspected = self._suspected(changed)
        kept = np.flatnonzero(~suspected)
        trusted = kept[changed.label[kept] == IMPOSTOR]
        rows = np.arange(len(pairs))
        rows[suspected] = rng.choice(trusted if len(trusted) else kept, suspected.sum())
        return changed.take(rows)

    def _suspected(self, pairs: Pairs) -> NDArray[np.bool_]:
        """Tell which pairs are impostors that nearly all genuine pairs lie farther apart than, and not confirmed."""
        both = np.stack([pairs.one, pairs.two], axis=1)
        known = np.flatnonzero(np.isin(both, self.part.images).all(axis=1) & (pairs.label == IMPOSTOR))
        near = known[_distances(self.scaled, self.part.places(both[known]), self.distance) < self.suspected]
        confirmed = {frozenset(pair) for pair in self.confirmed.tolist()}
        found = np.zeros(len(pairs), bool)
        found[[row for row in near.tolist() if frozenset(both[row].tolist()) not in confirmed]] = True
        return found

    def together(self, units: list[NDArray[np.int64]], size: int, rng: np.random.Generator) -> list[NDArray[np.int64]]:
        """Put units of images together with their hard impostors, up to `size` of them at a time, each unit once.

        Parameters
        ----------
        units : list of ndarray of int64
            Rows of the bank, those of a unit of one thing.
        size : int, at least 1
        rng : numpy.random.Generator

        Returns
        -------
        list of ndarray of int64
            Places in `units`.
        """
        unit_of = {row: place for place, unit in enumerate(units) for row in unit.tolist()}
        place_of = {row: place for place, row in enumerate(self.part.images.tolist())}
        free, groups = dict.fromkeys(range(len(units))), []
        for place in rng.permutation(len(units)).tolist():
            if place not in free:
                continue
            known = place_of.get(int(units[place][0]))
            near = np.empty(0, np.int64) if known is None else self.nearest[WITHIN][known]
            beside = [unit_of.get(row, place) for row in self.part.images[near[near >= 0]].tolist()]
            group = [unit for unit in dict.fromkeys([place, *beside]) if unit in free][:size]
            for unit in group:
                del free[unit]
            groups.append(np.array(group))
        return groups


class MineBetweenEpochs(keras.callbacks.Callback):  # type: ignore[misc]
    """Mine before each epoch, with the weights as they are then. It must stand after what may end the training.

    Parameters
    ----------
    mine : callable
    """

    def __init__(self, mine: Callable[[], None]) -> None:
        super().__init__()
        self.mine = mine

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Mine for the first epoch, or for the first after a cut."""
        self.mine()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Mine for the next epoch, if there is one."""
        if not self.model.stop_training:
            self.mine()


def suspected_impostors(
    part: Part, embeddings: NDArray[np.float32], head: MetricHead, most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Find the impostors of a part that score above nearly all of its genuine pairs, the highest first.

    Time grows with the square of the number of images, memory does not.

    Parameters
    ----------
    part : Part of n images
    embeddings : ndarray of shape (n, d), float32
        Of `part.images`, in their order.
    head : MetricHead
    most : int
        Pairs to return at most.

    Returns
    -------
    one, two : ndarray of shape (n_pairs,), int64
        Rows of the bank.
    scores : ndarray of shape (n_pairs,), float64, in [0, 1]
    """
    scaled = weighted(head, embeddings).astype(np.float32)
    limit, _ = _quantiles(part, scaled, head.distance)
    found, near = np.empty((0, 2), np.int64), np.empty(0, np.float32)
    for rows, distance in _impostor_distances(part, scaled, head.distance):
        distance[np.tri(len(rows), len(scaled), rows[0], bool)] = np.inf  # each pair once
        places = np.argwhere(distance < limit)
        near = np.concatenate([near, distance[places[:, 0], places[:, 1]]])
        found = np.concatenate([found, places + np.array([rows[0], 0])])
        kept = np.argsort(near, kind="stable")[:most]
        near, found = near[kept], found[kept]
    one, two = found.T
    return part.images[one], part.images[two], pair_scores(head, embeddings, one, two)


def _quantiles(part: Part, scaled: NDArray[np.float32], distance: str) -> tuple[float, float]:
    """Measure the distances that nearly all genuine pairs, and half of them, exceed; 0 where there are none."""
    genuine = part.genuine()
    if not len(genuine):
        return 0.0, 0.0
    some = genuine[np.linspace(0, len(genuine) - 1, min(len(genuine), _GENUINE)).astype(np.int64)]
    nearly_all, half = np.quantile(_distances(scaled, part.places(some), distance), [1 - _NEARLY_ALL, _TYPICAL])
    return float(nearly_all), float(half)


def _distances(scaled: NDArray[np.float32], places: NDArray[np.int64], distance: str) -> NDArray[np.float32]:
    """Compute the distances of pairs, given by their places in `scaled`."""
    difference = np.abs(scaled[places[:, 0]] - scaled[places[:, 1]])
    return np.asarray((difference**2 if distance == "squared" else difference).sum(axis=1))


def _impostor_distances(
    part: Part, scaled: NDArray[np.float32], distance: str
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.floating[Any]]]]:
    """Yield places of some images of a part and their distances to all its images, infinite within a thing."""
    step = max(_CELLS // max(len(scaled), 1), 1)
    for start in progress_bar(range(0, len(scaled), step), "Comparing", "block"):
        rows = np.arange(start, min(start + step, len(scaled)))
        found = DISTANCES[distance](scaled[rows], scaled)
        found[part.identity[rows, None] == part.identity] = np.inf
        yield rows, found


def _nearest(
    part: Part, scaled: NDArray[np.float32], distance: str, least: float, confirmed: NDArray[np.int64]
) -> dict[int, NDArray[np.int64]]:
    """Find the nearest impostors of each kind that each image has beyond the least distance; see `Mined`."""
    k = min(_NEAREST, len(scaled))
    nearest = {kind: np.full((len(scaled), k), -1) for kind in (ACROSS, WITHIN)}
    sure = part.places(confirmed[np.isin(confirmed, part.images).all(axis=1)])
    sure = np.concatenate([sure, sure[:, ::-1]])
    for rows, found in _impostor_distances(part, scaled, distance):
        here = sure[np.isin(sure[:, 0], rows)] - np.array([rows[0], 0])
        trusted = found >= least
        trusted[here[:, 0], here[:, 1]] = True
        found[~trusted] = np.inf
        stays = part.category[rows, None] == part.category
        for kind, other in ((ACROSS, stays), (WITHIN, ~stays)):
            of_kind = np.where(other, np.inf, found)
            place = np.argpartition(of_kind, k - 1, axis=1)[:, :k]
            nearest[kind][rows] = np.where(np.isinf(np.take_along_axis(of_kind, place, axis=1)), -1, place)
    return nearest
