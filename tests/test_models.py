"""The metric head and the networks around it: the formula, its symmetry, its sign, and one set of weights."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import roc_auc_score

from siamese_nb.likeness import unit_length
from siamese_nb.matching import Maps
from siamese_nb.models import (
    HeadWeights,
    MetricHead,
    build_in_batch,
    build_mapped_projection,
    build_projection,
    build_siamese,
    join_heads,
    one_embedding,
    with_maps,
)
from siamese_nb.settings import DISTANCES

DIMENSIONS = 5
MAPS = Maps(1, 1, 2, 2)  # four places of one channel, behind one number


def new_head(distance: str, maps: Maps = MAPS, name: str | None = None) -> MetricHead:
    return MetricHead(distance, maps if distance == "matched" else None, name=name)


def make_head(distance: str, seed: int = 0) -> MetricHead:
    head = new_head(distance)
    head.build([(None, DIMENSIONS), (None, DIMENSIONS)])
    rng = np.random.default_rng(seed)
    head.set_weights([rng.uniform(0, 3, head.w.shape), np.array(rng.normal())])
    return head


def slow_difference(distance: str, one: np.ndarray, two: np.ndarray) -> list[float]:
    """The head's d, number by number; in a map of two by two every place may match any, and edges match nothing too."""
    if distance != "matched":
        power = {"absolute": 1, "squared": 2}[distance]
        return [abs(float(x) - float(y)) ** power for x, y in zip(one, two, strict=True)]
    (*whole, a, b, c, d), (*other, e, f, g, h) = ([float(number) for number in side] for side in (one, two))
    places, others = (a, b, c, d), (e, f, g, h)
    alike = sum(x * y for x, y in zip(whole, other, strict=True))
    there = sum(max(0.0, *(x * y for y in others)) for x in places)
    back = sum(max(0.0, *(x * y for x in places)) for y in others)
    lengths = sum(float(x) ** 2 for x in (*one, *two))
    return [lengths - 2 * (alike + (there + back) / 2)]


def scores_of(head: MetricHead, one: np.ndarray, two: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(head((one.astype(np.float32), two.astype(np.float32))))


def make_leg(seed: int = 0, pixels: int = 12) -> keras.Model:
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((pixels,))
    return keras.Model(inputs, keras.layers.Dense(DIMENSIONS, activation="tanh")(inputs), name="leg")


def embeddings(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, DIMENSIONS)).astype(np.float32)


@pytest.mark.parametrize("distance", DISTANCES)
def test_the_head_is_its_formula(distance: str) -> None:
    head, one, two = make_head(distance), embeddings(9, 1), embeddings(9, 2)
    w, b = head.get_weights()
    got = scores_of(head, one, two)
    assert got.shape == (9, 1)
    for row in range(9):
        difference = slow_difference(distance, one[row], two[row])
        logit = float(b) - sum(float(weight) * part for weight, part in zip(w, difference, strict=True))
        assert got[row, 0] == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-6)


@pytest.mark.parametrize("distance", ["absolute", "squared"])
@settings(max_examples=10, deadline=None)
@given(
    one=hnp.arrays(np.float32, (3, DIMENSIONS), elements=st.floats(-4, 4, width=32)),
    two=hnp.arrays(np.float32, (3, DIMENSIONS), elements=st.floats(-4, 4, width=32)),
)
def test_scores_are_symmetric_and_highest_for_a_picture_and_itself(
    distance: str, one: np.ndarray, two: np.ndarray
) -> None:
    head = make_head(distance)
    there, back, itself = scores_of(head, one, two), scores_of(head, two, one), scores_of(head, one, one)
    assert np.array_equal(there, back)
    assert (there <= itself).all()
    assert ((there >= 0) & (itself <= 1)).all()


def test_matched_scores_are_symmetric_and_a_picture_scores_at_least_as_if_nothing_had_moved() -> None:
    head, one, two = make_head("matched"), embeddings(9, 1), embeddings(9, 2)
    assert np.allclose(scores_of(head, one, two), scores_of(head, two, one), rtol=0, atol=1e-6)
    _, bias = head.get_weights()
    assert (scores_of(head, one, one) >= 1 / (1 + np.exp(-bias)) - 1e-6).all()  # each place may at least match itself


