"""Tables of figures: what stands in them, and how they read."""

import math

import numpy as np
import pytest

from siamese_nb import scan
from siamese_nb.intervals import wilson_interval
from siamese_nb.metrics import ScoreTable
from siamese_nb.split import make_split
from siamese_nb.tables import (
    Table,
    _optimism,
    baselines_table,
    counts_table,
    figures_table,
    interval,
    optimism_table,
    rules_table,
    split_table,
)
from siamese_nb.thresholds import choose_threshold


@pytest.fixture
def scored():
    rng = np.random.default_rng(0)
    labels = np.repeat([1, 0], [40, 120])
    return labels, np.clip(rng.normal(0.35 + 0.3 * labels, 0.15), 0, 1)


def figures(auc, low=0.8, high=0.9):
    return {"pairs": 1200, "auc": auc, "auc_low": low, "auc_high": high}


def test_a_table_is_aligned_in_a_terminal_and_escaped_in_a_page():
    table = Table(("name", "x"), (("a<b", "1"), ("long name", "22")))
    assert str(table) == "name        x\na<b         1\nlong name  22"
    page = table._repr_html_()
    assert page.count("<tr>") == 3 and "<td>a&lt;b</td>" in page and "a<b" not in page


@pytest.mark.parametrize(
    ("bounds", "written"),
    [((0.8, 0.9), "0.850 [0.800, 0.900]"), ((math.nan, math.nan), "0.850"), ((None, None), "0.850")],
)
def test_an_interval_is_left_away_where_there_is_none(bounds, written):
    assert interval(figures(0.85, *bounds), "auc") == written


def test_a_figure_that_is_not_defined_is_a_dash():
    assert interval(figures(math.nan, math.nan, math.nan), "auc") == "-"


def test_figures_stand_side_by_side():
    table = figures_table({"validation": figures(0.85), "test": figures(0.83)}, ("auc",))
    assert table.columns == ("", "validation", "test")
    assert table.rows == (
        ("pairs", "1,200", "1,200"),
        ("AUC", "0.850 [0.800, 0.900]", "0.830 [0.800, 0.900]"),
    )


def test_optimism_is_what_the_choice_flatters_itself_by_errors_the_other_way_round():
    better = {"auc": 0.9, "auc_low": 0.86, "auc_high": 0.92, "far": 0.04, "far_low": 0.03, "far_high": 0.07}
    worse = {"auc": 0.8, "auc_low": 0.77, "auc_high": 0.83, "far": 0.09, "far_low": 0.05, "far_high": 0.13}
    table = optimism_table(better, worse, ("auc", "far"))
    assert table.columns == ("", "validation", "test", "optimism")
    assert table.rows[0] == ("AUC", "0.900 [0.860, 0.920]", "0.800 [0.770, 0.830]", "+0.100 [+0.050, +0.136]")
    # 0.05 - hypot(0.09 - 0.05, 0.07 - 0.04) and 0.05 + hypot(0.13 - 0.09, 0.04 - 0.03)
    assert table.rows[1][-1] == "+0.050 [+0.000, +0.091]"
    unknown = {**worse, "auc_low": None, "auc_high": None}
    assert optimism_table(better, unknown, ("auc",)).rows[0][-1] == "+0.100"


def test_the_interval_of_the_optimism_covers():
    rng, hits = np.random.default_rng(0), 0
    for _ in range(400):
        parts = []
        for n, share in ((150, 0.9), (200, 0.85)):
            count = int(rng.binomial(n, share))
            low, high = wilson_interval(count, n)
            parts.append({"recall": count / n, "recall_low": low, "recall_high": high})
        _, low, high = _optimism(*parts, "recall")
        hits += low <= 0.05 <= high
    assert 0.92 <= hits / 400 <= 0.98


def test_baselines_stand_below_the_network_kind_by_kind():
    about = {"test": {"within": figures(0.85)}, "baselines": {"colour_histogram": {"within": 0.6}}}
    table = baselines_table(about)
    assert table.columns == ("test AUC", "within categories")
    assert table.rows == (("network", "0.850 [0.800, 0.900]"), ("colour histogram", "0.600"))


def costs_by_a_loop(labels, scores, threshold):
    accepts = sum(1 for label, score in zip(labels, scores, strict=True) if not label and score >= threshold)
    rejects = sum(1 for label, score in zip(labels, scores, strict=True) if label and score < threshold)
    precision = (40 - rejects) / (40 - rejects + accepts)
    rates = (threshold, accepts / 120, rejects / 40, precision)
    return (*(f"{value:.3f}" for value in rates), str(accepts), str(rejects))


def test_each_rule_gets_the_row_of_its_threshold(scored):
    wishes = [("eer", {}), ("far", {"at_most": 0.05}), ("precision", {"at_least": 1.0})]
    labels, scores = scored
    scores[labels == 0] = np.where(np.arange(120) == 0, 1.0, scores[labels == 0])
    first, second, third = rules_table(labels, scores, wishes).rows
    assert [row[0] for row in (first, second, third)] == ["EER", "FAR at most 0.05", "precision at least 1"]
    for row, (rule, parameters) in zip((first, second), wishes[:2], strict=True):
        threshold = choose_threshold(labels, scores, rule, **parameters).threshold
        assert row[1:] == costs_by_a_loop(labels, scores, threshold)
    assert third[1:] == ("out of reach", "", "", "", "", "")
    assert float(second[2]) == pytest.approx(
        ScoreTable.from_scores(labels, scores).counts(float(second[1])).far, abs=0.01
    )


def test_a_dataset_is_counted_with_its_problems(tmp_path, make_couples):
    make_couples(tmp_path, categories=2, couples=6)
    (tmp_path / "category0" / "item0_two.png").unlink()
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "more.txt").write_text("x")
    table = counts_table(scan(tmp_path))
    assert table.columns[0] == "layout couples"
    assert dict(table.rows) == {
        "images": "23",
        "identities": "11",
        "couples": "11",
        "categories": "2",
        "problem: missing_twin": "1",
        "problem: stray_file": "2",
    }


def test_a_dataset_without_problems_says_so(tmp_path, make_couples):
    assert counts_table(scan(make_couples(tmp_path))).rows[-1] == ("problems", "none")


def test_a_split_is_counted_part_by_part(tmp_path, make_couples):
    dataset, bank = scan(make_couples(tmp_path, categories=2, couples=10)).decode((16, 16))
    table = split_table(make_split(dataset, bank.digests))
    counts = {part: tuple(map(int, rest)) for part, *rest in table.rows}
    assert counts == {"train": (24, 12, 12), "validation": (8, 4, 4), "test": (8, 4, 4)}
