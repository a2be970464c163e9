"""Losses: against slow loops, at the edges where slopes blow up, and the right way round."""

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamese_nb import losses
from siamese_nb.losses import OF_ALL, OF_BATCH, Directions, Loss, of_embeddings, pair_loss
from siamese_nb.models import MetricHead
from siamese_nb.settings import LOSSES, PAIR_LOSSES

BATCH = pytest.mark.parametrize("name", OF_BATCH)
ALL = pytest.mark.parametrize("name", OF_ALL)
OF_ROWS = {name: of_embeddings(loss, MetricHead("squared").cosines) for name, loss in OF_BATCH.items()}


def unit(rows: object) -> np.ndarray:
    rows = np.asarray(rows, np.float64)
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def random_batch(seed: int, n: int = 12, d: int = 4, kinds: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, kinds, n).astype(np.float32), unit(rng.normal(size=(n, d)))


def cost(loss: Loss, identity: np.ndarray, rows: np.ndarray) -> float:
    return float(loss(*map(keras.ops.convert_to_tensor, (identity, rows))))


def value_and_slope(loss: Loss, identity: np.ndarray, rows: np.ndarray, unit_length: bool = True) -> tuple[float, Any]:
    """Send rows through the unit length that every embedding gets, then through a loss, by the backend's own slopes."""

    def cost_of(given: Any) -> Any:
        return loss(identity, keras.ops.normalize(given, axis=-1) if unit_length else given)

    if keras.backend.backend() == "jax":
        import jax

        value, slope = jax.value_and_grad(cost_of)(rows)
    elif keras.backend.backend() == "torch":
        import torch

        given = torch.tensor(rows, requires_grad=True)
        value = cost_of(given)
        (slope,) = torch.autograd.grad(value, given)
        value = value.detach()
    else:
        import tensorflow

        given = tensorflow.constant(rows)
        with tensorflow.GradientTape() as tape:
            tape.watch(given)
            value = cost_of(given)
        slope = tape.gradient(value, given)
    return float(value), np.asarray(slope)


def slow_contrastive(identity: np.ndarray, rows: np.ndarray) -> float:
    kinds: dict[bool, list[float]] = {True: [], False: []}
    for i in range(len(rows)):
        for j in range(len(rows)):
            if i != j:
                distance = float(np.linalg.norm(rows[i] - rows[j]))
                same = bool(identity[i] == identity[j])
                kinds[same].append(distance**2 if same else max(0.0, 1.0 - distance) ** 2)
    return sum(float(np.mean(values)) if values else 0.0 for values in kinds.values())


def anchors_of(identity: np.ndarray) -> list[tuple[int, list[int], list[int]]]:
    found = []
    for i in range(len(identity)):
        twins = [j for j in range(len(identity)) if j != i and identity[j] == identity[i]]
        others = [j for j in range(len(identity)) if identity[j] != identity[i]]
        if twins and others:
            found.append((i, twins, others))
    return found


def slow_triplet(identity: np.ndarray, rows: np.ndarray) -> float:
    def distance(i: int, j: int) -> float:
        return float(np.linalg.norm(rows[i] - rows[j]))

    values = [
        max(0.0, 0.3 + max(distance(i, j) for j in twins) - min(distance(i, j) for j in others))
        for i, twins, others in anchors_of(identity)
    ]
    return float(np.mean(values)) if values else 0.0


def slow_multi_similarity(identity: np.ndarray, rows: np.ndarray) -> float:
    cosine = rows @ rows.T
    values = []
    for i, twins, others in anchors_of(identity):
        hard_twins = [j for j in twins if cosine[i, j] - 0.1 < max(cosine[i, k] for k in others)]
        hard_others = [j for j in others if cosine[i, j] + 0.1 > min(cosine[i, k] for k in twins)]
        pull = np.log1p(sum(np.exp(-2 * (cosine[i, j] - 0.5)) for j in hard_twins)) / 2
        push = np.log1p(sum(np.exp(50 * (cosine[i, j] - 0.5)) for j in hard_others)) / 50
        values.append(pull + push)
    return float(np.mean(values)) if values else 0.0


def slow_supervised_contrastive(identity: np.ndarray, rows: np.ndarray) -> float:
    logits = rows @ rows.T / 0.07
    values = []
    for i, twins, others in anchors_of(identity):
        whole = sum(np.exp(logits[i, j]) for j in [*twins, *others])
        values.append(-np.mean([np.log(np.exp(logits[i, j]) / whole) for j in twins]))
    return float(np.mean(values)) if values else 0.0


def slow_softmax(identity: np.ndarray, cosines: np.ndarray, true_logit: object) -> float:
    values = []
    for i, of in enumerate(identity.astype(int)):
        logits = [true_logit(c) if j == of else c for j, c in enumerate(cosines[i].tolist())]
        shares = np.exp(losses._SCALE * np.array(logits))
        values.append(-np.log(shares[of] / shares.sum()))
    return float(np.mean(values))


SLOW = {
    "contrastive": slow_contrastive,
    "triplet": slow_triplet,
    "multi_similarity": slow_multi_similarity,
    "supervised_contrastive": slow_supervised_contrastive,
}


def test_every_loss_of_the_configuration_is_there() -> None:
    assert sorted([*PAIR_LOSSES, *OF_BATCH, *OF_ALL]) == sorted(LOSSES)
    assert PAIR_LOSSES == ("binary_crossentropy", "focal")


@BATCH
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), kinds=st.integers(1, 12))
def test_losses_of_a_batch_are_what_slow_loops_find(name: str, seed: int, kinds: int) -> None:
    identity, rows = random_batch(seed, kinds=kinds)
    found = cost(OF_ROWS[name], identity, rows)
    assert found == pytest.approx(SLOW[name](identity, rows.astype(np.float64)), abs=1e-3, rel=1e-4)