@pytest.mark.parametrize("distance", DISTANCES)
def test_no_labels_turn_a_weight_negative(distance: str) -> None:
    # Far pairs called genuine and near ones impostors pull every weight below zero, were it let.
    near, far = embeddings(32, 1), embeddings(32, 2)
    one = np.concatenate([near, near])
    two = np.concatenate([near + 0.01, far])
    labels = np.repeat([0.0, 1.0], 32)[:, None]
    inputs = [keras.Input((DIMENSIONS,)), keras.Input((DIMENSIONS,))]
    model = keras.Model(inputs, new_head(distance, name="head")(inputs))
    model.compile(keras.optimizers.Adam(0.5), "binary_crossentropy")
    for _ in range(20):
        model.train_on_batch([one, two], labels)
    w, _ = model.get_layer("head").get_weights()
    assert w.min() == 0.0
    assert (w >= 0.0).all()


@pytest.mark.parametrize("distance", DISTANCES)
def test_the_gradient_is_finite_where_the_distance_is_zero(distance: str) -> None:
    leg, head = make_leg(), new_head(distance)
    model = build_siamese(leg, head)
    model.compile(keras.optimizers.SGD(0.1), "binary_crossentropy")
    same = np.ones((4, 12), np.float32)
    model.train_on_batch({"one": same, "two": same}, np.zeros((4, 1)))
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    assert head.get_weights()[1] < 2.0  # the bias fell, so the step was taken


@pytest.mark.parametrize("distance", DISTANCES)
def test_learning_raises_genuine_scores_above_impostor_ones(distance: str) -> None:
    rng = np.random.default_rng(0)
    # What is shown lies in the first half; the second half is noise that the leg must learn to overlook.
    things = rng.normal(size=(64, 6))

    def photos(of: np.ndarray) -> np.ndarray:
        return np.concatenate([things[of], 2 * rng.normal(size=(len(of), 6))], axis=1).astype(np.float32)

    def pairs(low: int, high: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        first = rng.integers(low, high, 256)
        label = rng.integers(0, 2, 256)
        second = np.where(label == 1, first, low + (first - low + rng.integers(1, high - low, 256)) % (high - low))
        return {"one": photos(first), "two": photos(second)}, label[:, None]

    model = build_siamese(make_leg(), new_head(distance))
    model.compile(keras.optimizers.Adam(0.03), "binary_crossentropy")
    unseen, label = pairs(40, 64)
    before = roc_auc_score(label.ravel(), model.predict_on_batch(unseen).ravel())
    for _ in range(60):
        model.train_on_batch(*pairs(0, 40))
    scores = model.predict_on_batch(unseen)
    after = roc_auc_score(label.ravel(), scores.ravel())
    assert scores[label == 1].mean() > scores[label == 0].mean() + 0.3
    assert after > (0.8 if distance == "matched" else 0.9) > before  # where each number may match any, less is told


@pytest.mark.parametrize("distance", DISTANCES)
def test_the_in_batch_network_is_the_pairwise_one(distance: str) -> None:
    leg, head = make_leg(), new_head(distance)
    pairwise, in_batch = build_siamese(leg, head), build_in_batch(leg, head)
    rng = np.random.default_rng(3)
    images = rng.normal(size=(8, 12)).astype(np.float32)
    one, two = rng.integers(0, 8, (2, 20)).astype(np.int32)
    expected = pairwise.predict_on_batch({"one": images[one], "two": images[two]})
    got = in_batch.predict_on_batch({"images": images, "one": one, "two": two})
    assert got.shape == (20, 1)
    assert np.allclose(got, expected, atol=1e-6)
    assert np.ptp(got) > 0.1
    in_batch.compile(keras.optimizers.SGD(0.1), "binary_crossentropy")
    in_batch.train_on_batch({"images": images, "one": one, "two": two}, np.ones((20, 1)))
    moved = pairwise.predict_on_batch({"one": images[one], "two": images[two]})
    assert not np.allclose(moved, expected, atol=1e-6)  # one set of weights


def test_the_networks_take_what_the_leg_takes() -> None:
    inputs = keras.Input((8, 8, 3), dtype="uint8")
    leg = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(inputs)))
    head = MetricHead()
    for model in (build_siamese(leg, head), build_in_batch(leg, head)):
        dtypes = {tensor.name: tensor.dtype for tensor in model.inputs}
        assert dtypes.pop("images", "uint8") == "uint8"
        assert set(dtypes.values()) <= {"uint8", "int32"}


def test_the_projection_starts_from_the_features_own_cosine() -> None:
    features = np.random.default_rng(0).normal(size=(6, 10)).astype(np.float32) * 7
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    projected = build_projection(10, 16).predict_on_batch(features)
    assert projected.shape == (6, 16)
    assert np.allclose(projected @ projected.T, unit @ unit.T, atol=1e-5)


