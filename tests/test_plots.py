"""Displays: one contract for all, and what each shows."""

import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from siamese_nb import metrics, plots
from siamese_nb.errors import InputError
from siamese_nb.plots.style import IMPOSTOR_COLOUR

RNG = np.random.default_rng(0)
LABELS = (RNG.random(300) < 0.3).astype(int)
SCORES = 1.0 / (1.0 + np.exp(-RNG.normal(3 * LABELS - 2, 1.5)))
IMAGES = [RNG.integers(0, 255, (20 + 4 * (k % 3), 24, 3), dtype=np.uint8) for k in range(6)]
HISTORY = {"loss": [0.9, 0.5, 0.4], "auc": [0.6, 0.8, 0.9], "val_loss": [1.0, 0.7, 0.6], "val_auc": [0.5, 0.7, 0.8]}

FROM_SCORES = {
    "ScoreHistogramDisplay": plots.ScoreHistogramDisplay,
    "RocDisplay": plots.RocDisplay,
    "PrecisionRecallDisplay": plots.PrecisionRecallDisplay,
    "DetDisplay": plots.DetDisplay,
    "FarFrrDisplay": plots.FarFrrDisplay,
    "ReliabilityDisplay": plots.ReliabilityDisplay,
    "ConfusionDisplay": plots.ConfusionDisplay,
}
MAKERS: dict[str, Callable[[], Any]] = {
    **{
        name: lambda display=display: display.from_scores(LABELS, SCORES, 0.42) for name, display in FROM_SCORES.items()
    },
    "HistoryDisplay": lambda: plots.HistoryDisplay.from_history(HISTORY),
    "PairsDisplay": lambda: plots.PairsDisplay.from_images(IMAGES[:5], IMAGES[1:], LABELS[:5], SCORES[:5], 0.42),
    "CountsDisplay": lambda: plots.CountsDisplay.from_counts(["a", "b", "c"], [3, 1, 2]),
    "OverviewDisplay": lambda: plots.OverviewDisplay.from_pictures([(60, 40), (40, 60), (900, 9)], [0, 99.5, 255]),
}


@pytest.fixture(autouse=True)
def closed_figures() -> Any:
    yield
    plt.close("all")


def texts(figure: Any) -> str:
    return " | ".join(text.get_text() for text in figure.findobj(mpl.text.Text))


def test_every_display_is_under_contract() -> None:
    assert set(MAKERS) == set(plots.__all__)


@pytest.mark.parametrize("name", MAKERS)
def test_the_contract_of_displays(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plt, "show", lambda *_, **__: pytest.fail("a display must not show itself"))
    before = len(plt.get_fignums())
    display = MAKERS[name]()
    assert len(plt.get_fignums()) == before, "computing must not draw"

    assert display.plot() is display
    assert isinstance(display.ax_, mpl.axes.Axes) and display.figure_ is display.ax_.figure
    display.figure_.canvas.draw()

    figure, (left, right) = plt.subplots(1, 2, layout="constrained")
    assert display.plot(ax=right) is display
    assert display.ax_ is right and display.figure_ is figure
    assert not left.has_data(), "only the given axes may be drawn on"
    assert len(plt.get_fignums()) == before + 2
    figure.canvas.draw()

    drawn_on = getattr(display, "axes_", [display.ax_])
    for ax in drawn_on:
        assert name == "PairsDisplay" or ax.get_xlabel() or ax.get_title()
        assert name in {"PairsDisplay", "CountsDisplay"} or ax.get_ylabel() or ax.get_title()


@pytest.mark.parametrize("name", FROM_SCORES)
def test_the_chosen_threshold_is_marked(name: str) -> None:
    assert "0.42" in texts(FROM_SCORES[name].from_scores(LABELS, SCORES, 0.42).plot().figure_)


@pytest.mark.parametrize("name", FROM_SCORES)
def test_bad_scores_are_named(name: str) -> None:
    with pytest.raises(InputError, match="1 of 2 scores are NaN"):
        FROM_SCORES[name].from_scores([1, 0], [0.5, np.nan])
    with pytest.raises(InputError, match="threshold"):
        FROM_SCORES[name].from_scores([1, 0], [0.5, 0.2], 1.5)


@pytest.mark.parametrize("name", [name for name in FROM_SCORES if name != "ConfusionDisplay"])
def test_a_threshold_is_not_needed(name: str) -> None:
    assert "threshold 0" not in texts(FROM_SCORES[name].from_scores(LABELS, SCORES).plot().figure_)