@ALL
def test_losses_of_all_identities_are_what_slow_loops_find(name: str) -> None:
    rng = np.random.default_rng(0)
    identity, cosines = rng.integers(0, 5, 20).astype(np.float32), rng.uniform(-1, 1, (20, 5)).astype(np.float32)
    margin = {"cosface": losses._COSFACE_MARGIN, "arcface": losses._ARCFACE_MARGIN}[name]

    def widened(cosine: float) -> float:
        angle = np.arccos(cosine) + margin
        return float(np.cos(angle)) if angle < np.pi else cosine - margin * np.sin(margin)

    expected = slow_softmax(identity, cosines, widened if name == "arcface" else lambda cosine: cosine - margin)
    assert cost(OF_ALL[name], identity, cosines) == pytest.approx(expected, rel=1e-4)


@BATCH
def test_what_fills_a_batch_up_changes_nothing(name: str) -> None:
    identity, rows = random_batch(3)
    more = np.concatenate([identity, [-1, -1, -1]]), np.concatenate([rows, rows[:3]])
    assert cost(OF_ROWS[name], *more) == pytest.approx(cost(OF_ROWS[name], identity, rows), rel=1e-5)
    softmax = {key: (cost(loss, identity, rows), cost(loss, *more)) for key, loss in OF_ALL.items()}
    assert all(without == pytest.approx(filled, rel=1e-5) for without, filled in softmax.values())


@BATCH
def test_order_does_not_matter(name: str) -> None:
    identity, rows = random_batch(4)
    order = np.random.default_rng(0).permutation(len(rows))
    found = cost(OF_ROWS[name], identity[order], rows[order])
    assert found == pytest.approx(cost(OF_ROWS[name], identity, rows), rel=1e-5)


@BATCH
def test_together_and_apart_costs_less_than_mixed_up(name: str) -> None:
    rows = unit([[1, 0.1], [1, -0.1], [-1, 0.1], [-1, -0.1]])
    right, wrong = np.float32([0, 0, 1, 1]), np.float32([0, 1, 0, 1])
    assert cost(OF_ROWS[name], right, rows) < cost(OF_ROWS[name], wrong, rows) - 0.1


@BATCH
def test_a_step_down_the_slope_draws_twins_together_and_drives_impostors_apart(name: str) -> None:
    identity, rows = np.float32([0, 0, 1, 1]), unit([[1, 0.9, 0], [1, -0.6, 0.2], [1, 0.5, -0.4], [0.9, -0.8, -0.3]])
    _, slope = value_and_slope(OF_ROWS[name], identity, rows)
    before, after = rows @ rows.T, unit(rows - 1e-3 * slope / np.abs(slope).max())
    moved = after @ after.T - before
    twins, impostors = moved[[0, 2], [1, 3]], moved[[0, 0, 1, 1], [2, 3, 2, 3]]
    assert twins.mean() > impostors.mean()


@BATCH
@pytest.mark.parametrize("identity", [[0, 0, 0, 0], [0, 1, 2, 3], [0, 0, 1, 1], [-1, -1, -1, -1]])
@pytest.mark.parametrize("rows", [[[1, 0]] * 4, [[1, 0], [1, 0], [-1, 0], [-1, 0]], [[1, 0], [-1, 0], [1, 0], [-1, 0]]])
def test_slopes_are_finite_at_zero_distance_and_with_nothing_to_compare(
    name: str, identity: list[int], rows: list[list[float]]
) -> None:
    value, slope = value_and_slope(OF_ROWS[name], np.float32(identity), unit(rows))
    assert np.isfinite(value)
    assert np.isfinite(slope).all()
    assert np.abs(slope).max() < 1e3


@ALL
def test_slopes_are_finite_where_an_embedding_is_its_direction_or_opposite(name: str) -> None:
    cosines = np.float32([[1.0, -1.0], [-1.0, 1.0], [0.0, 0.0]])
    value, slope = value_and_slope(OF_ALL[name], np.float32([0, 0, 1]), cosines, unit_length=False)
    assert np.isfinite(value)
    assert np.isfinite(slope).all()
    assert (slope[[0, 1, 2], [0, 0, 1]] <= 0).all()  # nearer to the true direction is never worse
    assert (slope[[0, 1, 2], [1, 1, 0]] >= 0).all()


@pytest.mark.parametrize("name", PAIR_LOSSES)
def test_a_genuine_pair_is_to_score_high(name: str) -> None:
    loss, label = pair_loss(name), np.float32([[1], [0]])
    right, wrong = float(loss(label, np.float32([[0.9], [0.1]]))), float(loss(label, np.float32([[0.1], [0.9]])))
    assert right < wrong


def test_focal_loss_minds_hard_pairs_more() -> None:
    label, hard, easy = np.float32([[1]]), np.float32([[0.2]]), np.float32([[0.9]])
    ratios = [float(pair_loss(name)(label, hard) / pair_loss(name)(label, easy)) for name in PAIR_LOSSES]
    assert ratios[1] == pytest.approx(ratios[0] * (0.8 / 0.1) ** 2, rel=1e-4)


def test_directions_give_cosines() -> None:
    layer, rows = Directions(3), unit(np.random.default_rng(0).normal(size=(5, 4)))
    found = keras.ops.convert_to_numpy(layer(rows))
    directions = unit(keras.ops.convert_to_numpy(layer.directions).T)
    assert found == pytest.approx(rows @ directions.T, abs=1e-6)
    assert np.abs(found).max() <= 1 + 1e-6
