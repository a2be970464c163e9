"""Perceptual hashes: what keeps them, what changes them, and the search against a slow loop."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from siamese_nb.components import tied
from siamese_nb.doctor import hashes as module
from siamese_nb.doctor.hashes import NEAR, near_pairs, perceptual_hashes
from siamese_nb.images import THUMBNAIL, read_image


def scene(seed: int, side: int = 160) -> Image.Image:
    """Draw blotches of all sizes, as photos have them."""
    rng = np.random.default_rng(seed)
    pixels = np.zeros((side, side, 3))
    for cells in (3, 6, 12, 24, 48):
        noise = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), np.uint8))
        pixels += (np.asarray(noise.resize((side, side), Image.Resampling.BICUBIC), float) - 128) / cells**0.5
    return Image.fromarray(np.clip(pixels + 128, 0, 255).astype(np.uint8))


def distance(one: Image.Image, two: Image.Image) -> int:
    both = perceptual_hashes(np.stack([read_image(image, THUMBNAIL) for image in (one, two)]))
    return int(np.bitwise_count(both[0] ^ both[1]).sum())


def encoded(image: Image.Image, quality: int) -> Image.Image:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return Image.open(stream)


@pytest.mark.parametrize("seed", range(20))
def test_what_the_eye_takes_for_the_same_is_near(seed: int) -> None:
    image = scene(seed)
    same = [
        encoded(image, 50), encoded(image, 20), image.resize((80, 80)), image.resize((240, 200)),
        ImageEnhance.Brightness(image).enhance(0.85), ImageEnhance.Contrast(image).enhance(0.8),
    ]  # fmt: skip
    assert max(distance(image, other) for other in same) <= NEAR


def test_different_pictures_are_far_apart() -> None:
    found = perceptual_hashes(np.stack([read_image(scene(seed), THUMBNAIL) for seed in range(60)]))
    apart = np.bitwise_count(found[:, None] ^ found[None]).sum(axis=2)[np.triu_indices(60, 1)]
    assert apart.min() > 4 * NEAR
    assert distance(scene(0), scene(0).transpose(Image.Transpose.FLIP_LEFT_RIGHT)) > 4 * NEAR


def test_blank_pictures_have_the_hash_of_nothing() -> None:
    images = np.stack([np.full((*THUMBNAIL, 3), grey, np.uint8) for grey in (0, 90, 255)])
    assert not perceptual_hashes(images).any()


@pytest.mark.parametrize("size", [(32, 32), (96, 96), (105, 77), (150, 224)])
def test_the_size_of_the_bank_hardly_matters(size: tuple[int, int]) -> None:
    for seed in range(10):
        one, two = (perceptual_hashes(read_image(scene(seed), at)[None]) for at in (THUMBNAIL, size))
        assert np.bitwise_count(one ^ two).sum() <= NEAR // 2


def test_hashes_do_not_depend_on_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.random.default_rng(0).integers(0, 256, (7, *THUMBNAIL, 3), np.uint8)
    at_once = perceptual_hashes(images)
    monkeypatch.setattr(module, "BLOCK", 3)
    np.testing.assert_array_equal(perceptual_hashes(images), at_once)
    assert perceptual_hashes(images[:0]).shape == (0, 4)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 60), st.integers(1, 4), st.integers(0, 40), st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_the_search_finds_what_a_slow_loop_finds(n: int, words: int, most: int, seed: int, at_once: int) -> None:
    rng = np.random.default_rng(seed)
    centres = rng.integers(0, 2**64, (4, words), np.uint64)
    found = centres[rng.integers(0, 4, n)]
    for _ in range(3):  # turn a few bits of each, none of some
        turn = np.uint64(1) << rng.integers(0, 64, found.shape, np.uint64)
        found = np.where(rng.random(found.shape) < 0.5, found ^ turn, found)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_ROWS", at_once)
        pairs = near_pairs(found, most)
    first = [next(i for i in range(n) if (found[i] == found[j]).all()) for j in range(n)]
    expected = [(first[j], j) for j in range(n) if first[j] != j]
    expected += [
        (i, j)
        for i in range(n)
        for j in range(i + 1, n)
        if first[i] == i and first[j] == j and sum(map(int.bit_count, (found[i] ^ found[j]).tolist())) <= most
    ]
    assert pairs.tolist() == [list(pair) for pair in sorted(expected)]


def test_pairs_tie_chains_together() -> None:
    numbers = tied(np.array([[0, 2], [2, 4], [1, 3]]), 6)
    assert [numbers[a] == numbers[b] for a, b in ((0, 4), (1, 3), (0, 1), (5, 0), (5, 1))] == [True] * 2 + [False] * 3