def test_embeddings_have_unit_length_also_when_features_are_many() -> None:
    features = np.random.default_rng(0).normal(size=(6, 40)).astype(np.float32)
    projected = build_projection(40, 4).predict_on_batch(features)
    assert np.allclose(np.linalg.norm(projected, axis=1), 1, atol=1e-5)


def test_without_a_length_of_its_own_the_embedding_is_the_features_direction() -> None:
    features = np.float32([[3, 4], [0, 2]])
    assert np.allclose(build_projection(2, None).predict_on_batch(features), [[0.6, 0.8], [0, 1]], atol=1e-6)


@pytest.mark.parametrize("distance", DISTANCES)
def test_at_the_start_scores_of_unit_embeddings_spread_around_a_half(distance: str) -> None:
    head = new_head(distance, Maps(64, 1, 4, 4))
    rng = np.random.default_rng(0)
    unit = rng.normal(size=(200, 2, 128))
    unit /= np.linalg.norm(unit, axis=-1, keepdims=True)
    far = scores_of(head, unit[:, 0], unit[:, 1])
    near = scores_of(head, unit[:, 0], unit[:, 0])
    assert (near > 0.85).all()  # neither end is saturated, so gradients flow
    assert ((far > 1e-4) & (far < 0.4)).all()


@pytest.mark.parametrize("distance", DISTANCES)
def test_the_head_goes_through_its_configuration(distance: str) -> None:
    head = make_head(distance)
    again = MetricHead.from_config(head.get_config())
    assert (again.distance, again.maps, again.name) == (distance, head.maps, head.name)


@pytest.mark.parametrize(("distance", "maps"), [("matched", None), ("squared", MAPS)])
def test_maps_come_with_the_distance_that_compares_them(distance: str, maps: Maps | None) -> None:
    with pytest.raises(ValueError, match="maps are for distance='matched'"):
        MetricHead(distance, maps)


def test_a_leg_whose_places_are_matched_gives_the_whole_and_the_places_weighing_twice_as_much() -> None:
    image = keras.Input((6, 6, 3))
    maps = keras.layers.Conv2D(4, 3, strides=2, name="maps")(image)
    backbone = with_maps(keras.Model(image, keras.layers.GlobalAveragePooling2D()(maps)))
    assert backbone.output_shape == [(None, 4), (None, 2, 2, 4)]
    projection = build_mapped_projection(4, (2, 2, 4), 5)
    leg = keras.Model(image, one_embedding(projection(backbone.output)))
    pictures = np.random.default_rng(0).normal(size=(3, 6, 6, 3)).astype(np.float32)
    features, seen = backbone.predict_on_batch(pictures)
    whole, places = projection.predict_on_batch([features, seen])
    kernel = next(weight for weight in projection.get_weights() if weight.ndim == 4)[0, 0]
    assert np.allclose(places, unit_length((seen @ kernel).reshape(3, -1)), atol=1e-5)
    assert np.allclose(leg.predict_on_batch(pictures), np.hstack([whole, 2**0.5 * places]) / 3**0.5, atol=1e-5)
    assert np.allclose(np.linalg.norm(whole, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("distance", ["squared", "matched"])
def test_the_cosines_of_a_batch_are_what_the_head_goes_by(distance: str) -> None:
    head, rows = make_head(distance), unit_length(embeddings(6))
    cosines = keras.ops.convert_to_numpy(head.cosines(keras.ops.convert_to_tensor(rows)))
    one, two = np.divmod(np.arange(36), 6)
    found = HeadWeights.from_head(head).differences(rows[one], rows[two]).sum(axis=1)
    assert np.allclose(2 - 2 * cosines.ravel(), found, atol=1e-5)


@pytest.mark.parametrize("distance", ["absolute", "squared"])
def test_joined_heads_give_the_mean_of_their_log_odds(distance: str) -> None:
    rng = np.random.default_rng(0)
    heads = []
    for number in range(3):
        head = MetricHead(distance, name=f"head_{number}")
        head.build([(None, 5 + number)] * 2)
        head.set_weights([rng.uniform(0, 4, 5 + number), np.array(rng.normal())])
        heads.append(head)
    pairs = [unit_length(rng.normal(size=(2, 10, 5 + number))) for number in range(3)]
    odds = [HeadWeights.from_head(head).log_odds(one, two) for head, (one, two) in zip(heads, pairs, strict=True)]
    beside = unit_length(np.concatenate(pairs, axis=-1))
    assert HeadWeights.from_head(join_heads(heads)).log_odds(*beside) == pytest.approx(np.mean(odds, axis=0), abs=1e-6)
    assert join_heads(heads[:1]) is heads[0]
