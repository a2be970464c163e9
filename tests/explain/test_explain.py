"""The reason sums to the score, follows the weights, and points at what matters."""

import itertools

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from siamese_nb.embeddings import embed
from siamese_nb.explain import Explainer, deletion_test
from siamese_nb.explain.decomposition import decompose
from siamese_nb.explain.maps import PooledLeg
from siamese_nb.explain.occlusion import cover
from siamese_nb.explain.reason import mutual_matches
from siamese_nb.images import read_image
from siamese_nb.legs import build_leg
from siamese_nb.matching import Maps
from siamese_nb.models import (
    HeadWeights,
    MetricHead,
    build_mapped_projection,
    build_projection,
    build_siamese,
    one_embedding,
    stand_side_by_side,
    with_maps,
)
from siamese_nb.preprocessing import Preprocessing
from siamese_nb.views import stand_beside_mirror


def make_leg(backbone, dimensions=8):
    projection = build_projection(backbone.output_shape[-1], dimensions)
    return keras.Model(backbone.input, projection(backbone.output), name="leg")


def make_images(n, size, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, size, size, 3), np.uint8)


def build_nested():
    """Build a leg as those of `keras.applications` are: a network of its own behind the preprocessing."""
    inputs = keras.Input((64, 64, 3))
    x = keras.layers.Conv2D(12, 5, strides=8, activation="relu")(inputs)
    backbone = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(x))
    image = keras.Input((64, 64, 3), dtype="uint8")
    return keras.Model(image, backbone(Preprocessing("tf")(image)))


@pytest.fixture(scope="module", params=[lambda: build_leg("base_cnn", 64, "none"), build_nested])
def leg(request):
    keras.utils.set_random_seed(1)
    return make_leg(request.param())


@pytest.fixture(scope="module")
def closed_leg():
    """Make a leg with a step between pooling and projection, which cannot be taken apart."""
    keras.utils.set_random_seed(2)
    image = keras.Input((24, 24, 3), dtype="uint8")
    x = keras.layers.Conv2D(6, 3, strides=2, activation="relu")(keras.layers.Rescaling(1 / 255)(image))
    x = keras.layers.LayerNormalization()(keras.layers.GlobalAveragePooling2D()(x))
    return make_leg(keras.Model(image, x))


def make_head(distance, dimensions=8, seed=0):
    head = MetricHead(distance, name="head")
    head.build([(None, dimensions)] * 2)
    head.w.assign(np.random.default_rng(seed).uniform(0, 4, dimensions))
    return head


def test_patch_embeddings_sum_to_the_legs_embedding(leg):
    images = make_images(3, 64)
    patches = PooledLeg.from_leg(leg).patch_embeddings(images)
    assert patches.shape[1] * patches.shape[2] > 1
    np.testing.assert_allclose(patches.sum(axis=(1, 2)), embed(leg, images), atol=2e-6)


@pytest.mark.parametrize("distance", ["absolute", "squared"])
def test_the_reason_sums_to_the_score_of_the_network(leg, distance):
    head = make_head(distance)
    one, two = make_images(2, 64)
    score = float(build_siamese(leg, head).predict({"one": one[None], "two": two[None]}, verbose=0)[0, 0])
    reason = Explainer(leg, head).explain(one, two)
    assert reason.method == "exact"
    for total in (reason.log_odds, reason.offset + reason.matches.sum()):
        assert total == pytest.approx(np.log(score / (1 - score)), abs=2e-4)


@settings(max_examples=60, deadline=None)
@given(
    distance=st.sampled_from(["absolute", "squared"]),
    seed=st.integers(0, 2**32 - 1),
    zeros=st.booleans(),
    rows=st.integers(1, 3),
)
def test_shares_are_exact_and_turn_with_the_pictures(distance, seed, zeros, rows):
    rng = np.random.default_rng(seed)
    one, two = rng.normal(size=(2, rows, 2, 5))
    if zeros:
        one[..., 0] = two[..., 1] = 0.0
        one[..., 2] = two[..., 2]
    head = HeadWeights(rng.uniform(0, 3, 5), rng.normal(), distance)
    there, back = decompose(head, one, two), decompose(head, two, one)
    x, y = one.sum(axis=(0, 1)), two.sum(axis=(0, 1))
    log_odds = head.b - sum(
        w * (abs(a - b) if distance == "absolute" else (a - b) ** 2) for w, a, b in zip(head.w, x, y, strict=True)
    )
    nothing = head.b - sum(
        w * (abs(v) if distance == "absolute" else v * v) for z in (x, y) for w, v in zip(head.w, z, strict=True)
    )
    assert there.offset == pytest.approx(nothing)
    assert there.offset + there.matches.sum() == pytest.approx(log_odds)
    assert there.alike_one.sum() == pytest.approx(there.alike_two.sum())
    assert there.log_odds == pytest.approx(log_odds)
    assert (there.apart_one.sum(), there.apart_two.sum()) == pytest.approx((0.0, 0.0), abs=1e-9)
    np.testing.assert_allclose(there.matches, back.matches.T, atol=1e-12)
    np.testing.assert_allclose(there.apart_one, back.apart_two, atol=1e-12)


