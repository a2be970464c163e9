"""Scores of embeddings in blocks are the head's own."""

import keras
import numpy as np
import pytest
from test_embeddings import DIMENSIONS, make_images, make_leg
from test_models import slow_difference

from siamese_nb import embeddings as embeddings_module
from siamese_nb import scoring
from siamese_nb.embeddings import embed
from siamese_nb.matching import Maps
from siamese_nb.models import MetricHead
from siamese_nb.scoring import all_scores, cosine_scores, pair_scores, row_scores
from siamese_nb.settings import DISTANCES


def make_head(distance: str = "absolute") -> MetricHead:
    head = MetricHead(distance, Maps(DIMENSIONS - 4, 1, 2, 2) if distance == "matched" else None)
    head.build([(None, DIMENSIONS), (None, DIMENSIONS)])
    head.set_weights([np.random.default_rng(0).uniform(0, 3, head.w.shape), np.array(1.5)])
    return head


@pytest.mark.parametrize("distance", DISTANCES)
def test_scores_in_blocks_are_the_heads_own_and_those_of_a_slow_loop(
    distance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "_NUMBERS_AT_ONCE", 7 * DIMENSIONS)
    head, rng = make_head(distance), np.random.default_rng(1)
    table = rng.normal(size=(11, DIMENSIONS)).astype(np.float32)
    one, two = rng.integers(0, 11, (2, 40))
    scores = pair_scores(head, table, one, two)
    by_keras = keras.ops.convert_to_numpy(head((table[one], table[two]))).ravel()
    assert np.allclose(scores, by_keras, atol=1e-6)
    w, b = (np.asarray(weight, np.float64) for weight in head.get_weights())
    for pair, (i, j) in enumerate(zip(one, two, strict=True)):
        difference = slow_difference(distance, table[i], table[j])
        logit = float(b) - sum(weight * part for weight, part in zip(w, difference, strict=True))
        assert scores[pair] == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-12)
    assert np.array_equal(scores, pair_scores(head, table, two, one))
    if distance != "matched":  # else a place may match one beside it that has more of the same
        assert (scores <= pair_scores(head, table, one, one)).all()


def test_scores_stay_in_range_where_a_float32_would_overflow() -> None:
    head = make_head()
    table = np.array([[0.0] * DIMENSIONS, [1e30] * DIMENSIONS], np.float32)
    assert pair_scores(head, table, np.array([0, 0]), np.array([1, 0])).tolist() == [
        0.0,
        pytest.approx(0.8176, abs=1e-4),
    ]


def test_no_pairs_have_no_scores() -> None:
    nothing = np.empty(0, np.int64)
    assert row_scores(make_leg(), make_head(), make_images(3), nothing, nothing).shape == (0,)


def test_pairs_of_rows_send_each_named_row_once(passed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings_module, "_IMAGES_AT_ONCE", 3)
    leg, head, images = make_leg(), make_head(), make_images(10)
    expected_table = embed(leg, images)
    seen = passed(leg)
    one, two = np.array([9, 9, 9, 1, 4, 4, 7]), np.array([1, 4, 9, 9, 1, 4, 1])
    scores = row_scores(leg, head, images, one, two)
    assert np.array_equal(np.stack(seen), images[[1, 4, 7, 9]])
    assert np.allclose(scores, pair_scores(head, expected_table, one, two), atol=1e-6)


def test_cosine_scores_are_a_slow_loops() -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(6, 3)).astype(np.float32)
    table[5] = 0.0  # a dead picture: like nothing, and no NaN
    one, two = np.array([0, 1, 2, 3, 0, 5]), np.array([1, 2, 3, 3, 0, 0])
    for pair, score in enumerate(cosine_scores(table, one, two)):
        a, b = table[one[pair]].astype(float), table[two[pair]].astype(float)
        norm = np.sqrt((a**2).sum() * (b**2).sum())
        assert score == pytest.approx(((a * b).sum() / norm + 1) / 2 if norm else 0.5, abs=1e-6)
        assert 0 <= score <= 1


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("rows_at_once", [1, 7, 100])
def test_all_scores_are_those_of_each_pair_once(
    distance: str, rows_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "_LIKENESSES_AT_ONCE", 100)  # of 4 places: the others come in blocks, too
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(23, DIMENSIONS)).astype(np.float32)
    embeddings[4] = embeddings[9]
    head = make_head(distance)
    found = np.full((23, 23), np.nan)
    for rows, scores in all_scores(head, embeddings, rows_at_once):
        found[rows, rows.start :] = scores
    one, two = np.triu_indices(23)
    assert found[one, two] == pytest.approx(pair_scores(head, embeddings, one, two), abs=1e-12)
    assert found[4, 9] == pytest.approx(found[4, 4], abs=1e-12)
    if distance != "matched":
        assert (found[one, two] <= found.diagonal().max()).all()
