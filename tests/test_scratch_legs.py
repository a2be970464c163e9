"""Legs for drawings: they see ink alone, keep where it stands, and are the paper's own at the paper's size."""

import keras
import numpy as np
import pytest

from siamese_nb.config import TrainConfig
from siamese_nb.embeddings import embed
from siamese_nb.legs import build_leg, default_size
from siamese_nb.scratch_legs import SCRATCH, Ink, build_koch2015, build_stroke_cnn
from siamese_nb.settings import SCRATCH_LEGS


def test_ink_is_how_dark_a_pixel_is_whatever_its_colour() -> None:
    pixels = np.array([[[[255, 255, 255], [0, 0, 0], [255, 0, 0], [102, 102, 102]]]], np.uint8)
    assert np.asarray(Ink()(pixels)).ravel() == pytest.approx([0, 1, 2 / 3, 0.6], abs=1e-6)


def test_the_configuration_knows_them_by_the_same_names() -> None:
    assert tuple(SCRATCH) == SCRATCH_LEGS


@pytest.mark.parametrize("name", SCRATCH_LEGS)
def test_each_is_built_by_name_at_a_size_of_its_own_and_must_learn(name: str) -> None:
    size = default_size(name)
    if name != "koch2015":  # whose weights at its own size would fill 150 MB
        assert build_leg(name, size).input_shape == (None, size, size, 3)
    assert TrainConfig(leg=name).learns_leg


@pytest.mark.parametrize("size", [28, 33, 40])
def test_the_stroke_cnn_knows_where_in_the_picture_ink_stands(size: int) -> None:
    keras.utils.set_random_seed(0)
    images = np.full((2, size, size, 3), 255, np.uint8)
    images[0, 4:8, 4:8] = images[1, -8:-4, -8:-4] = 0  # the same spot in two corners
    one, two = embed(build_stroke_cnn(size), images)
    assert np.linalg.norm(one - two) > 0.5 * np.linalg.norm(one)


def test_at_105_pixels_the_leg_is_that_of_the_papers_figure() -> None:
    leg = build_koch2015(105)
    shapes = [layer.output.shape[1:] for layer in leg.layers if isinstance(layer, keras.layers.Conv2D)]
    assert shapes == [(96, 96, 64), (42, 42, 128), (18, 18, 128), (6, 6, 256)]
    assert leg.output_shape == (None, 4096)
    assert leg.layers[-2].output.shape == (None, 9216)


def test_at_other_sizes_its_kernels_go_with_the_picture() -> None:
    kernels = [layer.kernel_size for layer in build_koch2015(48).layers if isinstance(layer, keras.layers.Conv2D)]
    assert kernels == [(5, 5), (3, 3), (2, 2), (2, 2)]
