"""Muon: kernels move the same way in all directions, the rest as by Adam, and its state can be kept."""

import keras
import numpy as np
import pytest

from siamese_nb.losses import Directions
from siamese_nb.muon import Muon


def step(variable: keras.Variable, gradient: np.ndarray, optimizer: keras.optimizers.Optimizer) -> np.ndarray:
    before = np.array(variable)
    optimizer.build([variable])
    optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    return np.array(variable) - before


@pytest.mark.parametrize("shape", [(3, 3, 4, 6), (3, 3, 1, 5), (12, 8)])
def test_a_kernel_moves_alike_in_all_its_directions(shape: tuple[int, ...]) -> None:
    gradient = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    moved = step(keras.Variable(np.zeros(shape, np.float32)), gradient, Muon(0.1)).reshape(-1, shape[-1])
    flat = gradient.reshape(-1, shape[-1])
    u, _, v = np.linalg.svd(flat, full_matrices=False)
    lengths = np.linalg.svd(moved, compute_uv=False)
    assert lengths.max() / lengths.min() < 2  # Newton and Schulz come near, by design no nearer
    assert np.sum(-moved * (u @ v)) / np.linalg.norm(moved) / np.linalg.norm(u @ v) > 0.97
    assert np.sqrt(np.mean(moved**2)) == pytest.approx(0.1 * 0.2, rel=0.5)  # as long a step as Adam's often is


@pytest.mark.parametrize("shape", [(200, 12), (12, 200), (9, 9), (50, 1)])
def test_the_shorter_way_through_the_small_square_leads_to_the_same(shape: tuple[int, int]) -> None:
    gradient = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    optimizer = Muon(0.1)
    by_keras = np.asarray(optimizer.zeropower_via_newtonschulz5(keras.ops.convert_to_tensor(gradient), 5))
    ours = np.asarray(optimizer._orthogonalised(keras.ops.convert_to_tensor(gradient)))
    assert np.allclose(ours, by_keras, atol=2e-4)


def test_what_is_no_kernel_moves_as_by_adam() -> None:
    gradient = np.random.default_rng(0).normal(size=6).astype(np.float32)
    ours = step(keras.Variable(np.ones(6, np.float32)), gradient, Muon(0.1))
    adams = step(keras.Variable(np.ones(6, np.float32)), gradient, keras.optimizers.Adam(0.1))
    assert ours == pytest.approx(adams, rel=1e-4)
    layer = Directions(7, name="directions")
    layer.build((None, 4))
    gradient = np.random.default_rng(1).normal(size=(4, 7)).astype(np.float32)
    assert np.abs(step(layer.directions, gradient, Muon(0.1))) == pytest.approx(0.1, rel=1e-3)


def test_it_goes_through_its_configuration() -> None:
    again = Muon.from_config(Muon(0.02, momentum=0.9).get_config())
    assert (again.momentum, float(again.learning_rate)) == (0.9, pytest.approx(0.02))
    assert again.exclude_layers == ["directions", "head"]
