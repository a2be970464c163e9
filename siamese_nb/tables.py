"""Small tables of figures for people, in a notebook or a terminal."""

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from siamese_nb.dataset import Dataset
from siamese_nb.errors import InputError
from siamese_nb.intervals import ModelFigures
from siamese_nb.metrics import ScoreTable
from siamese_nb.split import PARTS, Split
from siamese_nb.thresholds import choose_threshold

MAIN_FIGURES = ("auc", "eer", "accuracy", "precision", "recall", "far", "recall_at_precision_95")
_COSTS = ("threshold", "FAR", "FRR", "precision", "falsely accepted", "falsely rejected")
_ERRORS = ("eer", "far", "frr", "brier", "log_loss", "frr_at_far_1_in_100", "frr_at_far_1_in_1000")
_ABBREVIATIONS = ("auc", "eer", "far", "frr")
_COUNTS = ("images", "identities", "couples", "categories")


@dataclass(frozen=True)
class Table:
    """Rows of words under headings: HTML in a notebook, aligned text in a terminal.

    Attributes
    ----------
    columns : tuple of str
    rows : tuple of tuple of str
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __repr__(self) -> str:
        """Align the columns: the first to the left, the others to the right."""
        lines = (self.columns, *self.rows)
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(word.rjust(width) if at else word.ljust(width) for at, (word, width) in enumerate(cells)).rstrip()
            for cells in (list(zip(line, widths, strict=True)) for line in lines)
        )

    def _repr_html_(self) -> str:
        """Write it as HTML, which notebooks and GitHub show."""
        head = "".join(f"<th>{html.escape(word)}</th>" for word in self.columns)
        body = "".join(f"<tr>{''.join(f'<td>{html.escape(word)}</td>' for word in row)}</tr>" for row in self.rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def counts_table(dataset: Dataset) -> Table:
    """Say how much a dataset holds, and how many problems of each kind were found in it."""
    report = dataset.report()
    kinds = [problem["kind"] for problem in report["problems"]]
    rows = [(name, f"{report[name]:,}") for name in _COUNTS]
    problems = [(f"problem: {kind}", f"{kinds.count(kind):,}") for kind in sorted(set(kinds))]
    return Table((f"layout {report['layout']}", ""), (*rows, *(problems or [("problems", "none")])))


def split_table(split: Split) -> Table:
    """Say what each part of a split holds."""
    parts = [getattr(split, name) for name in PARTS]
    rows = (
        (name, *(f"{count:,}" for count in (len(part.images), len(set(part.identity.tolist())), len(part.genuine()))))
        for name, part in zip(PARTS, parts, strict=True)
    )
    return Table(("part", "images", "identities", "genuine pairs"), tuple(rows))


def figures_table(found: Mapping[str, Mapping[str, Any]], names: tuple[str, ...] = MAIN_FIGURES) -> Table:
    """Set figures with their intervals side by side.

    Parameters
    ----------
    found : mapping of str to mapping
        Heading -> figures as `ScoredPairs.figures` gives them.
    names : tuple of str
        Which figures, one row each.
    """
    rows = ((_words(name), *(interval(figures, name) for figures in found.values())) for name in names)
    return Table(("", *found), (("pairs", *(f"{figures['pairs']:,}" for figures in found.values())), *rows))


def optimism_table(
    validation: Mapping[str, Any], test: Mapping[str, Any], names: tuple[str, ...] = MAIN_FIGURES
) -> Table:
    """Set the figures of the pairs that a threshold was chosen on beside those of other pairs, and their difference.

    The best of many thresholds flatters itself on the pairs that it was chosen on. The optimism is how much better the
    figure is there, above 0 for flattery; its interval follows from those of the two, which share no thing.

    Parameters
    ----------
    validation, test : mapping
        Figures as `ScoredPairs.figures` gives them.
    names : tuple of str
        Which figures, one row each.

    References
    ----------
    Zou & Donner (2008), Construction of confidence limits about effect measures: a general approach, Statistics in
    Medicine 27, 1693-1702, equation 5.
    """
    rows = []
    for name in names:
        optimism = _estimate(_optimism(validation, test, name), "+.3f")
        rows.append((_words(name), interval(validation, name), interval(test, name), optimism))
    return Table(("", "validation", "test", "optimism"), tuple(rows))


def _optimism(validation: Mapping[str, Any], test: Mapping[str, Any], name: str) -> tuple[float, float, float]:
    here, there = _with_bounds(validation, name), _with_bounds(test, name)
    better, worse = (there, here) if name in _ERRORS else (here, there)
    value = better[0] - worse[0]
    below = math.hypot(better[0] - better[1], worse[2] - worse[0])
    above = math.hypot(better[2] - better[0], worse[0] - worse[1])
    return value, value - below, value + above


def baselines_table(about: Mapping[str, Any]) -> Table:
    """Set the network's test AUC beside that of what needs no training, by kind of impostor.

    Parameters
    ----------
    about : mapping
        Of a bundle, see `Verifier.about`.
    """
    kinds = [kind for kind in ("across", "within") if kind in about["test"]]
    network = ("network", *(interval(about["test"][kind], "auc") for kind in kinds))
    others = ((_words(name), *(_number(found[kind]) for kind in kinds)) for name, found in about["baselines"].items())
    return Table(("test AUC", *(f"{kind} categories" for kind in kinds)), (network, *others))


def models_table(models: Sequence[ModelFigures]) -> Table:
    """Set models side by side: AUC and error at the threshold, and what each gains on the first, in points.

    Parameters
    ----------
    models : sequence of ModelFigures
        As `siamese_nb.intervals.compare_models` gives them.
    """
    rows = []
    for model in models:
        alone = model.name == model.reference
        gains = ["" if alone else _estimate(gain, "+.1f", 100.0) for gain in (model.auc_gain, model.error_gain)]
        error = _estimate(model.error, ".1%")
        rows.append((model.name, _number(model.threshold), _estimate(model.auc, ".3f"), error, *gains, model.verdict))
    heads = ("model", "threshold", "AUC", "error", "AUC gain", "error gain", "verdict on the error")
    return Table(heads, tuple(rows))


def rules_table(labels: ArrayLike, scores: ArrayLike, wishes: Sequence[tuple[str, Mapping[str, float]]]) -> Table:
    """Choose a threshold by each of several rules and say what it gets wrong on these pairs.

    Parameters
    ----------
    labels : array_like of shape (n_pairs,), each 1 (genuine) or 0 (impostor)
    scores : array_like of shape (n_pairs,), float, in [0, 1]
    wishes : sequence of (rule, parameters)
        See `siamese_nb.thresholds.RULES`. A wish that no threshold meets is said to be out of reach.
    """
    table, rows = ScoreTable.from_scores(labels, scores), []
    for rule, parameters in wishes:
        words = [_words(rule), *(f"{_words(key)} {value:g}" for key, value in parameters.items())]
        try:
            costs = _costs(table, choose_threshold(labels, scores, rule, **parameters).threshold)
        except InputError:
            costs = ("out of reach", *[""] * (len(_COSTS) - 1))
        rows.append((" ".join(words), *costs))
    return Table(("rule", *_COSTS), tuple(rows))


def interval(figures: Mapping[str, Any], name: str) -> str:
    """Write a figure with its 95% interval: `0.977 [0.950, 0.989]`."""
    return _estimate(_with_bounds(figures, name), ".3f")


def _with_bounds(figures: Mapping[str, Any], name: str) -> tuple[float, float, float]:
    """Read a figure and its bounds; what JSON has no words for comes back from a bundle as None."""
    keys = (name, f"{name}_low", f"{name}_high")
    value, low, high = (math.nan if figures[key] is None else float(figures[key]) for key in keys)
    return value, low, high


def _estimate(figure: Sequence[float], form: str, scale: float = 1.0) -> str:
    value, low, high = (scale * number for number in figure)
    bounds = f" [{low:{form}}, {high:{form}}]" if math.isfinite(low) and math.isfinite(high) else ""
    return f"{value:{form}}{bounds}" if math.isfinite(value) else "-"


def _costs(table: ScoreTable, threshold: float) -> tuple[str, ...]:
    counts = table.counts(threshold)
    wrong = (f"{counts.false_accepts:,}", f"{counts.false_rejects:,}")
    return (*map(_number, (threshold, counts.far, counts.frr, counts.precision)), *wrong)


def _words(name: str) -> str:
    return " ".join(word.upper() if word in _ABBREVIATIONS else word for word in name.split("_"))


def _number(value: float | None) -> str:
    return "-" if value is None or not math.isfinite(value) else f"{value:.3f}"