def test_a_match_of_two_patches_by_hand():
    one = np.array([[[1.0, 0.0], [0.0, 2.0]]])
    two = np.array([[[0.5, 0.0], [0.0, -1.0]]])
    squared = decompose(HeadWeights(np.array([3.0, 1.0]), 0.0, "squared"), one, two)
    assert squared.matches.tolist() == [[3.0, 0.0], [0.0, -4.0]]
    absolute = decompose(HeadWeights(np.array([3.0, 1.0]), 0.0, "absolute"), one, two)
    assert absolute.matches.tolist() == [[3.0, 0.0], [0.0, 0.0]]  # 2 * 3 * min(1, 0.5); opposite signs have nothing
    assert absolute.apart_one.tolist() == [2.0, -2.0] and absolute.apart_two == pytest.approx([-1.4, 1.4])


@pytest.mark.parametrize("distance", ["absolute", "squared"])
def test_what_is_apart_is_how_the_log_odds_begin_to_rise_without_a_patch(distance):
    rng = np.random.default_rng(3)
    one, two = (patches / np.linalg.norm(patches.sum(axis=(0, 1))) for patches in rng.normal(size=(2, 2, 3, 6)))
    head = HeadWeights(rng.uniform(0, 3, 6), 0.5, distance)
    reason, step = decompose(head, one, two), 1e-6
    for side, found in enumerate((reason.apart_one, reason.apart_two)):
        for patch, value in enumerate(found):
            given = [one.copy(), two.copy()]
            given[side].reshape(-1, 6)[patch] *= 1 - step
            x, y = (patches.sum(axis=(0, 1)) for patches in given)
            x, y = x / np.linalg.norm(x), y / np.linalg.norm(y)
            assert (head.log_odds(x, y) - reason.log_odds) / step == pytest.approx(value, abs=1e-4)


def test_mutual_matches_are_each_others_best_and_add_something():
    likeness = np.array([[0.9, 0.2, 0.1], [0.8, 0.3, 0.2], [0.1, 0.1, 0.4]])
    matches = np.array([[1.0, 0.0, 0.0], [9.0, 0.0, 0.0], [0.0, 0.0, 5.0]])
    assert mutual_matches(likeness, matches) == ((2, 2), (0, 0))
    assert mutual_matches(likeness, -matches) == ()
    assert mutual_matches(likeness, matches, at_most=1) == ((2, 2),)


def test_a_leg_that_cannot_be_taken_apart_is_explained_by_occlusion(closed_leg):
    head = make_head("squared")
    explainer = Explainer(closed_leg, head)
    assert not explainer.exact
    one, two = make_images(2, 24)
    reason = explainer.explain(one, two)
    weights, columns = HeadWeights.from_head(head), reason.grid[1]

    def log_odds(first, second):
        return weights.log_odds(*np.float64(embed(closed_leg, np.stack([first, second]))))

    whole = log_odds(one, two)
    p, q = 7, 2 * columns + 1
    less_p, less_q = cover(one, np.array([p]), reason.grid), cover(two, np.array([q]), reason.grid)
    assert reason.method == "occlusion" and reason.log_odds == pytest.approx(whole, abs=1e-4)
    assert reason.alike_one[p] == pytest.approx(whole - log_odds(less_p, two), abs=1e-4)
    assert reason.alike_two[q] == pytest.approx(whole - log_odds(one, less_q), abs=1e-4)
    expected = whole - log_odds(less_p, two) - log_odds(one, less_q) + log_odds(less_p, less_q)
    assert reason.matches[p, q] == pytest.approx(expected, abs=1e-4)


def build_twins():
    """Build two legs of one shape with names of their own, side by side."""
    legs = [make_leg(build_leg("base_cnn", 64, "none")) for _ in range(2)]
    return stand_side_by_side([keras.Model(leg.input, leg.output, name=f"leg_{n}") for n, leg in enumerate(legs)])


