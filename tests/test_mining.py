"""Mining: hard impostors are the nearest that may be trusted, as a slow loop finds them, and suspects are named."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from test_batches import make_part, unpadded

from siamese_nb import mining
from siamese_nb.batches import Batches, ImageBatches, PairBatches
from siamese_nb.config import TrainConfig
from siamese_nb.mining import MineBetweenEpochs, Mined, suspected_impostors
from siamese_nb.models import MetricHead
from siamese_nb.pairs import ACROSS, WITHIN, Pairs, Part

DISTANCES = pytest.mark.parametrize("distance", ["squared", "absolute"])


def make_head(distance: str, dimensions: int = 6) -> MetricHead:
    head = MetricHead(distance)
    head.build([(None, dimensions)] * 2)
    head.set_weights([np.linspace(0.5, 8, dimensions, dtype=np.float32), np.float32(2)])
    return head


def embed(part: Part, spread: float = 0.3, seed: int = 0) -> np.ndarray:
    """Give the images of a thing about the same place."""
    rng = np.random.default_rng(seed)
    places = rng.normal(size=(part.identity.max() + 1, 6))[part.identity]
    return (places + spread * rng.normal(size=places.shape)).astype(np.float32)


def distances(part: Part, embeddings: np.ndarray, head: MetricHead) -> np.ndarray:
    w, n = np.asarray(head.w, np.float64), len(embeddings)
    power = 2 if head.distance == "squared" else 1
    table = np.zeros((n, n))
    for one in range(n):
        for two in range(n):
            table[one, two] = (w * np.abs(embeddings[one].astype(float) - embeddings[two]) ** power).sum()
    return table


@DISTANCES
def test_the_nearest_trusted_impostors_of_each_kind_are_found(distance: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mining, "_CELLS", 100)  # several blocks
    monkeypatch.setattr(mining, "_NEAREST", 3)
    part = make_part([3, 2, 4, 2, 3, 5, 2], categories=2)
    embeddings, head = embed(part, 0.8), make_head(distance)
    mined, table = Mined.from_embeddings(part, embeddings, head), distances(part, embeddings, head)
    genuine = [table[tuple(pair)] for pair in part.places(part.genuine())]
    assert mined.typical == pytest.approx(np.quantile(genuine, 0.5), rel=1e-4)
    assert mined.suspected == pytest.approx(np.quantile(genuine, 0.05), rel=1e-4)
    for kind in (ACROSS, WITHIN):
        for one in range(len(embeddings)):
            allowed = [
                (table[one, two], two)
                for two in range(len(embeddings))
                if part.identity[one] != part.identity[two]
                and (part.category[one] != part.category[two]) == (kind == ACROSS)
                and table[one, two] >= mined.typical
            ]
            found = set(mined.nearest[kind][one].tolist())
            assert found - {-1} == {two for _, two in sorted(allowed)[:3]}
            assert (-1 in found) == (len(allowed) < 3)


@pytest.mark.parametrize("negatives", ["across", "within", "mixed"])
def test_hard_impostors_come_more_often_and_stay_impostors_of_their_kind(negatives: str) -> None:
    part = make_part([2] * 40, categories=2)
    mined = Mined.from_embeddings(part, embed(part), make_head("squared"))
    easy = part.draw(np.random.default_rng(0), 3, negatives)
    hard = mined.harden(easy, np.random.default_rng(1))
    assert (hard.label == (part.identity_of(hard.one) == part.identity_of(hard.two))).all()
    crosses = part.category_of(hard.one) != part.category_of(hard.two)
    assert (crosses[hard.label == 0] == (hard.kind[hard.label == 0] == ACROSS)).all()
    assert (hard.label == 1).sum() == (easy.label == 1).sum()

    def share_among_nearest(pairs: object) -> float:
        impostors = pairs.take(np.flatnonzero(pairs.label == 0))
        places = part.places(np.stack([impostors.one, impostors.two], axis=1))
        hits = [two in mined.nearest[kind][one] for (one, two), kind in zip(places, impostors.kind, strict=True)]
        return float(np.mean(hits))

    assert share_among_nearest(hard) > share_among_nearest(easy) + 0.2


def planted(things: int = 30) -> tuple[Part, np.ndarray, set[int]]:
    """Make a part in which the last thing is the first one again; the rows of both are returned too."""
    part = make_part([3] * things, categories=2)
    embeddings = embed(part, 0.2)
    embeddings[part.identity == things - 1] = embeddings[part.identity == 0] + 0.01
    return part, embeddings, set(part.images[np.isin(part.identity, [0, things - 1])].tolist())


@DISTANCES
def test_planted_false_negatives_are_named_and_not_learned_from(distance: str) -> None:
    part, embeddings, same = planted()
    head = make_head(distance)
    one, two, scores = suspected_impostors(part, embeddings, head, most=100)
    assert len(one) >= 3
    assert {*one.tolist(), *two.tolist()} <= same
    assert (part.identity_of(one) != part.identity_of(two)).all()
    assert (np.diff(scores) <= 1e-6).all()
    table = distances(part, embeddings, head)
    places = part.places(np.stack([one, two], axis=1))
    assert scores == pytest.approx(1 / (1 + np.exp(table[places[:, 0], places[:, 1]] - 2)), abs=1e-5)
    assert len(suspected_impostors(part, embeddings, head, most=2)[0]) == 2
    suspected = set(zip(one.tolist(), two.tolist(), strict=True))
    mined = Mined.from_embeddings(part, embeddings, head)
    every = part.draw(np.random.default_rng(0), 200, "mixed")
    drawn = {tuple(sorted(pair)) for pair in zip(every.one.tolist(), every.two.tolist(), strict=True)}
    assert suspected & drawn, "none was drawn: the test says nothing"
    kept = mined.harden(every, np.random.default_rng(0))
    assert not suspected & {tuple(sorted(pair)) for pair in zip(kept.one.tolist(), kept.two.tolist(), strict=True)}
    assert (kept.label == every.label).all()  # others have taken their places
    assert (kept.label == (part.identity_of(kept.one) == part.identity_of(kept.two))).all()


def drawn_pairs(pairs: Pairs) -> set[frozenset[int]]:
    return {frozenset(pair) for pair in zip(pairs.one.tolist(), pairs.two.tolist(), strict=True)}


@DISTANCES
def test_what_a_person_has_called_another_thing_is_learned_from_however_alike_it_looks(distance: str) -> None:
    part, embeddings, _ = planted()
    head = make_head(distance)
    one, two, _ = suspected_impostors(part, embeddings, head, most=100)
    suspected = {frozenset(pair) for pair in zip(one.tolist(), two.tolist(), strict=True)}
    sure = np.array([[two[0], one[0]]])  # whichever stands first
    outside = np.array([[10_000, 10_001]])  # of another part
    mined = Mined.from_embeddings(part, embeddings, head, np.concatenate([sure, outside]))
    every = part.draw(np.random.default_rng(0), 200, "mixed")
    kept = drawn_pairs(mined.harden(every, np.random.default_rng(0)))
    assert suspected & kept == {frozenset(sure[0].tolist())}
    # It is one of the hardest, so that it comes often, though it is nearer than what is trusted else.
    first, second = part.places(sure[0])
    kind = WITHIN if part.category[first] == part.category[second] else ACROSS
    assert second in mined.nearest[kind][first]
    assert first in mined.nearest[kind][second]
    assert second not in Mined.from_embeddings(part, embeddings, head).nearest[kind][first]


def test_where_no_impostor_is_trusted_none_is_learned_from() -> None:
    part, embeddings, _ = planted()
    mined = replace(Mined.from_embeddings(part, embeddings, make_head("squared")), suspected=np.inf)
    pairs = mined.harden(part.draw(np.random.default_rng(0)), np.random.default_rng(0))
    assert len(pairs) == len(part.draw(np.random.default_rng(0)))
    assert (pairs.label == 1).all()


@pytest.mark.parametrize("kind", [PairBatches, ImageBatches])
def test_batches_learn_nothing_from_suspects_and_follow_from_seed_and_epoch(kind: type[Batches]) -> None:
    part, embeddings, _ = planted()
    table = np.arange(part.images.max() + 1)[:, None].astype(np.float32)
    head = make_head("squared")
    one, two, _ = suspected_impostors(part, embeddings, head, most=100)
    suspected = {frozenset(pair) for pair in zip(one.tolist(), two.tolist(), strict=True)}

    def epochs() -> list[np.ndarray]:
        batches = kind(table, part, TrainConfig(batch_images=16))
        seen = []
        batches.mined = Mined.from_embeddings(part, embeddings, head)
        for _ in range(3):
            batches.on_epoch_end()
            for index in range(len(batches)):
                first, second, label, weight = unpadded(batches[index])
                assert (label == (part.identity_of(first) == part.identity_of(second))).all()
                assert weight[label == 1].sum() == pytest.approx(weight[label == 0].sum(), rel=1e-4)
                assert not suspected & {frozenset(pair) for pair in zip(first.tolist(), second.tolist(), strict=True)}
                seen.append(np.stack([first, second]))
        return seen

    again = epochs()
    assert all(np.array_equal(one, two) for one, two in zip(epochs(), again, strict=True))


def test_an_epoch_of_a_frozen_leg_is_as_long_as_it_was_counted_before_it_was_mined() -> None:
    part, embeddings, _ = planted()
    table, head = np.arange(part.images.max() + 1)[:, None].astype(np.float32), make_head("squared")
    batches = PairBatches(table, part, TrainConfig(neg_factor=200), pairs_at_once=1)
    counted, drawn = len(batches), drawn_pairs(batches.pairs)
    one, two, _ = suspected_impostors(part, embeddings, head, most=100)
    assert drawn & {frozenset(pair) for pair in zip(one.tolist(), two.tolist(), strict=True)}, "the test says nothing"
    batches.mined = Mined.from_embeddings(part, embeddings, head)
    batches.begin(0)
    assert len(batches) == counted


def test_a_batch_of_a_learning_leg_holds_hard_impostors_together() -> None:
    part = make_part([2] * 60, categories=1)
    embeddings = embed(part)
    mined = Mined.from_embeddings(part, embeddings, make_head("squared"))
    table = np.zeros((part.images.max() + 1, 1), np.float32)
    batches = ImageBatches(table, part, TrainConfig(batch_images=16))

    def nearest_inside() -> float:
        gaps = []
        for rows in batches.rows:
            place = part.places(rows)
            gap = np.linalg.norm(embeddings[place, None] - embeddings[place], axis=-1)
            gap[part.identity[place, None] == part.identity[place]] = np.inf
            gaps += gap.min(axis=1).tolist()
        return float(np.mean(gaps))

    before = nearest_inside()
    batches.mined = mined
    batches.begin(1)
    assert sorted(np.concatenate(batches.rows).tolist()) == sorted(part.images.tolist())
    assert nearest_inside() < before - 0.2


def test_impostors_that_a_file_names_are_not_replaced() -> None:
    labelled = np.array([(0, 1, 1), (2, 3, 1), (0, 2, 0), (1, 4, 0), (3, 5, 0)])
    part = Part(np.arange(6), np.array([0, 0, 1, 1, 2, 3]), np.zeros(6, np.int64), labelled)
    embeddings = np.eye(6, dtype=np.float32)
    embeddings[1], embeddings[3], embeddings[4] = embeddings[0] * 0.9, embeddings[2] * 0.9, embeddings[1]
    mined = Mined.from_embeddings(part, embeddings, make_head("squared"))
    pairs = mined.harden(part.draw(np.random.default_rng(0)), np.random.default_rng(0))
    drawn = {(one, two) for one, two, label in zip(pairs.one, pairs.two, pairs.label, strict=True) if label == 0}
    assert drawn == {(0, 2), (3, 5)}  # (1, 4) are one and the same to the network


def test_it_is_mined_before_each_epoch_but_not_after_the_last() -> None:
    calls: list[int] = []
    callback = MineBetweenEpochs(lambda: calls.append(1))
    callback.set_model(keras.Sequential([keras.layers.Dense(1)]))
    callback.model.stop_training = False
    callback.on_train_begin()
    callback.on_epoch_end(0)
    callback.model.stop_training = True
    callback.on_epoch_end(1)
    assert len(calls) == 2
