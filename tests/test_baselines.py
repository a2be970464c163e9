import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from siamese_nb.baselines import colour_histogram_baseline, colour_scores
from siamese_nb.images import ImageError, read_image


def slow_overlap(one, two):
    counts = [np.zeros((8, 8, 8)), np.zeros((8, 8, 8))]
    for image, count in zip((one, two), counts, strict=True):
        for r, g, b in image.reshape(-1, 3):
            count[int(r) * 8 // 256, int(g) * 8 // 256, int(b) * 8 // 256] += 1 / (image.size / 3)
    return sum(min(a, b) for a, b in zip(counts[0].ravel(), counts[1].ravel(), strict=True))


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    tint = rng.integers(0, 200, (6, 1, 1, 3))
    return (tint + rng.integers(0, 56, (6, 9, 7, 3))).astype(np.uint8)


def test_agrees_with_counting_pixel_by_pixel(images):
    one, two = np.array([0, 1, 2, 5, 5, 3]), np.array([1, 1, 4, 0, 2, 3])
    expected = [slow_overlap(images[i], images[j]) for i, j in zip(one, two, strict=True)]
    np.testing.assert_allclose(colour_histogram_baseline(images, one, two), expected, atol=1e-12)


def test_is_blind_to_where_colours_stand(images):
    shuffled = images[0].reshape(-1, 3)[np.random.default_rng(1).permutation(63)].reshape(images[0].shape)
    score = colour_histogram_baseline(np.stack([images[0], shuffled]), np.array([0]), np.array([1]))
    assert score == pytest.approx(1)


def test_no_colour_in_common_scores_zero():
    images = np.stack([np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)])
    assert colour_histogram_baseline(images, np.array([0]), np.array([1])) == 0


def test_more_pairs_than_a_block_keep_their_order(images):
    rng = np.random.default_rng(2)
    one, two = rng.integers(0, 6, (2, 10_001))
    table = np.array([[slow_overlap(a, b) for b in images] for a in images])
    np.testing.assert_allclose(colour_histogram_baseline(images, one, two), table[one, two], atol=1e-12)


def test_no_pairs(images):
    none = np.array([], dtype=int)
    assert colour_histogram_baseline(images, none, none).shape == (0,)


def test_reads_only_the_images_that_pairs_name(images):
    class Bank:
        seen: list[int] = []  # noqa: RUF012

        def __getitem__(self, i):
            self.seen.append(int(i))
            return images[i]

    colour_histogram_baseline(Bank(), np.array([4, 4, 2]), np.array([2, 4, 4]))
    assert sorted(Bank.seen) == [2, 4]


@settings(max_examples=30, deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.just(3), st.integers(1, 5), st.integers(1, 5), st.just(3))))
def test_symmetric_in_the_unit_interval_and_one_with_itself(images):
    one, two = (axis.ravel() for axis in np.indices((3, 3)))
    scores = colour_histogram_baseline(images, one, two).reshape(3, 3)
    np.testing.assert_array_equal(scores, scores.T)
    np.testing.assert_allclose(np.diag(scores), 1)
    assert scores.min() >= 0
    assert scores.max() <= 1


def test_files_score_as_their_pictures_do(tmp_path, make_picture):
    names = ["a.png", "deep/b.png", "c.png"]
    for seed, name in enumerate(names):
        make_picture(tmp_path / name, size=50, seed=seed)
    images = np.stack([read_image(tmp_path / name, (96, 96)) for name in names])
    one, two = np.array([0, 2, 1, 1]), np.array([1, 1, 1, 0])
    found = colour_scores(tmp_path, [names[k] for k in one], [names[k] for k in two])
    assert found.tolist() == colour_histogram_baseline(images, one, two).tolist()
    assert colour_scores(tmp_path, [], []).shape == (0,)
    with pytest.raises(ImageError, match="gone"):
        colour_scores(tmp_path, ["gone.png"], ["a.png"])
