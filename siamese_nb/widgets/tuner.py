"""The threshold tuner: move the threshold, see what it costs and which pairs change sides, save the choice."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray

from siamese_nb.errors import InputError
from siamese_nb.images import ImageSource
from siamese_nb.metrics import ScoreTable, check_threshold
from siamese_nb.thresholds import choose_threshold
from siamese_nb.widgets.curves import make_band, make_points
from siamese_nb.widgets.groups import Grouping
from siamese_nb.widgets.ranked import STEPS, RankedPairs
from siamese_nb.widgets.thumbnails import make_thumbnail

Pictures = Callable[[int], tuple[ImageSource, ImageSource]]

SHOWN = 12
"""Pairs in each strip."""


class ThresholdTuner(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget's types are not read
    """Choose a threshold with the eyes: histogram, counts, curves, costs and the very pairs that change sides.

    All that moves is computed in the browser, from counts that are sent once; Python follows.

    Parameters
    ----------
    scores : array_like of shape (n_pairs,), float, in [0, 1]
    labels : array_like of shape (n_pairs,), each 1 (genuine) or 0 (impostor), both kinds present
    threshold : float, in [0, 1], optional
        Where the line stands at first; without it, where balanced accuracy is best.
    kinds : array_like of shape (n_pairs,), str or int, optional
        The kind of negative that each impostor pair is: names, or `kinds` of `siamese_nb.evidence.ScoredPairs`. What it
        says of genuine pairs is not looked at.
    categories : array_like of shape (n_pairs,), str or int, optional
        The category that each pair is counted under. Of more than 100, the smallest are joined.
    one_identity, two_identity : array_like of shape (n_pairs,), int or str, optional
        What each of the two images shows. With both, the rates have 95% intervals, which take the kernel some seconds
        for a million pairs.
    pictures : callable, optional
        Takes a pair's index; returns both pictures, as paths, bytes, arrays or PIL images.
    save : callable, optional
        Takes the threshold and the written reason, such as `Verifier.set_threshold`; an `InputError` that it raises is
        shown in place.

    Attributes
    ----------
    threshold : float
        Follows the line, and moves it when it is set.
    error : str
        The message that is shown, or "".

    Raises
    ------
    InputError
        If an argument does not fit the others or is out of range.
    """

    _esm = Path(__file__).with_suffix(".js")
    _css = Path(__file__).with_suffix(".css")

    # All that the browser draws and does not compute, in one snapshot: a strip never stands beside another threshold.
    state = traitlets.Dict().tag(sync=True)

    threshold = traitlets.Float()
    error = traitlets.Unicode("")

    def __init__(
        self,
        scores: ArrayLike,
        labels: ArrayLike,
        *,
        threshold: float | None = None,
        kinds: ArrayLike | None = None,
        categories: ArrayLike | None = None,
        one_identity: ArrayLike | None = None,
        two_identity: ArrayLike | None = None,
        pictures: Pictures | None = None,
        save: Callable[[float, str], Any] | None = None,
        **kwargs: Any,
    ) -> None:
        n_pairs = np.size(labels)
        groupings = [Grouping.from_kinds(kinds, n_pairs)] if kinds is not None else []
        groupings += [Grouping.from_names("category", categories, n_pairs)] if categories is not None else []
        self._pairs = RankedPairs.from_pairs(labels, scores, groupings)
        self._identities = _check_identities(one_identity, two_identity, n_pairs)
        self._band: NDArray[np.float32] | None = None
        self._pictures = pictures
        self._save = save
        self._chosen: tuple[str, float] = ("", 0.0)
        if threshold is None:
            threshold = self._choose("balanced_accuracy", {})
        super().__init__(threshold=check_threshold(threshold), **kwargs)
        self._publish(id="", saved=None)
        self.on_msg(self._receive)

    @traitlets.validate("threshold")  # type: ignore[untyped-decorator]  # traitlets' types are not read
    def _check(self, proposal: Any) -> float:
        return check_threshold(proposal["value"])

    @traitlets.observe("threshold")  # type: ignore[untyped-decorator]
    def _follow(self, _: object) -> None:
        if self.state:
            self._publish()

    def _receive(self, _: object, message: dict[str, Any], __: list[memoryview]) -> None:
        try:
            self._answer(message)
        except InputError as error:
            self._publish(str(error), id=message.get("id", ""))
        except Exception as error:
            what = {"save": "saving", "choose": "choosing"}.get(message["kind"], "the tuner")
            self._publish(f"{what} failed: {type(error).__name__}: {error}", id=message.get("id", ""))
            raise

    def _answer(self, message: dict[str, Any]) -> None:
        match message["kind"]:
            case "open":
                self._send_counts()
            case "band":
                self._send_band()
            case "threshold":
                self._move(message["threshold"], message["id"])
            case "choose":
                self._move(self._choose(message["rule"], message["parameters"]), message["id"])
            case "save":
                self._store(message["threshold"], message["reason"].strip(), message["id"])
            case "pictures" if self._pictures is not None:
                self._send_pictures(self._pictures, message["indices"], message["size"])

    def _choose(self, rule: str, parameters: dict[str, float]) -> float:
        choice = choose_threshold(self._pairs.genuine, self._pairs.scores, rule, **parameters)
        self._chosen = (rule, choice.threshold)
        return choice.threshold

    def _move(self, threshold: float, id: str) -> None:
        threshold = check_threshold(threshold)
        with self.hold_trait_notifications():  # one snapshot, with the new threshold and the id of what moved it
            self.threshold = threshold
            self._publish(id=id)

    def _store(self, threshold: float, reason: str, id: str) -> None:
        if self._save is None:
            raise InputError("there is nowhere to save to: give the tuner a save function")
        if not reason:
            raise InputError("a reason is needed: whoever reads the saved threshold will ask why")
        self._move(threshold, id)
        self._save(self.threshold, reason)
        self._publish(saved={"threshold": self.threshold, "reason": reason})

    def _publish(self, message: str = "", **changes: Any) -> None:
        threshold = self.threshold
        rule, chosen = self._chosen
        strips = {
            "nearest": self._pairs.nearest(threshold, SHOWN),
            "accepts": self._pairs.worst_false_accepts(threshold, SHOWN),
            "rejects": self._pairs.worst_false_rejects(threshold, SHOWN),
        }
        now = {
            "threshold": threshold,
            "rule": rule if chosen == threshold else "",
            "counts": self._pairs.counts(threshold).tolist(),
            "strips": {name: self._describe(ranks) for name, ranks in strips.items()},
            "message": message,
        }
        self.error = message
        self.state = {**self.state, **now, **changes}

    def _describe(self, ranks: NDArray[np.int64]) -> list[dict[str, Any]]:
        pairs = self._pairs
        return [
            {"index": int(pairs.order[rank]), "score": float(pairs.scores[rank]), "genuine": bool(pairs.genuine[rank])}
            | {grouping.title: grouping.names[grouping.codes[pairs.order[rank]]] for grouping in pairs.groupings}
            for rank in ranks
        ]

    def _send_counts(self) -> None:
        points = make_points(self._table())
        about = {
            "kind": "counts",
            "steps": STEPS,
            "groupings": [{"title": grouping.title, "names": grouping.names} for grouping in self._pairs.groupings],
            "band": self._identities is not None,
            "pictures": self._pictures is not None,
            "save": self._save is not None,
        }
        self.send(about, [self._pairs.grid_counts.tobytes(), points.tobytes()])

    def _send_band(self) -> None:
        if self._band is None and self._identities is not None:
            order = self._pairs.order
            identities = (identity[order] for identity in self._identities)
            self._band = make_band(self._pairs.genuine, self._pairs.scores, self._table(), *identities)
        if self._band is not None:
            self.send({"kind": "band"}, [self._band.tobytes()])

    def _send_pictures(self, pictures: Pictures, indices: list[int], size: str) -> None:
        # All of a strip in one message: one for each pair took Jupyter far longer.
        found = [self._read_pictures(pictures, index, size) for index in indices]
        pairs = [{"index": index, "message": message} for index, (message, _) in zip(indices, found, strict=True)]
        self.send({"kind": "pictures", "size": size, "pairs": pairs}, [data for _, pair in found for data in pair])

    def _read_pictures(self, pictures: Pictures, index: int, size: str) -> tuple[str, list[bytes]]:
        try:
            one, two = pictures(index)
            return "", [make_thumbnail(one, size), make_thumbnail(two, size)]
        except (InputError, OSError) as error:
            return str(error), []
        except Exception as error:
            self.log.exception("the pictures of pair %d", index)
            return f"{type(error).__name__}: {error}", []

    def _table(self) -> ScoreTable:
        return ScoreTable.from_scores(self._pairs.genuine, self._pairs.scores)


def _check_identities(
    one_identity: ArrayLike | None, two_identity: ArrayLike | None, n_pairs: int
) -> tuple[NDArray[Any], NDArray[Any]] | None:
    if one_identity is None and two_identity is None:
        return None
    if one_identity is None or two_identity is None:
        raise InputError("one of one_identity and two_identity was given: intervals need both")
    one, two = np.asarray(one_identity), np.asarray(two_identity)
    if one.shape != (n_pairs,) or two.shape != (n_pairs,):
        raise InputError(
            f"identities of the shapes {one.shape} and {two.shape} were given for {n_pairs} pairs: name both "
            "identities of every pair"
        )
    return one, two
