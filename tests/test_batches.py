"""Batches: what a training step sees, that labels are right by identity, and that neither kind outweighs the other."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from siamese_nb.batches import Batches, IdentityBatches, ImageBatches, PairBatches, image_batches
from siamese_nb.config import TrainConfig
from siamese_nb.pairs import Part

NO_FILE = np.empty((0, 3), np.int64)


def make_part(counts: list[int], categories: int = 2, first: int = 100, labelled: np.ndarray = NO_FILE) -> Part:
    """Make a part with so many images of each thing, things dealt to categories in turn, rows from `first` on."""
    identity = np.repeat(np.arange(len(counts)), counts)
    category = identity % categories
    order = np.lexsort((identity, category))
    return Part(first + np.arange(len(identity))[order], identity[order], category[order], labelled)


def make_table(part: Part) -> np.ndarray:
    """Make images that each say which row they are."""
    return np.arange(part.images.max() + 1)[:, None].astype(np.float32)


def batches_of(kind: Callable[..., Batches], part: Part, **settings: object) -> Batches:
    return kind(make_table(part), part, TrainConfig(**settings))


def unpadded(batch: tuple) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows of both images, the label and the weight of each pair that counts."""
    inputs, label, weight = batch
    rows = inputs["images"][:, 0].astype(int)
    counts = weight > 0
    return rows[inputs["one"]][counts], rows[inputs["two"]][counts], label[counts, 0], weight[counts]


def epoch_of(batches: Batches) -> list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    return [unpadded(batches[index]) for index in range(len(batches))]


BOTH = pytest.mark.parametrize("kind", [ImageBatches, PairBatches])


@BOTH
def test_labels_are_right_by_identity(kind: type[Batches]) -> None:
    part = make_part([2, 3, 2, 5, 4, 2, 2, 3])
    for one, two, label, _ in epoch_of(batches_of(kind, part, batch_images=8)):
        assert np.array_equal(label, part.identity_of(one) == part.identity_of(two))
        assert (one != two).all()
        assert set(label) == {0.0, 1.0}


@BOTH
def test_both_kinds_weigh_the_same_in_every_batch(kind: type[Batches]) -> None:
    for neg_factor in (0.5, 1, 3, 7):
        batches = batches_of(kind, make_part([2] * 30), batch_images=16, neg_factor=neg_factor)
        for index, (_, _, label, weight) in enumerate(epoch_of(batches)):
            assert weight[label == 1].sum() == pytest.approx(weight[label == 0].sum(), rel=1e-5)
            assert batches[index][2].mean() == pytest.approx(1, rel=1e-5), "with what fills it up"


@BOTH
def test_what_fills_a_batch_up_weighs_nothing(kind: type[Batches]) -> None:
    batches = batches_of(kind, make_part([2] * 21), batch_images=16)
    for index in range(len(batches)):
        inputs, label, weight = batches[index]
        pairs = len(weight)
        assert pairs % 64 == 0
        assert len(inputs["images"]) % 32 == 0
        assert label.shape == (pairs, 1)
        assert inputs["one"].shape == inputs["two"].shape == (pairs,)
        assert inputs["one"].dtype == inputs["two"].dtype == np.int32
        assert (weight == 0).sum() == pairs - len(unpadded((inputs, label, weight))[0]) < 64


@BOTH
def test_pairs_point_to_distinct_images(kind: type[Batches]) -> None:
    batches = batches_of(kind, make_part([2, 3, 4] * 9), batch_images=24)
    for index in range(len(batches)):
        inputs, _, weight = batches[index]
        counts = weight > 0
        used = np.unique(np.concatenate([inputs["one"][counts], inputs["two"][counts]]))
        rows = inputs["images"][used, 0]
        assert len(np.unique(rows)) == len(rows)
        assert used.max() + 1 == len(used)  # what only fills up comes after them
        assert len(inputs["images"]) - len(used) < 32


