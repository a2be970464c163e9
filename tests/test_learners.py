"""Learners: each loss teaches a small network, and whatever it was, a neuron that fits the embeddings ends it."""

import keras
import numpy as np
import pytest

from siamese_nb.batches import IdentityBatches, ImageBatches, PairBatches
from siamese_nb.config import TrainConfig
from siamese_nb.errors import InputError
from siamese_nb.learners import IdentityLearner, PairLearner, fit_neuron, make_learner
from siamese_nb.metrics import ScoreTable, auc
from siamese_nb.models import MetricHead, build_projection
from siamese_nb.pairs import Part
from siamese_nb.settings import LOSSES

WITHOUT_IDENTITIES = ("binary_crossentropy", "focal")
NO_FILE = np.empty((0, 3), np.int64)


def make_part(counts: list[int], labelled: np.ndarray = NO_FILE) -> Part:
    """Make a part of one category with so many images of each thing."""
    identity = np.repeat(np.arange(len(counts)), counts)
    return Part(np.arange(len(identity)), identity, np.zeros_like(identity), labelled)


def noisy_table(part: Part, seed: int = 0) -> np.ndarray:
    """Make features of which four dimensions say what is shown and twelve say nothing, but more loudly."""
    rng = np.random.default_rng(seed)
    table = np.zeros((part.images.max() + 1, 16), np.float32)
    table[:, 4:] = rng.normal(size=(len(table), 12))
    table[part.images, :4] = rng.normal(size=(part.identity.max() + 1, 4))[part.identity]
    return table


def learner_of(loss: str, part: Part, distance: str = "squared") -> PairLearner:
    keras.utils.set_random_seed(0)
    head = MetricHead(distance, name="head")
    config = TrainConfig(loss=loss, distance=distance)
    return make_learner(build_projection(16, 8), head, noisy_table(part), part, config)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_teaches_to_tell_things_apart(loss: str) -> None:
    part = make_part([4] * 30)
    learner = learner_of(loss, part)
    pairs = part.draw(np.random.default_rng(0), negatives="mixed")
    learner.settle(pairs)
    before = auc(ScoreTable.from_scores(pairs.label, learner.score(pairs)))
    learner.model.compile(keras.optimizers.Adam(0.05), learner.loss, run_eagerly=True)
    learner.model.fit(learner.batches, epochs=4 if loss in WITHOUT_IDENTITIES else 12, verbose=0, shuffle=False)
    learner.settle(pairs)
    scores = learner.score(pairs)
    assert auc(ScoreTable.from_scores(pairs.label, scores)) > max(0.85, before + 0.1)
    assert scores[pairs.label == 1].mean() > 0.6 > 0.4 > scores[pairs.label == 0].mean()


def test_a_learner_feeds_what_its_loss_and_its_table_need() -> None:
    part = make_part([4] * 8)
    assert isinstance(learner_of("focal", part).batches, PairBatches)
    assert isinstance(learner_of("cosface", part).batches, IdentityBatches)
    images = np.zeros((part.images.max() + 1, 4, 4, 3), np.uint8)
    image = keras.Input((4, 4, 3), dtype="uint8")
    leg = keras.Model(image, keras.layers.Flatten()(image))
    batches = make_learner(leg, MetricHead("squared"), images, part, TrainConfig()).batches
    assert type(batches) is ImageBatches


@pytest.mark.parametrize("loss", ["cosface", "arcface"])
def test_directions_begin_where_the_identities_lie(loss: str) -> None:
    part = make_part([3, 4, 5] * 4)
    part = Part(part.images[::-1] + 7, part.identity[::-1] * 2, part.category, NO_FILE)
    learner = learner_of(loss, part)
    embeddings = learner.leg.predict_on_batch(learner.table)
    cosines = learner.model.predict_on_batch(learner.table)
    for number, identity in enumerate(np.unique(part.identity)):
        mean = embeddings[part.images[part.identity == identity]].sum(axis=0)
        assert np.allclose(cosines[:, number], embeddings @ (mean / np.linalg.norm(mean)), atol=1e-5)


def test_a_file_of_pairs_does_not_say_what_every_image_shows() -> None:
    genuine = np.array([[2 * i, 2 * i + 1, 1] for i in range(10)], np.int64)
    with_impostors = make_part([2] * 10, np.concatenate([genuine, [[0, 3, 0], [4, 9, 0]]]))
    with pytest.raises(InputError, match=r"loss=triplet.*choose binary_crossentropy or focal"):
        learner_of("triplet", with_impostors)
    assert type(learner_of("focal", with_impostors)) is PairLearner
    assert type(learner_of("triplet", make_part([2] * 10, genuine))) is IdentityLearner


@pytest.mark.parametrize("distance", ["squared", "absolute"])
def test_the_fitted_neuron_is_the_likeliest_line(distance: str) -> None:
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(400, 3)).astype(np.float32)
    one, two = rng.integers(0, 400, (2, 600))
    difference = np.abs(embeddings[one] - embeddings[two]).astype(np.float64)
    far = (difference**2 if distance == "squared" else difference).sum(axis=1)
    label = (rng.random(600) < 1 / (1 + np.exp(0.7 * far - 2))).astype(np.int64)
    head = MetricHead(distance)
    fit_neuron(head, embeddings, one, two, label)
    w, b = (np.asarray(weight, np.float64) for weight in head.get_weights())
    assert np.ptp(w) == 0

    def cost(slope: float, bias: float) -> float:
        odds = bias - slope * far
        losses = np.where(label == 1, np.logaddexp(0, -odds), np.logaddexp(0, odds))
        return float(losses[label == 1].mean() + losses[label == 0].mean())

    best = cost(w[0], b)
    for step in (-0.05, 0.05):
        assert best < cost(w[0] + step, b) + 1e-5
        assert best < cost(w[0], b + step) + 1e-5


def test_a_neuron_on_embeddings_without_meaning_says_nothing() -> None:
    embeddings = np.float32([[0.0], [0.1], [5.0], [9.0]])
    head = MetricHead("squared")
    fit_neuron(head, embeddings, np.array([0, 2]), np.array([3, 3]), np.array([1, 0]))  # the genuine pair lies apart
    assert np.asarray(head.w).tolist() == [0.0]