@pytest.mark.parametrize("name", FROM_SCORES)
@pytest.mark.parametrize("labels", [[1, 1, 1], [0, 0, 0], [1, 0, 1]])
def test_degenerate_scores_are_drawn_all_the_same(name: str, labels: list[int]) -> None:
    FROM_SCORES[name].from_scores(labels, [0.5, 0.5, 0.5], 0.9).plot().figure_.canvas.draw()


@pytest.mark.parametrize("name", ["RocDisplay", "PrecisionRecallDisplay", "DetDisplay"])
def test_a_band_of_intervals_lies_around_the_curve_where_identities_are_given(name: str) -> None:
    one = np.arange(300) % 60
    two = np.where(LABELS == 1, one, (one + 7) % 60)
    display = FROM_SCORES[name].from_scores(LABELS, SCORES, 0.42, identities=(one, two)).plot()
    (band,) = display.ax_.patches
    curve = next(line for line in display.ax_.get_lines() if "steps" in str(line) or len(line.get_xdata()) > 50)
    inner = np.column_stack([curve.get_xdata(), curve.get_ydata()])[20:-20:10]
    inside = band.get_path().contains_points(inner, radius=1e-6) | band.get_path().contains_points(inner, radius=-1e-6)
    assert inside.mean() > 0.9
    assert not FROM_SCORES[name].from_scores(LABELS, SCORES, 0.42).plot().ax_.patches


def test_what_marks_the_threshold_is_seen_on_a_dark_page() -> None:
    with plt.style.context("dark_background"):
        display = plots.RocDisplay.from_scores(LABELS, SCORES, 0.42).plot()
        assert to_hex(display.ax_.get_lines()[-1].get_color()) == "#ffffff"


def test_the_marked_point_lies_on_the_curve() -> None:
    counts = metrics.ScoreTable.from_scores(LABELS, SCORES).counts(0.42)
    point = plots.RocDisplay.from_scores(LABELS, SCORES, 0.42).plot().ax_.lines[-1]
    assert point.get_xydata().tolist() == [[counts.far, counts.recall]]


def test_curves_of_several_models_share_axes() -> None:
    ax = plots.RocDisplay.from_scores(LABELS, SCORES, name="A").plot().ax_
    plots.RocDisplay.from_scores(LABELS, SCORES**2, name="B").plot(ax=ax, color=IMPOSTOR_COLOUR)
    assert {"A (AUC", "B (AUC"} <= {text.get_text()[:6] for text in ax.get_legend().get_texts()}
    assert IMPOSTOR_COLOUR.lower() in {to_hex(line.get_color()) for line in ax.lines}


def test_the_histogram_counts_every_pair() -> None:
    display = plots.ScoreHistogramDisplay.from_scores(LABELS, SCORES)
    assert (display.genuine.sum(), display.impostor.sum()) == (LABELS.sum(), (1 - LABELS).sum())


def test_error_rates_are_right_between_scores() -> None:
    display = plots.FarFrrDisplay.from_scores([1, 0], [0.8, 0.2]).plot()
    far, frr = (line for line in display.ax_.lines[:2])
    assert far.get_drawstyle() == frr.get_drawstyle() == "steps-pre"
    # In steps-pre the value at x[k] holds from x[k-1] to x[k]: FAR 1 up to 0.2, then 0.
    assert far.get_xydata().tolist() == [[0.0, 100.0], [0.2, 100.0], [0.8, 0.0], [1.0, 0.0]]
    assert frr.get_xydata().tolist() == [[0.0, 0.0], [0.2, 0.0], [0.8, 0.0], [1.0, 100.0]]


def test_confusion_shows_the_four_counts() -> None:
    shown = texts(plots.ConfusionDisplay.from_scores([1, 1, 1, 0], [0.9, 0.8, 0.1, 0.7], 0.5).plot().figure_)
    assert "2\n66.7%\naccepted" in shown and "1\n33.3%\nfalsely rejected" in shown
    assert "1\n100.0%\nfalsely accepted" in shown and "0\n0.0%\nrejected" in shown


def test_history_pairs_training_with_validation() -> None:
    display = plots.HistoryDisplay.from_history({"lr": [0.1], **HISTORY}).plot()
    assert [ax.get_title() for ax in display.axes_] == ["loss", "lr", "auc"]
    series = [[line.get_ydata().tolist() for line in ax.lines] for ax in display.axes_]
    assert series == [[HISTORY["loss"], HISTORY["val_loss"]], [[0.1]], [HISTORY["auc"], HISTORY["val_auc"]]]
    assert display.axes_[0].lines[0].get_xdata().tolist() == [1, 2, 3]


