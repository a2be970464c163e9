"""Copies in disguise, and how alike a network finds them."""

import numpy as np
import pytest

from siamese_nb.doctor.disguises import DISGUISES, cropped, disguised_likeness, mirrored, turned


def gradient(size: int = 100) -> np.ndarray:
    """A picture whose red rises from left to right and whose green rises from top to bottom."""
    across = np.broadcast_to(np.linspace(20, 220, size), (size, size))
    return np.stack([across, across.T, np.full((size, size), 128.0)], axis=2).round().astype(np.uint8)[None]


def test_each_disguise_keeps_the_shape_and_moves_what_is_shown() -> None:
    image = gradient()
    for disguise in DISGUISES:
        assert disguise(image).shape == image.shape
        assert disguise(image).dtype == np.uint8
    np.testing.assert_array_equal(mirrored(image)[0, :, 0], image[0, :, -1])
    # The left edge is what stood at 4% of the width, where red has risen by 4% of 200.
    assert cropped(image)[0, 50, 0, 0] == pytest.approx(28, abs=2)
    # Turned against the clock, what is seen on the right comes from below, where there is more green.
    below = 2 * 45 * np.tan(np.radians(5))
    assert turned(image)[0, 50, 95, 1] == pytest.approx(image[0, 50, 95, 1] + below, abs=3)


def test_a_network_that_sees_no_disguise_finds_each_the_same() -> None:
    images = np.random.default_rng(0).integers(0, 256, (1, 8, 8, 3)).repeat(5, axis=0).astype(np.uint8)
    assert disguised_likeness(images, lambda pictures: np.ones((len(pictures), 3), np.float32)) == pytest.approx(1)


def test_the_median_over_all_disguises_is_taken() -> None:
    """A network that looks at red on the left alone: mirrored, a picture that is half red is another picture."""
    images = np.zeros((3, 50, 50, 3), np.uint8)
    images[:, :, :25, 0] = 255
    images[:, :, 25:, 1] = 255
    kinds = []

    def network(pictures: np.ndarray) -> np.ndarray:
        kinds.append(pictures[:, 25, 2].argmax(axis=1))
        return np.eye(3, dtype=np.float32)[kinds[-1]]

    assert disguised_likeness(images, network) == pytest.approx(1)
    assert [kind.tolist() for kind in kinds] == [[0, 0, 0], [1, 1, 1], [0, 0, 0], [0, 0, 0]]


def test_a_sample_of_many_is_enough() -> None:
    asked: list[int] = []

    def network(pictures: np.ndarray) -> np.ndarray:
        asked.append(len(pictures))
        return pictures.reshape(len(pictures), -1).astype(np.float32)

    images = np.random.default_rng(0).integers(0, 256, (500, 8, 8, 3), np.uint8)
    assert 0 < disguised_likeness(images, network) < 1
    assert asked == [64] * 4
