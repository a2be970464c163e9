"""The couple that is shown, what was answered of it, and the threshold that judges it."""

from collections.abc import Mapping
from typing import Any

from siamese_nb.metrics import verdict
from siamese_nb.widgets.comparer.answer import check_answer
from siamese_nb.widgets.comparer.pane import PANES, Pane


class Couple:
    """Hold both panes with their answer: new contents of a pane leave none of the old couple's.

    Parameters
    ----------
    threshold : float, in [0, 1]
        Judges until an answer brings the saved one.

    Attributes
    ----------
    panes : dict of str to Pane
    tried : float or None
        A threshold that the user tries in place of the saved one.
    """

    def __init__(self, threshold: float) -> None:
        self.panes = dict.fromkeys(PANES, Pane())
        self.tried: float | None = None
        self._saved = threshold
        self._answer: dict[str, Any] | None = None

    @property
    def ids(self) -> list[str]:
        """What tells this couple from every other."""
        return [self.panes[pane].id for pane in PANES]

    @property
    def names(self) -> tuple[str, str]:
        """The files' names."""
        return self.panes["one"].name, self.panes["two"].name

    @property
    def contents(self) -> tuple[Any, Any]:
        """What is compared."""
        return self.panes["one"].content, self.panes["two"].content

    @property
    def full(self) -> bool:
        """Whether there are two pictures."""
        return all(pane.status == "picture" for pane in self.panes.values())

    @property
    def threshold(self) -> float:
        """The one that judges."""
        if self.tried is not None:
            return self.tried
        return self._saved if self._answer is None else float(self._answer["saved_threshold"])

    @property
    def answer(self) -> dict[str, Any] | None:
        """What was answered, judged by the threshold in use; how probable it is stays as it was."""
        if self._answer is None or self.tried is None:
            return self._answer
        judged = {"threshold": self.tried, "verdict": verdict(self._answer["score"], self.tried)}
        return {**self._answer, **judged}

    def put(self, contents: Mapping[str, Pane]) -> None:
        """Put new contents into panes."""
        self.panes |= contents
        self._answer = None

    def take(self, result: Mapping[str, Any]) -> None:
        """Take what the comparison said.

        Raises
        ------
        InputError
            If it is no answer.
        """
        self._answer = check_answer(result)