@pytest.mark.parametrize("history", [{}, {"loss": []}])
def test_an_empty_history_is_named(history: dict[str, list[float]]) -> None:
    with pytest.raises(InputError, match="no epoch"):
        plots.HistoryDisplay.from_history(history)


def test_pairs_say_which_verdicts_are_right() -> None:
    display = plots.PairsDisplay.from_images(
        IMAGES[:3], IMAGES[3:], [1, 0, 1], [0.9, 0.8, 0.1], 0.5, titles=["x", "y", "z"]
    ).plot()
    assert display.captions == [
        "x\ngenuine  0.90  accepted  ✓",
        "y\nimpostor  0.80  accepted  ✗",
        "z\ngenuine  0.10  rejected  ✗",
    ]
    right, *wrong = (to_hex(ax.spines["left"].get_edgecolor()) for ax in display.axes_)
    assert right not in wrong and len(set(wrong)) == 1


def test_pairs_keep_both_pictures_whole() -> None:
    grey, colour = np.full((10, 6), 7, np.uint8), np.full((20, 8, 3), 9, np.uint8)
    (picture,) = plots.PairsDisplay.from_images([grey], [colour]).pictures
    assert (picture == 7).all(axis=2).sum() == 60 and (picture == 9).all(axis=2).sum() == 160


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], []), "0 images_one"),
        ((IMAGES[:2], IMAGES[:1]), "1 images_two"),
        ((IMAGES[:1], IMAGES[:1], [1, 0]), "2 labels"),
        ((IMAGES[:1], IMAGES[:1], None, None, 0.5), "without scores"),
        (([np.zeros((4, 4))], [np.zeros((4, 4))]), "uint8"),
    ],
)
def test_pairs_that_do_not_fit_are_named(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        plots.PairsDisplay.from_images(*arguments)


@pytest.mark.parametrize("n", [1, 3, 31, 32, 300])
def test_counts_are_legible_whatever_their_number(n: int) -> None:
    names = [f"category with quite a long name {k}" for k in range(n)]
    display = plots.CountsDisplay.from_counts(names, np.arange(1, n + 1)).plot()
    display.figure_.canvas.draw()
    boxes = [label.get_window_extent() for label in display.ax_.get_yticklabels()]
    assert all(above.y0 >= below.y1 - 1 for above, below in itertools.pairwise(boxes)), "labels overlap"
    shown = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert shown[0].endswith(f" {n - 1}") and shown[-1].endswith(" 0")
    assert f"{n} categories, {n * (n + 1) // 2:,} in all" in display.ax_.get_xlabel()
    assert (n <= 31) == ("more" not in texts(display.figure_))


def test_counts_that_do_not_fit_are_named() -> None:
    for names, counts in ((["a"], [1, 2]), ([], []), (["a"], [-1])):
        with pytest.raises(InputError, match="per name"):
            plots.CountsDisplay.from_counts(names, counts)


def test_axes_outside_a_grid_are_named() -> None:
    ax = plt.figure().add_axes((0.1, 0.1, 0.8, 0.8))
    for name in ("HistoryDisplay", "PairsDisplay"):
        with pytest.raises(InputError, match="subplots"):
            MAKERS[name]().plot(ax=ax)


def test_the_package_itself_loads_no_matplotlib() -> None:
    code = "import sys, siamese_nb, siamese_nb.metrics; sys.exit('matplotlib' in sys.modules or 'keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, env=dict(os.environ)).returncode == 0


@pytest.mark.parametrize("sizes", [[(96, 96)] * 5, [(1, 9000), (9000, 1), (50, 50)], [(30, 40)]])
def test_every_picture_is_in_each_panel_of_the_overview(sizes: list[tuple[int, int]]) -> None:
    display = plots.OverviewDisplay.from_pictures(sizes, np.linspace(0, 255, len(sizes))).plot()
    display.figure_.canvas.draw()
    for ax in display.axes_:
        assert sum(bar.get_height() for bar in ax.patches) == len(sizes)


def test_an_overview_needs_a_size_and_a_brightness_of_each_picture() -> None:
    for size, brightness in (([], []), ([(3, 4)], [1, 2]), ([(0, 4)], [1])):
        with pytest.raises(InputError, match="width and height, above 0"):
            plots.OverviewDisplay.from_pictures(size, brightness)
