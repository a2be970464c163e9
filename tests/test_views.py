"""The average over small views: of the picture itself and its like, the same for twins, and in the bundle."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from siamese_nb import views
from siamese_nb.embeddings import embed
from siamese_nb.models import build_projection
from siamese_nb.views import SmallViews, average_views, small_maps, stand_beside_mirror


def make_leg(size: int = 12) -> keras.Model:
    keras.utils.set_random_seed(0)
    image = keras.Input((size, size, 3), dtype="uint8")
    features = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(image))
    return keras.Model(image, build_projection(features.shape[-1], 8)(features), name="leg")


def pictures(n: int, size: int = 12) -> np.ndarray:
    return np.random.default_rng(n).integers(0, 256, (n, size, size, 3), np.uint8)


def test_one_view_is_the_leg_itself() -> None:
    leg = make_leg()
    assert average_views(leg, 1) is leg


def test_the_first_view_is_the_picture_and_the_others_are_moved_a_little() -> None:
    images = pictures(3, 28)
    views = np.asarray(SmallViews(5)(images)).reshape(3, 5, 28, 28, 3)
    assert views.dtype == np.uint8
    assert np.array_equal(views[:, 0], images)
    assert len({view.tobytes() for view in views[0]}) == 5


@pytest.mark.parametrize("views", [2, 5, 9])
def test_no_view_moves_the_middle_far_nor_changes_sizes(views: int) -> None:
    for row in small_maps(views, 40, 60):
        (a, b, c), (d, e, f) = row[:3], row[3:6]
        moved = a * 29.5 + b * 19.5 + c - 29.5, d * 29.5 + e * 19.5 + f - 19.5
        assert np.hypot(moved[0] / 60, moved[1] / 40) < 0.036
        assert a * e - b * d == pytest.approx(1, abs=1e-5)


def test_embeddings_are_the_mean_over_the_views_at_unit_length() -> None:
    leg, images = make_leg(), pictures(4)
    averaged = average_views(leg, 5)
    by_hand = np.stack([embed(leg, np.asarray(SmallViews(5)(image[None]))).mean(axis=0) for image in images])
    by_hand /= np.linalg.norm(by_hand, axis=1, keepdims=True)
    assert np.allclose(embed(averaged, images), by_hand, atol=1e-5)
    assert averaged.name == "leg" and averaged.input.dtype == "uint8"


def test_the_mirror_image_stands_beside_the_picture() -> None:
    leg, images = make_leg(), pictures(4)
    beside = stand_beside_mirror(average_views(leg, 3))
    by_hand = np.hstack([embed(average_views(leg, 3), side) for side in (images, images[:, :, ::-1])]) / np.sqrt(2)
    assert beside.output_shape == (None, 16)
    assert np.allclose(embed(beside, images), by_hand, atol=1e-5)
    assert beside.name == "leg" and beside.input.dtype == "uint8"


def test_each_of_two_embeddings_is_averaged_and_set_beside_its_mirror_images() -> None:
    leg, images = make_leg(), pictures(4)
    both = keras.Model(leg.input, [leg.output, keras.layers.UnitNormalization()(leg.output[:, 2:])], name="leg")
    whole, part = stand_beside_mirror(average_views(both, 3)).predict_on_batch(images)
    assert np.allclose(whole, embed(stand_beside_mirror(average_views(leg, 3)), images), atol=1e-5)
    alone = keras.Model(leg.input, both.output[1], name="leg")
    assert np.allclose(part, embed(stand_beside_mirror(average_views(alone, 3)), images), atol=1e-5)


def test_whoever_reads_bundles_knows_the_layers(tmp_path: Path) -> None:
    images, beside = pictures(4), stand_beside_mirror(average_views(make_leg(), 3))
    beside.save(tmp_path / "leg.keras")
    np.savez(tmp_path / "known.npz", images=images, found=embed(beside, images))
    code = (
        "import keras, numpy as np; import siamese_nb.bundle; known = np.load('known.npz'); "
        "found = keras.models.load_model('leg.keras').predict_on_batch(known['images']); "
        "assert np.allclose(found, known['found'], atol=1e-6)"
    )
    here = {**os.environ, "PYTHONPATH": str(Path(views.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=here, check=True)
