"""The threshold tuner: move the threshold, see what it costs and which pairs change sides, save the choice."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray

from siamese_nb.errors import InputError
from siamese_nb.metrics import ScoreTable, check_threshold
from siamese_nb.thresholds import choose_band, choose_threshold
from siamese_nb.widgets.curves import make_band, make_points
from siamese_nb.widgets.groups import Grouping
from siamese_nb.widgets.ranked import STEPS, RankedPairs
from siamese_nb.widgets.strips import describe_strips
from siamese_nb.widgets.thumbnails import Pictures, encode_pairs


class ThresholdTuner(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget's types are not read
    """Choose a threshold with the eyes: histogram, counts, curves, costs and the very pairs that change sides.

    All that moves is computed in the browser, from counts that are sent once; Python follows.

    Parameters
    ----------
    scores : array_like of shape (n_pairs,), float, in [0, 1]
    labels : array_like of shape (n_pairs,), each 1 (genuine) or 0 (impostor), both kinds present
    threshold : float, in [0, 1], optional
        Where the line stands at first; without it, where balanced accuracy is best.
    low : float, in [0, threshold], optional
        With it, pairs between it and the threshold are "not sure", left to a person; below it they are rejected.
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
        Takes the threshold and the written reason, and with a "not sure" the keyword `low`, such as
        `Verifier.set_threshold`; an `InputError` that it raises is shown in place.
    review : callable, optional
        Takes a pair's index and whether its label is wrong, such as `siamese_nb.label_review.LabelReview`.
    marked : array_like of int, optional
        Indices of the pairs whose labels are marked as wrong already.

    Attributes
    ----------
    threshold : float
        Follows the line, and moves it when it is set.
    low : float or None
        Where "not sure" begins; it never stands above the threshold.
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
    low = traitlets.Float(None, allow_none=True)
    error = traitlets.Unicode("")

    def __init__(
        self,
        scores: ArrayLike,
        labels: ArrayLike,
        *,
        threshold: float | None = None,
        low: float | None = None,
        kinds: ArrayLike | None = None,
        categories: ArrayLike | None = None,
        one_identity: ArrayLike | None = None,
        two_identity: ArrayLike | None = None,
        pictures: Pictures | None = None,
        save: Callable[..., Any] | None = None,
        review: Callable[[int, bool], Any] | None = None,
        marked: ArrayLike = (),
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
        self._review = review
        self._marked = set(np.asarray(marked, np.int64).tolist())
        self._chosen: tuple[str, tuple[float, float | None]] = ("", (0.0, None))
        if threshold is None:
            threshold, _ = self._choose("balanced_accuracy", {})
        super().__init__(threshold=check_threshold(threshold), low=_check_low(low, threshold), **kwargs)
        self._publish(id="", saved=None)
        self.on_msg(self._receive)

    @traitlets.validate("threshold")  # type: ignore[untyped-decorator]  # traitlets' types are not read
    def _check(self, proposal: Any) -> float:
        return check_threshold(proposal["value"])

    @traitlets.validate("low")  # type: ignore[untyped-decorator]
    def _check_the_low(self, proposal: Any) -> float | None:
        return _check_low(proposal["value"], self.threshold)

    @traitlets.observe("threshold", "low")  # type: ignore[untyped-decorator]
    def _follow(self, _: object) -> None:
        if self.state:
            with self.hold_trait_notifications():
                self.low = None if self.low is None else min(self.low, self.threshold)
                self._publish()

    def _receive(self, _: object, message: dict[str, Any], __: list[memoryview]) -> None:
        try:
            self._answer(message)
        except InputError as error:
            self._publish(str(error), id=message.get("id", ""))
        except Exception as error:
            what = {"save": "saving", "choose": "choosing", "review": "marking"}.get(message["kind"], "the tuner")
            self._publish(f"{what} failed: {type(error).__name__}: {error}", id=message.get("id", ""))
            raise

    def _answer(self, message: dict[str, Any]) -> None:
        match message["kind"]:
            case "open":
                self._send_counts()
            case "band":
                self._send_band()
            case "threshold":
                self._move(message["threshold"], message.get("low"), message["id"])
            case "choose":
                self._move(*self._choose(message["rule"], message["parameters"]), message["id"])
            case "save":
                self._move(message["threshold"], message.get("low"), message["id"])
                self._store(message["reason"].strip())
            case "review" if self._review is not None:
                self._mark(self._review, message["index"], message["wrong"], message["id"])
            case "pictures" if self._pictures is not None:
                # All of a strip in one message: one for each pair took Jupyter far longer.
                pairs, buffers = encode_pairs(self._pictures, message["indices"], message["size"], self.log)
                self.send({"kind": "pictures", "size": message["size"], "pairs": pairs}, buffers)

    def _choose(self, rule: str, parameters: dict[str, float]) -> tuple[float, float | None]:
        genuine, scores = self._pairs.genuine, self._pairs.scores
        if rule == "band":
            band = choose_band(genuine, scores, **parameters)
            chosen: tuple[float, float | None] = (band.high, band.low)
        else:
            chosen = (choose_threshold(genuine, scores, rule, **parameters).threshold, None)
        self._chosen = (rule, chosen)
        return chosen

    def _move(self, threshold: float, low: float | None, id: str) -> None:
        threshold = check_threshold(threshold)
        low = _check_low(low, threshold)
        with self.hold_trait_notifications():  # one snapshot, with the new thresholds and the id of what moved them
            self.threshold, self.low = threshold, low
            self._publish(id=id)

    def _store(self, reason: str) -> None:
        if self._save is None:
            raise InputError("there is nowhere to save to: give the tuner a save function")
        if not reason:
            raise InputError("a reason is needed: whoever reads the saved threshold will ask why")
        band = {} if self.low is None else {"low": self.low}
        self._save(self.threshold, reason, **band)
        self._publish(saved={"threshold": self.threshold, "low": self.low, "reason": reason})

    def _mark(self, review: Callable[[int, bool], Any], index: int, wrong: bool, id: str) -> None:
        review(index, wrong)
        (self._marked.add if wrong else self._marked.discard)(index)
        self._publish(id=id)

    def _publish(self, message: str = "", **changes: Any) -> None:
        threshold, low = self.threshold, self.low
        rule, chosen = self._chosen
        now = {
            "threshold": threshold,
            "low": low,
            "rule": rule if chosen == (threshold, low) else "",
            "counts": self._pairs.counts(threshold).tolist(),
            "low_counts": None if low is None else self._pairs.counts(low).tolist(),
            "strips": describe_strips(self._pairs, threshold, low, self._marked),
            "marked": len(self._marked),
            "message": message,
        }
        self.error = message
        self.state = {**self.state, **now, **changes}

    def _send_counts(self) -> None:
        points = make_points(self._table())
        about = {
            "kind": "counts",
            "steps": STEPS,
            "groupings": [{"title": grouping.title, "names": grouping.names} for grouping in self._pairs.groupings],
            "band": self._identities is not None,
            "pictures": self._pictures is not None,
            "save": self._save is not None,
            "review": self._review is not None,
        }
        self.send(about, [self._pairs.grid_counts.tobytes(), points.tobytes()])

    def _send_band(self) -> None:
        if self._band is None and self._identities is not None:
            order = self._pairs.order
            identities = (identity[order] for identity in self._identities)
            self._band = make_band(self._pairs.genuine, self._pairs.scores, self._table(), *identities)
        if self._band is not None:
            self.send({"kind": "band"}, [self._band.tobytes()])

    def _table(self) -> ScoreTable:
        return ScoreTable.from_scores(self._pairs.genuine, self._pairs.scores)


def _check_low(low: float | None, threshold: float) -> float | None:
    if low is not None and check_threshold(low) > threshold:
        raise InputError(f"low={low} was given with the threshold {threshold}: not sure lies below the threshold")
    return None if low is None else float(low)


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