@pytest.mark.parametrize("kind", [ImageBatches, PairBatches, IdentityBatches])
def test_each_image_is_taken_from_one_of_its_views_at_random(kind: type[Batches]) -> None:
    part = make_part([4] * 40)
    plain, viewed, again = (batches_of(kind, part, batch_images=64) for _ in range(3))
    for batches in (viewed, again):
        batches.views = (1000 + batches.table, 2000 + batches.table)
    counts = np.zeros(3)
    for index in range(len(plain)):
        rows, found, same = (
            batch[0] if kind is IdentityBatches else batch[0]["images"]
            for batch in (plain[index], viewed[index], again[index])
        )
        assert np.array_equal(found % 1000, rows)
        assert np.array_equal(found, same)
        counts += np.bincount((found[:, 0] // 1000).astype(int), minlength=3)
    assert (counts > counts.sum() / 4).all()


def test_each_image_is_in_one_batch_of_an_epoch_at_most() -> None:
    part = make_part([2, 3, 5, 2, 7, 4, 2, 2, 3, 6, 2, 2])
    batches = batches_of(ImageBatches, part, batch_images=8)
    assert len(batches) > 2
    seen: Counter[int] = Counter()
    for one, two, _, _ in epoch_of(batches):
        seen.update(np.unique(np.concatenate([one, two])).tolist())
    assert set(seen.values()) == {1}
    # An odd image of each thing with an odd count sits out; everything else takes part.
    expected = {i: count - count % 2 for i, count in enumerate([2, 3, 5, 2, 7, 4, 2, 2, 3, 6, 2, 2])}
    assert Counter(part.identity_of(np.array(list(seen))).tolist()) == expected


def test_over_the_epochs_every_odd_image_takes_part() -> None:
    part = make_part([3] * 6)
    batches = batches_of(ImageBatches, part, batch_images=8)
    seen: set[int] = set()
    for _ in range(8):
        seen.update(row for one, two, _, _ in epoch_of(batches) for row in [*one.tolist(), *two.tolist()])
        batches.on_epoch_end()
    assert seen == set(part.images.tolist())


def test_a_thing_with_a_single_image_does_no_harm() -> None:
    for one, two, label, _ in epoch_of(batches_of(ImageBatches, make_part([1, 2, 2, 1, 2, 2]), batch_images=8)):
        assert label.sum() == 4
        assert len(one) == len(two) == 16


def test_batches_of_images_are_about_as_large_as_asked() -> None:
    batches = batches_of(ImageBatches, make_part([2] * 64), batch_images=32)
    sizes = [len(np.unique(np.concatenate([one, two]))) for one, two, _, _ in epoch_of(batches)]
    assert len(sizes) == 4
    assert max(sizes) <= 40
    assert min(sizes) >= 24


def test_the_last_batch_of_pairs_holds_the_rest() -> None:
    batches = batches_of(PairBatches, make_part([2] * 70))  # 70 genuine, 210 impostor pairs
    sizes = [len(label) for _, _, label, _ in epoch_of(batches)]
    assert sizes == [256, 24]
    assert sum(label.sum() for _, _, label, _ in epoch_of(batches)) == 70


@pytest.mark.parametrize(("negatives", "across"), [("across", {True}), ("within", {False}), ("mixed", {True, False})])
@BOTH
def test_impostors_are_of_the_kind_that_was_asked_for(kind: type[Batches], negatives: str, across: set[bool]) -> None:
    part = make_part([2] * 24)
    found: set[bool] = set()
    for one, two, label, _ in epoch_of(batches_of(kind, part, batch_images=24, negatives=negatives)):
        found |= set((part.category_of(one) != part.category_of(two))[label == 0].tolist())
    assert found == across


@BOTH
def test_pairs_are_drawn_anew_each_epoch_and_follow_from_the_seed(kind: type[Batches]) -> None:
    part = make_part([2] * 20)

    def epochs(seed: int) -> list[list[list]]:
        batches, found = batches_of(kind, part, batch_images=16, seed=seed), []
        for _ in range(3):
            found.append([[column.tolist() for column in batch] for batch in epoch_of(batches)])
            batches.on_epoch_end()
        return found

    first = epochs(0)
    assert first == epochs(0)
    assert first != epochs(1)
    assert first[0] != first[1] != first[2] != first[0]


@BOTH
def test_a_batch_follows_from_its_place_alone(kind: type[Batches]) -> None:
    batches = batches_of(kind, make_part([2] * 80), batch_images=32)
    later, again = unpadded(batches[1]), unpadded(batches[1])
    assert len(batches) > 1
    assert all(np.array_equal(a, b) for a, b in zip(later, again, strict=True))


def test_an_epoch_of_very_many_pairs_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("siamese_nb.batches._MOST_GENUINE", 50)
    batches = batches_of(PairBatches, make_part([30] * 4))  # 1740 genuine pairs
    assert sum(label.sum() for _, _, label, _ in epoch_of(batches)) == 50


def test_images_of_a_batch_share_categories_so_that_impostors_within_exist() -> None:
    part = make_part([2] * 60, categories=15)
    for one, two, label, _ in epoch_of(batches_of(ImageBatches, part, batch_images=16, negatives="within")):
        same = part.category_of(one) == part.category_of(two)
        assert same[label == 0].mean() > 0.8


def file_part() -> Part:
    """Make a part of a pairs file: ten couples, and each thing told from the next one and from the one after it."""
    genuine = [[100 + 2 * i, 101 + 2 * i, 1] for i in range(10)]
    impostor = [[100 + 2 * i, 100 + 2 * ((i + step) % 10) + 1, 0] for i in range(10) for step in (1, 2)]
    return make_part([2] * 10, categories=1, labelled=np.array(genuine + impostor, np.int64))


@pytest.mark.parametrize("kind", [image_batches, PairBatches])
def test_of_a_pairs_file_its_own_pairs_are_taken_and_no_others(kind: Callable[..., Batches]) -> None:
    part = file_part()
    named = {(one, two): label for one, two, label in part.labelled.tolist()}
    batches = batches_of(kind, part, batch_images=16)
    seen: Counter[tuple[int, int]] = Counter()
    for _ in range(2):
        sizes = [len(label) for _, _, label, _ in epoch_of(batches)]
        assert sizes == ([8, 8, 8, 6] if kind is image_batches else [30])
        for one, two, label, _ in epoch_of(batches):
            for pair, of in zip(zip(one.tolist(), two.tolist(), strict=True), label.tolist(), strict=True):
                assert named[pair] == of
                seen[pair] += 1
        batches.on_epoch_end()
    assert seen.keys() == named.keys()
    assert set(seen.values()) == {2}


def test_of_a_pairs_file_without_impostors_those_are_drawn() -> None:
    labelled = np.array([[100 + 2 * i, 101 + 2 * i, 1] for i in range(10)], np.int64)
    part = make_part([2] * 10, categories=1, labelled=labelled)
    batches = batches_of(image_batches, part, batch_images=8)
    assert isinstance(batches, ImageBatches)
    for one, two, label, _ in epoch_of(batches):
        assert np.array_equal(label, part.identity_of(one) == part.identity_of(two))
        assert (label == 0).sum() == 3 * label.sum()


def test_batches_of_identities_hold_some_of_each_and_say_which() -> None:
    part = make_part([6, 2, 9, 4, 5, 3, 1, 8] * 4, categories=4)
    batches = batches_of(IdentityBatches, part, batch_images=16)
    assert batches.identities == 32
    seen: Counter[int] = Counter()
    for index in range(len(batches)):
        images, number = batches[index]
        assert len(images) % 32 == 0
        assert number.shape == (len(images), 1)
        real = number[:, 0] >= 0
        rows, number = images[real, 0].astype(int), number[real, 0].astype(int)
        assert np.array_equal(np.unique(part.identity)[number], part.identity_of(rows))
        assert min(Counter(number.tolist()).values()) >= 2
        seen.update(rows.tolist())
    assert set(seen.values()) == {1}
    alone = [1 if count % 4 == 1 else 0 for count in [6, 2, 9, 4, 5, 3, 1, 8] * 4]
    assert len(seen) == len(part.images) - sum(alone)


def test_over_all_identities_every_image_comes_once_an_epoch_in_random_order() -> None:
    part = make_part([6, 1, 9, 4], categories=2)
    batches = batches_of(IdentityBatches, part, batch_images=8, loss="cosface")
    shown = [
        images[number[:, 0] >= 0, 0].astype(int) for images, number in map(batches.__getitem__, range(len(batches)))
    ]
    assert sorted(np.concatenate(shown).tolist()) == sorted(part.images.tolist())
    assert len({part.identity_of(rows).tobytes() for rows in shown}) > 1
    assert not np.array_equal(np.concatenate(shown), part.images)


@pytest.mark.parametrize("loss", ["cosface", "triplet"])
def test_a_thing_turned_is_another_thing(loss: str) -> None:
    part = make_part([4] * 20)
    table = np.zeros((part.images.max() + 1, 4, 4, 3), np.uint8)
    table[:, 0, 1] = 255  # one mark, whose place says how a picture was turned
    table[:, 2, 2, 0] = np.arange(len(table))
    config = TrainConfig(loss=loss, rotations=True, batch_images=16)
    batches = IdentityBatches(table, part, config)
    assert batches.identities == 80
    turned = {0: (0, 1), 1: (2, 0), 2: (3, 2), 3: (1, 3)}
    seen = set()
    whole = [batches[index] for batches.epoch in range(8) for index in range(len(batches))]
    for images, number in whole:
        for image, of in zip(images, number[:, 0].astype(int), strict=True):
            if of >= 0:
                upright = np.rot90(image, -(of % 4))
                assert image[turned[of % 4]].all()
                assert part.identity_of(np.array([upright[2, 2, 0]]))[0] == np.unique(part.identity)[of // 4]
                seen.add(of % 4)
    assert seen == {0, 1, 2, 3}
    assert IdentityBatches(make_table(part), part, config).identities == 20  # features cannot be turned


@pytest.mark.parametrize("rotations", [True, False])
def test_a_mirror_image_is_another_thing_too(rotations: bool) -> None:
    part = make_part([4] * 20)
    table = np.zeros((part.images.max() + 1, 4, 4, 3), np.uint8)
    table[:, 0, 1] = 255
    config = TrainConfig(loss="triplet", rotations=rotations, reflections=True, batch_images=16)
    batches = IdentityBatches(table, part, config)
    sides = 8 if rotations else 2
    assert batches.identities == 20 * sides
    seen: dict[int, set[tuple[int, ...]]] = {}
    for images, number in [batches[index] for batches.epoch in range(12) for index in range(len(batches))]:
        for image, of in zip(images, number[:, 0].astype(int), strict=True):
            if of >= 0:
                seen.setdefault(of % sides, set()).add(tuple(np.argwhere(image[..., 0])[0].tolist()))
    assert set(seen) == set(range(sides))
    assert all(len(places) == 1 for places in seen.values())
    assert len(set.union(*seen.values())) == sides  # the mark is on no axis: each side shows it elsewhere


def test_a_collage_is_a_new_thing_of_two_cut_alike_in_all_its_pictures() -> None:
    part = make_part([8] * 20)
    table = np.empty((part.images.max() + 1, 9, 9, 3), np.uint8)
    table[part.images] = np.searchsorted(np.unique(part.identity), part.identity)[:, None, None, None]
    config = TrainConfig(loss="triplet", collages=0.4, batch_images=32)
    batches = IdentityBatches(table, part, config)
    made, share = 0, []
    for images, number in [batches[index] for batches.epoch in range(12) for index in range(len(batches))]:
        of = number[:, 0].astype(int)
        new = of >= batches.identities
        share.append(new.mean())
        assert (images[~new & (of >= 0)] == of[~new & (of >= 0), None, None, None]).all()
        for collage in np.unique(of[new]):
            unit = images[of == collage]
            assert len(unit) == IdentityBatches.unit
            assert (unit == unit[0]).all()  # so are the pictures of both things here, and the cut is one
            assert len(np.unique(unit)) == 2
            assert np.bincount(unit[0, :, :, 0].ravel()).max() < 0.8 * 81
            made += 1
    assert made > 50 and 0.3 < np.mean(share) < 0.4  # some met their own thing
    again = IdentityBatches(table, part, config)
    batches.begin(0)
    assert all((x == y).all() for x, y in zip(again[1], batches[1], strict=True))
    features = IdentityBatches(make_table(part), part, config)
    assert all(features[index][1].max() < 20 for index in range(len(features)))


@pytest.mark.parametrize(("together", "categories"), [(8, 4), (32, 1)])
def test_as_many_images_of_a_category_stand_together_as_was_asked_for(together: int, categories: int) -> None:
    part = make_part([4] * 64, categories=2)
    batches = batches_of(IdentityBatches, part, loss="triplet", batch_images=32, images_together=together)
    assert len(batches) == 8
    for index in range(len(batches)):
        images, _ = batches[index]
        found = part.category_of(images[:, 0].astype(int))
        changes = int((np.diff(found) != 0).sum())
        assert changes <= categories - 1
        assert (found[:together] == found[0]).all()
