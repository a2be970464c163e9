"""Augmentation: what it changes, what it must leave alone, and that it follows from its seed."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from PIL import Image

from siamese_nb import augmentation
from siamese_nb.augmentation import POLICIES, Policy, RandomView, build_augmentation
from siamese_nb.models import MetricHead, build_in_batch
from siamese_nb.settings import AUGMENTATIONS

STILL = Policy(turn=0, shift=0, zoom=0, shear=0)
EVERY = pytest.mark.parametrize("name", POLICIES)


def pictures(n: int, side: int = 32) -> np.ndarray:
    """Make smooth pictures, all the same."""
    small = Image.fromarray(np.random.default_rng(0).integers(0, 256, (4, 4, 3), np.uint8))
    return np.repeat(np.asarray(small.resize((side, side), Image.Resampling.BICUBIC))[None], n, axis=0)


def changed(policy: Policy, images: np.ndarray, seed: int = 0) -> np.ndarray:
    return np.asarray(RandomView(policy, seed)(images, training=True))


def test_every_policy_of_the_configuration_is_there() -> None:
    assert {"none", *POLICIES} == set(AUGMENTATIONS)
    assert build_augmentation("none", 0) is None


@EVERY
def test_each_picture_of_a_batch_is_changed_by_itself_and_stays_a_picture(name: str) -> None:
    images = pictures(16)
    found = np.asarray(build_augmentation(name, 0)(images, training=True))
    assert found.dtype == np.uint8
    assert found.shape == images.shape
    assert len({picture.tobytes() for picture in found}) == 16
    assert np.abs(found.astype(int) - images).mean() < 80


@EVERY
def test_nothing_changes_but_in_training(name: str) -> None:
    images = pictures(4)
    assert np.array_equal(build_augmentation(name, 0)(images), images)


@EVERY
def test_changes_follow_from_the_seed_and_go_on(name: str) -> None:
    images, layer, again = pictures(4), build_augmentation(name, 5), build_augmentation(name, 5)
    first, second = np.asarray(layer(images, training=True)), np.asarray(layer(images, training=True))
    assert np.array_equal(first, again(images, training=True))
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, build_augmentation(name, 6)(images, training=True))


def test_a_policy_of_nothing_changes_nothing() -> None:
    images = pictures(4)
    assert np.abs(changed(STILL, images).astype(int) - images).max() <= 1


def test_what_is_turned_is_turned_about_the_middle_by_at_most_that() -> None:
    image = np.zeros((1, 33, 33, 3), np.uint8)
    image[0, 16, 28] = 255  # right of the middle
    found = changed(Policy(turn=30, shift=0, zoom=0, shear=0), np.repeat(image, 200, axis=0))[..., 0].astype(float)
    rows, columns = np.mgrid[:33, :33] - 16
    weight = found / found.sum(axis=(1, 2), keepdims=True)
    angle = np.degrees(np.arctan2((weight * rows).sum(axis=(1, 2)), (weight * columns).sum(axis=(1, 2))))
    assert np.abs(angle).max() <= 32
    assert angle.min() < -20 < 20 < angle.max()


@pytest.mark.parametrize(("policy", "most"), [(Policy(turn=0, shift=0.25, zoom=0, shear=0), 8.1)])
def test_what_is_shifted_is_shifted_by_at_most_that(policy: Policy, most: float) -> None:
    image = np.zeros((1, 32, 32, 3), np.uint8)
    image[0, 15:17, 15:17] = 255
    found = changed(policy, np.repeat(image, 200, axis=0))[..., 0].astype(float)
    weight = found / found.sum(axis=(1, 2), keepdims=True)
    for grid in np.mgrid[:32, :32] - 15.5:
        moved = (weight * grid).sum(axis=(1, 2))
        assert np.abs(moved).max() <= most
        assert moved.min() < -5 < 5 < moved.max()


def marks(*places: tuple[int, int], side: int = 65) -> np.ndarray:
    """Make 200 black pictures with white spots of three pixels, each place as row and column."""
    image = np.zeros((1, side, side, 3), np.uint8)
    for row, column in places:
        image[0, row - 1 : row + 2, column - 1 : column + 2] = 255
    return np.repeat(image, 200, axis=0)


@pytest.mark.skipif(
    keras.backend.backend() in augmentation._NO_PERSPECTIVE, reason="this backend's affine_transform has no perspective"
)
def test_a_tilt_leaves_the_middle_and_brings_one_side_nearer() -> None:
    tilted = Policy(turn=0, shift=0, zoom=0, shear=0, tilt=0.3)
    found = changed(tilted, marks((32, 32)))[..., 0]
    assert (found[:, 32, 32] > 200).all()
    sides = changed(tilted, marks((32, 12), (32, 52)))[..., 0].astype(float).sum(axis=1)
    columns = np.arange(65) - 32.0
    left, right = (
        np.abs((sides * part * columns).sum(axis=1) / (sides * part).sum(axis=1)) for part in (columns < 0, columns > 0)
    )
    assert 1.15 < np.max(left / right) < 1.6 and 1.15 < np.max(right / left) < 1.6
    assert np.abs(changed(STILL, marks((32, 12))).astype(int) - marks((32, 12))).max() <= 1


def test_there_is_no_tilt_where_the_backend_has_no_perspective(monkeypatch: pytest.MonkeyPatch) -> None:
    # There a map's last two numbers do next to nothing, and the rest of a tilted map shifts and squeezes the picture.
    monkeypatch.setattr(augmentation, "_NO_PERSPECTIVE", (keras.backend.backend(),))
    assert np.abs(changed(replace(STILL, tilt=0.3), marks((32, 12))).astype(int) - marks((32, 12))).max() <= 1
    strokes, flat = POLICIES["strokes"], replace(POLICIES["strokes"], tilt=0.0)
    assert np.array_equal(changed(strokes, pictures(4)), changed(flat, pictures(4)))


@pytest.mark.parametrize("backend", augmentation._NO_PERSPECTIVE)
def test_the_backends_without_perspective_are_those_that_leave_it_out(backend: str) -> None:
    if keras.backend.backend() != backend:
        pytest.skip(f"runs on {backend}")
    tilted = np.array([[1, 0, 0, 0, 1, 0, 0.01, 0.01]], np.float32)
    images = pictures(1).astype(np.float32)
    found = keras.ops.image.affine_transform(images, tilted, fill_mode="nearest", data_format="channels_last")
    # They only move the channels apart, by hundredths of a pixel. Once they do more, tilt pictures there too.
    assert np.abs(keras.ops.convert_to_numpy(found) - images).max() < 3


def test_what_is_stretched_in_one_direction_shrinks_in_the_other() -> None:
    found = changed(Policy(turn=0, shift=0, zoom=0, shear=0, stretch=0.3), marks((32, 52), (52, 32)))[..., 0].astype(
        float
    )
    across = (found[:, 30:35].sum(axis=1) * np.arange(65)).sum(axis=1) / found[:, 30:35].sum(axis=(1, 2)) - 32
    down = (found[:, :, 30:35].sum(axis=2) * np.arange(65)).sum(axis=1) / found[:, :, 30:35].sum(axis=(1, 2)) - 32
    assert across * down == pytest.approx(400, rel=0.06)
    assert across.max() > 24 and across.min() < 17


def test_strokes_become_thicker_or_thinner_and_white_comes_in_from_outside() -> None:
    images = np.full((200, 32, 32, 3), 255, np.uint8)
    images[:, :, 15:18] = 0
    ink = (255 - changed(Policy(turn=0, shift=0, zoom=0, shear=0, thickness=1), images)[..., 0].astype(float)).sum(
        axis=(1, 2)
    )
    assert ink.max() / (255 * 32) == pytest.approx(5, abs=0.2)
    assert ink.min() / (255 * 32) == pytest.approx(1, abs=0.2)
    shifted = changed(Policy(turn=0, shift=0.5, zoom=0, shear=0, outside=255), np.zeros((50, 16, 16, 3), np.uint8))
    assert set(np.unique(shifted[:, [0, -1]][:, :, [0, -1]])) >= {0, 255}


def test_about_half_are_mirrored_and_the_rest_left_as_they_are() -> None:
    images = pictures(200)
    found = changed(Policy(turn=0, shift=0, zoom=0, shear=0, mirror=True), images).astype(int)
    same = np.abs(found - images).max(axis=(1, 2, 3)) <= 1
    mirrored = np.abs(found - images[:, :, ::-1]).max(axis=(1, 2, 3)) <= 1
    assert (same ^ mirrored).all()
    assert 60 < mirrored.sum() < 140


def test_colour_changes_channels_apart_and_light_together() -> None:
    images = np.full((64, 8, 8, 3), 127, np.uint8)
    for policy, apart in (
        (Policy(turn=0, shift=0, zoom=0, shear=0, light=0.2), False),
        (Policy(turn=0, shift=0, zoom=0, shear=0, colour=0.2), True),
    ):
        found = changed(policy, images).astype(int)
        assert (np.ptp(found, axis=(1, 2)) == 0).all()
        assert bool(np.ptp(found, axis=3).max() > 5) is apart
        assert 20 < np.abs(found - 127).max() <= 0.2 * 255 + 1


def test_a_spot_covers_a_rectangle_of_one_grey() -> None:
    images = np.zeros((64, 32, 32, 3), np.uint8)
    found = changed(Policy(turn=0, shift=0, zoom=0, shear=0, spot=0.5), images)
    sizes = []
    for picture in found:
        covered = picture.any(axis=-1)
        if covered.any():
            assert len(np.unique(picture[covered])) == 1
            rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
            assert covered.sum() == len(rows) * len(columns)
            assert max(len(rows), len(columns)) <= 17
            sizes.append(covered.sum())
    assert len(sizes) > 40
    assert max(sizes) > 60


def test_it_changes_what_goes_into_the_leg_in_training_alone() -> None:
    image = keras.Input((8, 8, 3), dtype="uint8")
    leg = keras.Model(image, keras.ops.cast(keras.layers.Flatten()(image), "float32"))
    model = build_in_batch(leg, MetricHead("squared"), build_augmentation("photo", 0))
    given = {"images": pictures(2, 8), "one": np.int32([0]), "two": np.int32([1])}
    at_rest, learning = model(given), model(given, training=True)
    assert float(at_rest[0, 0]) == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-5)  # twins are equal: b alone
    assert float(learning[0, 0]) < 0.01  # each is changed by itself


def test_it_goes_through_keras_and_back() -> None:
    layer = build_augmentation("photo", 3)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert np.array_equal(again(pictures(2), training=True), layer(pictures(2), training=True))
