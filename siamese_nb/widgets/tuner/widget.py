"""The threshold tuner: move the threshold, see what it costs and which pairs change sides, save the choice."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import numpy as np
import traitlets
from numpy.typing import ArrayLike

from siamese_nb.errors import InputError
from siamese_nb.metrics import check_threshold
from siamese_nb.thumbnails import Pictures, encode_pairs
from siamese_nb.widgets.joined import join_scripts, join_styles
from siamese_nb.widgets.trouble import tell_why_not
from siamese_nb.widgets.tuner.groups import Grouping
from siamese_nb.widgets.tuner.ranked import STEPS
from siamese_nb.widgets.tuner.scoring import by_model, check_low, compare_scorings, given_identities, make_scorings
from siamese_nb.widgets.tuner.strips import describe_strips

_SCRIPTS = (
    "words", "canvas", "counts", "bars", "scale", "typing", "rules", "costs", "decided", "curve", "models", "groups",
    "large", "pairs", "saving", "view",
)  # fmt: skip


class _Line(traitlets.Float):  # type: ignore[misc]  # traitlets' types are not read
    """A number that a cell sets, also while the tuner answers the browser on another thread: then it waits for that."""

    def set(self, obj: Any, value: Any) -> None:
        """Set it; with traitlets' own, the answer's thread would check the value, and tell the cell nothing."""
        with obj._changing:
            super().set(obj, value)


# The browser's messages may come in on another thread than a cell's changes. One lock for all tuners: of two that move
# each other, each with its own, a cell and a message could wait for one another.
_CHANGING = threading.RLock()


class ThresholdTuner(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget's types are not read
    """Choose a threshold with the eyes: histogram, counts, curves, costs and the very pairs that change sides.

    All that moves is computed in the browser, from counts that are sent once; Python follows.

    Parameters
    ----------
    scores : array_like of shape (n_pairs,), float, in [0, 1], or mapping of str to such
        Of one model, or of several on the same pairs by their names: then a switch turns to each, their curves lie over
        each other, and the first is what the others are compared with.
    labels : array_like of shape (n_pairs,), each 1 (genuine) or 0 (impostor), both kinds present
    threshold : float, in [0, 1], or mapping of str to such, optional
        Where the line stands at first; without it, where balanced accuracy is best. Of several models, each one's.
    low : float, in [0, threshold], optional
        With it, pairs between it and the threshold are "not sure", left to a person; below it they are rejected.
    kinds : array_like of shape (n_pairs,), str or int, optional
        The kind of negative that each impostor pair is: names, or `kinds` of `siamese_nb.scored_pairs.ScoredPairs`.
        What it says of genuine pairs is not looked at.
    categories : array_like of shape (n_pairs,), str or int, optional
        The category that each pair is counted under. Of more than 100, the smallest are joined.
    one_identity, two_identity : array_like of shape (n_pairs,), int or str, optional
        What each of the two images shows. With both, the rates have 95% intervals, which take the kernel some seconds
        for a million pairs.
    pictures : callable, optional
        Takes a pair's index; returns both pictures, as paths, bytes, arrays or PIL images.
    save : callable, optional
        Takes the threshold and the written reason, and with a "not sure" the keyword `low`, such as
        `Verifier.set_threshold`; an `InputError` that it raises is shown in place. Of several models, a mapping of
        names to such.
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

    _esm = join_scripts("shared/pictures.js", *(f"tuner/{script}.js" for script in _SCRIPTS))
    _css = join_styles(*(f"tuner/{style}.css" for style in ("scale", "decided", "pairs", "groups", "narrow")))

    # All that the browser draws and does not compute, in one snapshot: a strip never stands beside another threshold.
    state = traitlets.Dict().tag(sync=True)

    threshold: Any = _Line()
    low: Any = _Line(None, allow_none=True)
    error = traitlets.Unicode("")

    def __init__(
        self,
        scores: ArrayLike | Mapping[str, ArrayLike],
        labels: ArrayLike,
        *,
        threshold: float | Mapping[str, float] | None = None,
        low: float | None = None,
        kinds: ArrayLike | None = None,
        categories: ArrayLike | None = None,
        one_identity: ArrayLike | None = None,
        two_identity: ArrayLike | None = None,
        pictures: Pictures | None = None,
        save: Callable[..., Any] | Mapping[str, Callable[..., Any]] | None = None,
        review: Callable[[int, bool], Any] | None = None,
        marked: ArrayLike = (),
        **kwargs: Any,
    ) -> None:
        self._changing = _CHANGING
        n_pairs = np.size(labels)
        groupings = [Grouping.from_kinds(kinds, n_pairs)] if kinds is not None else []
        groupings += [Grouping.from_names("category", categories, n_pairs)] if categories is not None else []
        identities = given_identities(one_identity, two_identity, n_pairs)
        self._models = make_scorings(scores, labels, groupings, identities, threshold, low)
        self._saves = by_model(save, self._models)
        self._model = next(iter(self._models.values()))
        self._pictures = pictures
        self._review = review
        self._marked = set(np.asarray(marked, np.int64).tolist())
        at, low = self._model.lines
        super().__init__(threshold=at, low=low, **kwargs)
        self._publish(id="", saved=None, compared=None)
        self.on_msg(self._receive)

    @traitlets.validate("threshold")  # type: ignore[untyped-decorator]  # traitlets' types are not read
    def _check(self, proposal: Any) -> float:
        return check_threshold(proposal["value"])

    @traitlets.validate("low")  # type: ignore[untyped-decorator]
    def _check_the_low(self, proposal: Any) -> float | None:
        return check_low(proposal["value"], self.threshold)

    @traitlets.observe("threshold", "low")  # type: ignore[untyped-decorator]
    def _follow(self, _: object) -> None:
        if self.state and (self.threshold, self.low) != self._model.lines:  # else it is published already
            with self.hold_trait_notifications():
                self.low = None if self.low is None else min(self.low, self.threshold)
                self._publish()

    def _receive(self, _: object, message: dict[str, Any], __: list[memoryview]) -> None:
        with self._changing:
            self._answer_or_say(message)

    def _answer_or_say(self, message: dict[str, Any]) -> None:
        try:
            self._answer(message)
        except InputError as error:
            self._publish(str(error), id=message.get("id", ""))
        except (Exception, KeyboardInterrupt) as error:
            what = {"save": "saving", "choose": "choosing", "review": "marking", "compare": "comparing"}
            said = what.get(message["kind"], "the tuner")
            self._publish(f"{said} failed: {tell_why_not(error)}", id=message.get("id", ""))
            raise

    def _answer(self, message: dict[str, Any]) -> None:
        match message["kind"]:
            case "open":
                self._send_counts()
            case "band":
                if self._model.band is not None:
                    self.send({"kind": "band", "model": self._model.name}, [self._model.band.tobytes()])
            case "model":
                self._turn_to(message["name"], message["id"])
            case "compare":
                self._compare(message["id"])
            case "threshold":
                self._move(message["threshold"], message.get("low"), message["id"])
            case "choose":
                lines = self._model.choose(message["rule"], message["parameters"])
                self._move(*lines, message["id"], self._model.caution(message["parameters"]))
            case "save":
                self._move(message["threshold"], message.get("low"), message["id"])
                self._store(message["reason"].strip())
            case "review" if self._review is not None:
                self._mark(self._review, message["index"], message["wrong"], message["id"])
            case "pictures" if self._pictures is not None:
                # All of a strip in one message: one for each pair took Jupyter far longer.
                pairs, buffers = encode_pairs(self._pictures, message["indices"], message["size"], self.log)
                self.send({"kind": "pictures", "size": message["size"], "pairs": pairs}, buffers)

    def _move(self, threshold: float, low: float | None, id: str, said: str = "") -> None:
        threshold = check_threshold(threshold)
        low = check_low(low, threshold)
        with self.hold_trait_notifications():  # one snapshot, with the new thresholds and the id of what moved them
            self.threshold, self.low = threshold, low
            self._publish(said, id=id)

    def _turn_to(self, name: str, id: str) -> None:
        self._model = self._models[name]
        self._send_counts()
        self._move(*self._model.lines, id)

    def _compare(self, id: str) -> None:
        self._publish(id=id, compared=compare_scorings(list(self._models.values())))

    def _store(self, reason: str) -> None:
        save = self._saves.get(self._model.name)
        if save is None:
            raise InputError("there is nowhere to save to: give the tuner a save function")
        if not reason:
            raise InputError("a reason is needed: whoever reads the saved threshold will ask why")
        band = {} if self.low is None else {"low": self.low}
        save(self.threshold, reason, **band)
        self._publish(saved={"threshold": self.threshold, "low": self.low, "reason": reason})

    def _mark(self, review: Callable[[int, bool], Any], index: int, wrong: bool, id: str) -> None:
        review(index, wrong)
        (self._marked.add if wrong else self._marked.discard)(index)
        self._publish(id=id)

    def _publish(self, message: str = "", **changes: Any) -> None:
        threshold, low = self._model.lines = (self.threshold, self.low)
        pairs = self._model.pairs
        now = {
            "model": self._model.name,
            "models": [model.describe() for model in self._models.values()],
            "threshold": threshold,
            "low": low,
            "rule": self._model.chosen_by,
            "counts": pairs.counts(threshold).tolist(),
            "low_counts": None if low is None else pairs.counts(low).tolist(),
            "strips": describe_strips(pairs, threshold, low, self._marked),
            "marked": len(self._marked),
            "message": message,
        }
        self.error = message
        self.state = {**self.state, **now, **changes}

    def _send_counts(self) -> None:
        pairs = self._model.pairs
        about = {
            "kind": "counts",
            "steps": STEPS,
            "model": self._model.name,
            "models": list(self._models),
            "groupings": [{"title": grouping.title, "names": grouping.names} for grouping in pairs.groupings],
            "band": self._model.identities is not None,
            "pictures": self._pictures is not None,
            "save": self._model.name in self._saves,
            "review": self._review is not None,
        }
        points = [model.points.tobytes() for model in self._models.values()]
        self.send(about, [pairs.grid_counts.tobytes(), *points])
