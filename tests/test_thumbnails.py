"""A bank's pictures made small."""

import numpy as np
import pytest

from siamese_nb.images import THUMBNAIL, read_image
from siamese_nb.thumbnails import shrink


@pytest.mark.parametrize("size", [(96, 96), (224, 224), (70, 64), (64, 300), (200, 40)])
def test_pictures_are_made_small_by_the_rule_of_all_pictures(size: tuple[int, int]) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, *size, 3), np.uint8)
    small = shrink(images)
    assert small.shape == (3, min(size[0], THUMBNAIL[0]), min(size[1], THUMBNAIL[1]), 3)
    for row in range(3):
        np.testing.assert_array_equal(small[row], read_image(images[row], small.shape[1:3]))


@pytest.mark.parametrize("size", [THUMBNAIL, (12, 20)])
def test_what_is_small_stays_as_it_is(size: tuple[int, int]) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, *size, 3), np.uint8)
    np.testing.assert_array_equal(shrink(images), images)


def test_no_pictures_stay_none() -> None:
    assert shrink(np.empty((0, 96, 96, 3), np.uint8)).shape == (0, *THUMBNAIL, 3)