def build_matched():
    """Build a leg whose places are matched, 2 by 2 of 24 channels."""
    backbone = with_maps(build_leg("base_cnn", 32, "none"))
    found = build_mapped_projection(256, (2, 2, 128), 8)(backbone.output)
    return keras.Model(backbone.input, one_embedding(found), name="leg")


@pytest.mark.parametrize(
    ("build", "maps", "size"),
    [
        (build_twins, None, 64),
        (lambda: stand_beside_mirror(make_leg(build_nested())), None, 64),
        (build_matched, Maps(8, 1, 2, 2), 32),
    ],
)
def test_a_leg_that_is_more_than_maps_and_their_pooling_is_explained_by_occlusion(build, maps, size):
    leg, head = build(), make_head("squared", 16)
    if maps is not None:
        head = MetricHead("matched", maps)
        head.build([leg.output_shape] * 2)
    one, two = make_images(2, size)
    explainer = Explainer(leg, head)
    assert not explainer.exact
    score = HeadWeights.from_head(head).log_odds(*np.float64(embed(leg, np.stack([one, two]))))
    assert explainer.explain(one, two).log_odds == pytest.approx(score, abs=1e-4)


def test_covering_paints_the_named_patches_alone():
    image = np.zeros((7, 5, 3), np.uint8)
    image[0, 0] = 200
    covered = cover(image, np.array([0, 5]), (3, 2))
    assert covered[0, 0].tolist() == [0, 0, 0] and image[0, 0].tolist() == [200, 200, 200]
    marked = cover(np.arange(105, dtype=np.uint8).reshape(7, 5, 3), np.array([5]), (3, 2))
    rows, columns = np.nonzero((marked != np.arange(105).reshape(7, 5, 3)).any(axis=2))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (5, 6, 2, 4)


@pytest.fixture(scope="module")
def couples(trained):
    size = trained.verifier.image_size
    files = sorted(trained.data.rglob("*_one.png"))
    return [(read_image(one, size), read_image(str(one).replace("_one", "_two"), size)) for one in files]


def test_maps_follow_the_weights(trained, couples):
    """Randomise the network (Adebayo et al. 2018): maps that stay the same would draw edges, not reasons."""
    verifier = trained.verifier
    keras.utils.set_random_seed(5)
    stranger = keras.models.clone_model(verifier.leg)
    explainers = [Explainer(verifier.leg, verifier.head), Explainer(stranger, verifier.head)]
    others = [(one, two) for (one, _), (_, two) in itertools.pairwise(couples)]
    for kind in ("alike_one", "apart_two"):
        maps = [np.concatenate([getattr(each.explain(*pair), kind) for pair in others]) for each in explainers]
        assert abs(spearmanr(*maps).statistic) < 0.5
        assert spearmanr(maps[0], maps[0]).statistic == pytest.approx(1.0)


def test_the_map_finds_the_thing_and_covering_it_moves_the_score_more_than_chance(trained, couples):
    leg = make_leg(build_leg("base_cnn", 96), trained.verifier.leg.output_shape[-1])
    leg.set_weights(trained.verifier.leg.get_weights())  # convolutions take any size: three times as many patches here
    explainer, rng = Explainer(leg, trained.verifier.head), np.random.default_rng(0)
    places = rng.integers(0, 9, (len(couples), 2))
    placed = [(put(one, first), put(two, second)) for (one, two), (first, second) in zip(couples, places, strict=True)]
    maps = np.array([explainer.explain(*couple).alike_one for couple in placed])
    squares = maps.reshape(-1, 3, 2, 3, 2).mean(axis=(2, 4)).reshape(-1, 9)
    assert np.mean(squares.argmax(axis=1) == places[:, 0]) > 2 / 9  # by chance, one in nine
    alike = deletion_test(explainer, placed)
    assert alike["gain"] == pytest.approx(alike["map"] - alike["random"])
    assert alike["gain_low"] < alike["gain"] < alike["gain_high"]
    assert alike["map"] > 1.3 * alike["random"] and alike["wins"] > 0.5
    others = [(one, two) for (one, _), (_, two) in itertools.pairwise(placed)]
    apart = deletion_test(explainer, others, "apart")
    assert apart["gain_low"] > 0 and apart["wins"] > 0.5


def put(image, place):
    """Put a picture of 32 pixels into one of nine squares of a grey ground."""
    ground = np.full((96, 96, 3), 128, np.uint8)
    row, column = divmod(int(place), 3)
    ground[row * 32 : (row + 1) * 32, column * 32 : (column + 1) * 32] = image
    return ground
