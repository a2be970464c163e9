"""The report of an evaluation as one HTML file: figures with intervals, curves, and the worst pairs."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamese_nb.calibration import Calibration
from siamese_nb.intervals import too_few_pairs
from siamese_nb.intervals.curves import curve_band
from siamese_nb.metrics import ScoreTable, accept
from siamese_nb.page import data_url, picture, text, write_report
from siamese_nb.scored_pairs import ScoredPairs
from siamese_nb.tables import MAIN_FIGURES, figures_table, optimism_table

_FIGURES = (*MAIN_FIGURES, "frr", "balanced_accuracy", "f1", "mcc", "average_precision", "d_prime", "brier", "log_loss")
_WORST = 8  # pairs of each kind
_DOTS = 110  # per inch


def write_evaluation(
    file: Path, root: Path, scored: ScoredPairs, found: Mapping[str, Any], about: Mapping[str, Any], name: str
) -> None:
    """Write the report of an evaluation, whole or not at all.

    Parameters
    ----------
    file : Path
    root : Path
        The folder that the pairs' paths are relative to.
    scored : ScoredPairs
        What the verifier was judged by.
    found : mapping
        As `Verifier.evaluate` gives it.
    about : mapping
        Of the bundle, see `Verifier.about`.
    name : str
        The bundle's.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    chosen, main = about["threshold"], scored.main
    words = f"Threshold {chosen['threshold']:.4f}, chosen by the rule {chosen['rule']!r}"
    reason = f": {chosen['reason']}" if chosen.get("reason") else "."
    body = [
        f"<p>{text(words + reason)}</p>",
        f'<p class="why">{text(_pairs_in_words(main, found))}</p>',
        *(f'<p class="warning"><b>few pairs</b> {text(said)}.</p>' for said in _too_few(main)),
        "<h2>Figures</h2><p class='why'>In brackets 95% intervals, which know that pairs share things.</p>",
        f'<div class="wide">{figures_table(_columns(found), _FIGURES)._repr_html_()}</div>',
        "<h2>Optimism</h2><p class='why'>How much better the figures are on the pairs that the threshold was chosen on."
        "</p>",
        f'<div class="wide">{optimism_table(about["validation"], found)._repr_html_()}</div>',
        f'<h2>Every threshold</h2><div class="plots">{"".join(_plots(main, chosen["threshold"], about))}</div>',
        *_worst(main, root, chosen["threshold"]),
    ]
    write_report(file, f"{name} on {root.resolve().name}", body)


def _pairs_in_words(main: ScoredPairs, found: Mapping[str, Any]) -> str:
    genuine = int(main.genuine.sum())
    said = f"{genuine:,} genuine and {len(main.labels) - genuine:,} impostor pairs."
    if found["left_out"]:
        said += f" {found['left_out']:,} pictures were left out because the network had seen them or their things."
    if found["seen_pairs"]:
        said += f" In {found['seen_pairs']:,} pairs it had seen a picture before: there it flatters itself."
    return said


def _too_few(main: ScoredPairs) -> list[str]:
    impostors = int((~main.genuine).sum())
    return [said for far in (0.01, 0.001) if (said := too_few_pairs(impostors, far))]


def _columns(found: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    kinds = {"across": "impostors of another category", "within": "of the same category"}
    return {"all": found, **{words: found[kind] for kind, words in kinds.items() if kind in found}}


def _plots(main: ScoredPairs, threshold: float, about: Mapping[str, Any]) -> Iterator[str]:
    from siamese_nb import plots  # matplotlib takes a second to load

    pairs = (main.labels, main.scores)
    table = ScoreTable.from_scores(*pairs)
    band = curve_band(main.genuine, main.scores, table, main.one_identity, main.two_identity)  # once for three curves
    stated = Calibration.from_dict(about["calibration"]).probability(main.scores, float(np.mean(main.labels)))
    yield _plot(plots.ScoreHistogramDisplay.from_scores(*pairs, threshold), "Histogram of the scores")
    yield _plot(plots.FarFrrDisplay.from_scores(*pairs, threshold), "Both error rates by threshold")
    yield _plot(plots.ConfusionDisplay.from_scores(*pairs, threshold), "What the threshold decides")
    curves = {
        "ROC, with 95% intervals": plots.RocDisplay,
        "Precision-recall": plots.PrecisionRecallDisplay,
        "DET: both errors against each other": plots.DetDisplay,
    }
    for caption, curve in curves.items():
        yield _plot(replace(curve.from_scores(*pairs, threshold), band=band), caption)
    yield _plot(plots.ReliabilityDisplay.from_scores(main.labels, stated), "Whether stated probabilities come true")


def _plot(display: Any, caption: str) -> str:
    """Draw a display twice, for a light page and for a dark one."""
    light, dark = (data_url(_drawn(display, style), "png") for style in ("default", "dark_background"))
    sources = f'<source media="(prefers-color-scheme: dark)" srcset="{dark}"><img alt="{text(caption)}" src="{light}">'
    return f"<figure><picture>{sources}</picture><figcaption>{text(caption)}</figcaption></figure>"


def _drawn(display: Any, style: str) -> bytes:
    import matplotlib.pyplot as plt

    stream = io.BytesIO()
    with plt.style.context(style):
        figure = display.plot().figure_
        figure.savefig(stream, format="png", dpi=_DOTS, transparent=True)
        plt.close(figure)
    return stream.getvalue()


def _worst(main: ScoredPairs, root: Path, threshold: float) -> Iterator[str]:
    accepted = accept(main.scores, threshold)
    kinds = (
        ("Worst false accepts", np.flatnonzero(~main.genuine & accepted), -main.scores),
        ("Worst false rejects", np.flatnonzero(main.genuine & ~accepted), main.scores),
        ("Nearest the threshold", np.arange(len(main.scores)), np.abs(main.scores - threshold)),
    )
    for title, rows, order in kinds:
        shown = rows[np.argsort(order[rows], kind="stable")][:_WORST]
        yield f"<h2>{title}</h2>" + (_pairs(main, root, shown) if shown.size else "<p>None.</p>")


def _pairs(main: ScoredPairs, root: Path, rows: NDArray[np.int64]) -> str:
    found = []
    for row in rows.tolist():
        kind = "genuine" if main.genuine[row] else "impostor"
        both = "".join(picture(root / path, path) for path in (main.one[row], main.two[row]))
        found.append(f'<div class="group pair">{both}<p>{main.scores[row]:.3f}, {kind}</p></div>')
    return f'<div class="groups">{"".join(found)}</div>'
