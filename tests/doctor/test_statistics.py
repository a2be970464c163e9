"""Statistics of thumbnails against slow loops."""

import numpy as np
import pytest

from siamese_nb.doctor.statistics import BLOCK, Statistics


def slow(image: np.ndarray) -> dict[str, float]:
    grey = 0.299 * image[..., 0] + 0.587 * image[..., 1] + 0.114 * image[..., 2]
    height, width = grey.shape
    second = [
        grey[y - 1, x] + grey[y + 1, x] + grey[y, x - 1] + grey[y, x + 1] - 4 * grey[y, x]
        for y in range(1, height - 1)
        for x in range(1, width - 1)
    ]
    ordered, cut = np.sort(grey, axis=None), grey.size // 1000
    channels = [np.sort(image[..., channel], axis=None).astype(int) for channel in range(3)]
    return {
        "brightness": grey.mean(),
        "darkest": ordered[cut],
        "brightest": ordered[-1 - cut],
        "spread": max(values[-1 - cut] - values[cut] for values in channels),
        "detail": np.var(second),
        "sharpness": np.var(second) / (grey.var() + 1),
    }


@pytest.mark.parametrize("shape", [(5, 7), (40, 40), (64, 64)])
def test_every_figure_is_that_of_a_slow_loop(shape: tuple[int, int]) -> None:
    images = np.random.default_rng(0).integers(0, 256, (4, *shape, 3), np.uint8)
    images[1] //= 4
    images[2, ..., 0] = 7
    found = Statistics.of(images)
    for row, image in enumerate(images):
        for name, value in slow(image).items():
            assert getattr(found, name)[row] == pytest.approx(value, rel=1e-4), name


def test_blocks_change_nothing() -> None:
    images = np.random.default_rng(1).integers(0, 256, (BLOCK + 3, 8, 8, 3), np.uint8)
    found, last = Statistics.of(images), Statistics.of(images[BLOCK:])
    for name, values in vars(found).items():
        np.testing.assert_array_equal(values[BLOCK:], getattr(last, name))


def test_the_border_is_the_background() -> None:
    image = np.full((1, 32, 32, 3), (200, 10, 60), np.uint8)
    image[0, 4:-4, 4:-4] = np.random.default_rng(0).integers(0, 256, (24, 24, 3))
    image[0, 10, 0] = 0
    assert Statistics.of(image).border.tolist() == [[200, 10, 60]]


def test_no_pictures_have_no_statistics() -> None:
    found = Statistics.of(np.empty((0, 16, 16, 3), np.uint8))
    assert all(len(values) == 0 for values in vars(found).values())
