"""Places matched: against a slow loop, alike in NumPy and in the network, and unmoved by a step."""

import keras
import numpy as np
import pytest

from siamese_nb.matching import Maps

MAPS = Maps(whole=3, count=2, rows=3, columns=4)
CHANNELS = 2
DIMENSIONS = 3 + 2 * 3 * 4 * CHANNELS


def embeddings(n: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(n, DIMENSIONS))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def one_way(one: np.ndarray, two: np.ndarray) -> float:
    """Sum over places of one map the most that each has in common with one of the nine about it in the other."""
    total, (rows, columns, _) = 0.0, one.shape
    for row in range(rows):
        for column in range(columns):
            found = []
            for other_row in range(row - 1, row + 2):
                for other_column in range(column - 1, column + 2):
                    inside = 0 <= other_row < rows and 0 <= other_column < columns
                    found.append(float(one[row, column] @ two[other_row, other_column]) if inside else 0.0)
            total += max(found)
    return total


def slow_likeness(x: np.ndarray, y: np.ndarray) -> float:
    shape = (MAPS.count, MAPS.rows, MAPS.columns, CHANNELS)
    pairs = zip(x[3:].reshape(shape), y[3:].reshape(shape), strict=True)
    return float(x[:3] @ y[:3]) + sum((one_way(one, two) + one_way(two, one)) / 2 for one, two in pairs)


def test_likeness_is_that_of_a_slow_loop_and_the_same_from_either_side() -> None:
    x, y = embeddings(7, 1), embeddings(7, 2)
    found = MAPS.likeness(x, y)
    assert found == pytest.approx([slow_likeness(*pair) for pair in zip(x, y, strict=True)], abs=1e-12)
    assert np.array_equal(found, MAPS.likeness(y, x))
    assert MAPS.likeness(x[0], y[0]) == pytest.approx(found[0], abs=1e-12)


def test_all_likenesses_are_those_of_each_pair() -> None:
    x, y = embeddings(5, 1), embeddings(4, 2)
    each = MAPS.likeness(x[:, None], y)
    assert each.shape == (5, 4)
    assert MAPS.likenesses(x, y) == pytest.approx(each, abs=1e-12)
    assert MAPS.likenesses(x, x) == pytest.approx(MAPS.likeness(x[:, None], x), abs=1e-12)


def test_the_network_computes_the_same() -> None:
    x, y = embeddings(5, 1), embeddings(5, 2)
    tensors = [keras.ops.convert_to_tensor(side.astype(np.float32)) for side in (x, y)]
    ops = keras.ops
    assert ops.convert_to_numpy(MAPS.likeness(*tensors, ops)) == pytest.approx(MAPS.likeness(x, y), abs=1e-5)
    assert ops.convert_to_numpy(MAPS.likenesses(*tensors, ops)) == pytest.approx(MAPS.likenesses(x, y), abs=1e-5)


def test_what_moved_by_one_place_is_as_alike_as_before_and_what_moved_by_two_is_not() -> None:
    maps = Maps(0, 1, 5, 5)
    directions = np.linalg.qr(np.random.default_rng(0).normal(size=(12, 12)))[0]
    still = np.zeros((5, 5, 12))
    still[1:3, 1:3] = directions[:4].reshape(2, 2, 12) / 2  # four things, like nothing else, away from the edge
    likeness = {
        step: float(maps.likeness(still.reshape(-1), np.roll(still, (step, step), (0, 1)).reshape(-1)))
        for step in (0, 1, 2)
    }
    assert likeness == pytest.approx({0: 1.0, 1: 1.0, 2: 0.0}, abs=1e-12)
    plain = still.reshape(-1) @ np.roll(still, (1, 1), (0, 1)).reshape(-1)
    assert plain == pytest.approx(0.0, abs=1e-12)


def test_several_legs_stand_side_by_side() -> None:
    legs = [embeddings(2, seed) for seed in range(3)]
    together = np.concatenate(
        [part for side in (slice(0, 3), slice(3, None)) for part in [leg[:, side] for leg in legs]], 1
    )
    whole = MAPS.times(3)
    assert (whole.whole, whole.count, whole.places) == (9, 6, 72)
    expected = sum(float(MAPS.likeness(*leg)) for leg in legs)
    assert float(whole.likeness(*together)) == pytest.approx(expected, abs=1e-12)
