"""Splits that leak nothing, and pairs drawn from them: properties over thousands of random datasets."""

import itertools
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from siamese_nb.dataset import Dataset
from siamese_nb.errors import InputError
from siamese_nb.layouts import NOT_IN_USE
from siamese_nb.pairs import ACROSS, GENUINE_PAIR, WITHIN, Part
from siamese_nb.split import PARTS, Split, make_split, merged_identities, whole

SHARE = {"train": 0.6, "validation": 0.2, "test": 0.2}


def make_dataset(identity, category, labelled=(), layout: str = "identities") -> Dataset:
    """Make a dataset of pictures that need not exist."""
    return Dataset(
        root=Path("data"),
        layout=layout,
        paths=tuple(f"{row}.png" for row in range(len(identity))),
        identity=np.array(identity, np.int64),
        category=np.array(category, np.int64),
        categories=tuple(f"category{number}" for number in range(max(category, default=-1) + 1)),
        problems=(),
        labelled=np.array(labelled, np.int64).reshape(-1, 3),
    )


def distinct(dataset: Dataset) -> np.ndarray:
    """Make digests that are all different."""
    return np.random.default_rng(0).permutation(len(dataset.paths)).astype(np.uint64) * np.uint64(2**40)


def couples(*per_category: int) -> Dataset:
    category = np.repeat(np.arange(len(per_category)), per_category)
    return make_dataset(np.repeat(np.arange(len(category)), 2), np.repeat(category, 2).tolist(), layout="couples")


def random_dataset(seed: int) -> tuple[Dataset, np.ndarray]:
    """Draw things of 1 to 5 pictures in 1 to 6 categories, some pictures not in use, some of them copies of others."""
    rng = np.random.default_rng(seed)
    things = int(rng.integers(1, 40))
    sizes = np.full(things, 2) if rng.random() < 0.5 else rng.integers(1, 6, things)
    category_of_thing = rng.integers(0, rng.integers(1, 7), things)
    order = rng.permutation(sizes.sum())
    identity = np.repeat(rng.permutation(things), sizes)[order]
    category = np.repeat(category_of_thing, sizes)[order]
    identity[rng.random(len(identity)) < rng.choice([0, 0.1])] = NOT_IN_USE
    dataset = make_dataset(identity, category.tolist())
    digests = distinct(dataset)
    copies = rng.integers(0, len(identity), (rng.integers(0, 4), 2))
    digests[copies[:, 0]] = digests[copies[:, 1]]
    return dataset, digests


def slow_merged(dataset: Dataset, digests: np.ndarray) -> list[set[int]]:
    """Join pictures that share an identity or a digest until nothing changes."""
    sets = [{row} for row in np.flatnonzero(dataset.identity != NOT_IN_USE).tolist()]
    for one, two in itertools.combinations(np.flatnonzero(dataset.identity != NOT_IN_USE).tolist(), 2):
        if dataset.identity[one] == dataset.identity[two] or digests[one] == digests[two]:
            a, b = (next(group for group in sets if row in group) for row in (one, two))
            if a is not b:
                sets.remove(b)
                a |= b
    return sets


def parts_of(split: Split) -> list[Part]:
    return [getattr(split, name) for name in PARTS]


def rows_of(pairs, chosen=slice(None)) -> list[tuple[int, int]]:
    return list(zip(pairs.one[chosen].tolist(), pairs.two[chosen].tolist(), strict=True))


# Splits


@given(st.integers(0, 10**6))
@settings(max_examples=100, deadline=None)
def test_merged_identities_match_a_slow_loop(seed: int) -> None:
    dataset, digests = random_dataset(seed)
    merged = merged_identities(dataset, digests)
    assert ((merged == NOT_IN_USE) == (dataset.identity == NOT_IN_USE)).all()
    found = {frozenset(np.flatnonzero(merged == number).tolist()) for number in set(merged.tolist()) - {NOT_IN_USE}}
    assert found == set(map(frozenset, slow_merged(dataset, digests)))


def test_copies_chain_things_together() -> None:
    dataset = make_dataset([0, 0, 1, 1, 2, 2, 3, 3], [0] * 8)
    digests = np.array([1, 2, 2, 3, 3, 4, 5, 6], np.uint64)
    merged = merged_identities(dataset, digests)
    assert len(set(merged[:6].tolist())) == 1
    assert merged[6] == merged[7] != merged[0]


def test_copies_that_are_not_in_use_tie_nothing() -> None:
    merged = merged_identities(make_dataset([0, -1, 1, 1], [0] * 4), np.array([7, 7, 7, 8], np.uint64) + 0)
    assert merged[0] == merged[2]
    merged = merged_identities(make_dataset([0, -1, -1, 1], [0] * 4), np.array([7, 7, 8, 8], np.uint64))
    assert merged[0] != merged[3]
    assert merged[1] == merged[2] == NOT_IN_USE


@pytest.mark.parametrize("by", ["identity", "category"])
def test_thousands_of_splits_share_nothing(by: str) -> None:
    made = 0
    for seed in range(1500):
        dataset, digests = random_dataset(seed)
        try:
            split = make_split(dataset, digests, seed=seed % 7, by=by)
        except InputError as error:
            assert "\n" not in str(error)
            continue
        made += 1
        parts = parts_of(split)
        together = np.concatenate([part.images for part in parts])
        assert np.array_equal(np.sort(together), np.flatnonzero(dataset.identity != NOT_IN_USE))
        for one, two in itertools.combinations(parts, 2):
            assert not np.isin(digests[one.images], digests[two.images]).any()
            assert not np.isin(dataset.identity[one.images], dataset.identity[two.images]).any()
            assert not np.isin(one.identity, two.identity).any()
            if by == "category":
                assert not np.isin(dataset.category[one.images], dataset.category[two.images]).any()
        for part in parts:
            assert len(part.genuine()) >= 1
            assert len(np.unique(part.identity)) >= 2
    assert made > (800 if by == "identity" else 200)


def test_a_split_is_refused_only_where_there_is_too_little() -> None:
    refused = 0
    for seed in range(800):
        dataset, digests = random_dataset(seed)
        groups = slow_merged(dataset, digests) if len(dataset.paths) < 60 else None
        if groups is None:
            continue
        enough = dataset.n_couples >= 8 and len(groups) >= 7 and sum(len(group) > 1 for group in groups) >= len(PARTS)
        try:
            make_split(dataset, digests, seed=seed)
        except InputError:
            refused += 1
            assert not enough
        else:
            assert enough
    assert refused > 50


@pytest.mark.parametrize("sizes", [(8,), (4, 4), (1,) * 8, (7, 1), (9,), (3, 3, 3), (1,) * 12])
def test_eight_couples_suffice(sizes: tuple[int, ...]) -> None:
    dataset = couples(*sizes)
    for seed in range(20):
        for part in parts_of(make_split(dataset, distinct(dataset), seed=seed)):
            assert len(part.genuine()) >= 2
            for negatives in ("across", "within", "mixed"):
                pairs = part.judged(0, 3, negatives)
                assert set(pairs.label.tolist()) == {0, 1}


def test_seven_couples_are_too_few() -> None:
    dataset = couples(4, 3)
    with pytest.raises(InputError, match=r"data has 7 couples; a network needs at least 8 .*: add couples"):
        make_split(dataset, distinct(dataset))


def test_too_few_things_are_said() -> None:
    dataset = make_dataset(np.repeat(np.arange(4), 5), [0] * 20)
    with pytest.raises(InputError, match=r"does not suffice .* add couples of more things"):
        make_split(dataset, distinct(dataset))
    copies = couples(10)
    with pytest.raises(InputError, match="does not suffice"):
        make_split(copies, np.zeros(20, np.uint64))


def test_a_split_by_category_needs_categories() -> None:
    with pytest.raises(InputError, match="add categories, or split by identity"):
        make_split(couples(20), distinct(couples(20)), by="category")
    dataset = couples(5, 5, 5, 5)
    split = make_split(dataset, distinct(dataset), by="category")
    assert [len(np.unique(part.category)) for part in parts_of(split)] == [2, 1, 1]


def test_a_split_by_category_gives_no_part_only_what_cannot_stand_alone() -> None:
    for sizes in ((1, 6, 6, 6, 1), (1, 6, 1, 6, 1, 6, 1, 1)):
        dataset = couples(*sizes)
        for seed in range(50):
            make_split(dataset, distinct(dataset), seed=seed, by="category")


def test_categories_that_share_a_copy_stay_together() -> None:
    dataset = couples(5, 5, 5, 5, 5)
    digests = distinct(dataset)
    digests[0] = digests[12]  # a picture of category 0 is one of category 1
    for seed in range(10):
        parts = parts_of(make_split(dataset, digests, seed=seed, by="category"))
        holders = [part for part in parts if np.isin(dataset.category[part.images], [0, 1]).any()]
        assert len(holders) == 1


@given(st.lists(st.integers(1, 60), min_size=1, max_size=12).filter(lambda sizes: sum(sizes) >= 8), st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_each_category_is_spread_in_proportion(sizes: list[int], seed: int) -> None:
    dataset = couples(*sizes)
    split = make_split(dataset, distinct(dataset), seed=seed)
    for name, share in SHARE.items():
        part = getattr(split, name)
        things = np.bincount(part.category, minlength=len(sizes)) / 2
        assert np.abs(things - share * np.array(sizes)).max() < 2
        assert abs(things.sum() - share * sum(sizes)) < 1.5


def test_things_with_one_picture_do_not_crowd_a_part() -> None:
    sizes = np.array([1] * 300 + [3] * 20)
    identity = np.repeat(np.arange(320), sizes)
    dataset = make_dataset(identity, (identity % 4).tolist())
    for seed in range(20):
        counts = [len(part.genuine()) for part in parts_of(make_split(dataset, distinct(dataset), seed=seed))]
        assert counts == [36, 12, 12]


def test_a_split_depends_on_the_seed_and_on_nothing_else() -> None:
    dataset = couples(10, 13, 17)
    digests = distinct(dataset)

    def images(**options) -> list[list[int]]:
        chosen = {"dataset": dataset, "digests": digests, "seed": 3, **options}
        split = make_split(chosen["dataset"], chosen["digests"], seed=chosen["seed"])
        return [part.images.tolist() for part in parts_of(split)]

    first = images()
    np.random.seed(5)
    assert images() == first
    assert images(digests=digests[::-1].copy()) == first
    elsewhere = replace(dataset, root=Path("elsewhere"), paths=tuple(f"x{row}.jpg" for row in range(80)))
    assert images(dataset=elsewhere) == first
    assert images(seed=4) != first
    assert len({str(images(seed=seed)) for seed in range(20)}) == 20


def test_every_thing_can_come_into_every_part() -> None:
    dataset = couples(5, 5)
    for part in PARTS:
        seen = [getattr(make_split(dataset, distinct(dataset), seed=seed), part).images for seed in range(60)]
        assert set(np.concatenate(seen).tolist()) == set(range(20))


# Drawing


def make_part(seed: int = 0, categories: int = 3, most: int = 5) -> Part:
    rng = np.random.default_rng(seed)
    things = int(rng.integers(2, 12))
    identity = np.repeat(np.arange(things), rng.integers(1, most, things))
    category = np.repeat(rng.integers(0, categories, things), np.bincount(identity))
    dataset = make_dataset(identity, category.tolist())
    order = rng.permutation(len(identity))
    shuffled = make_dataset(dataset.identity[order], dataset.category[order].tolist())
    return whole(shuffled, distinct(shuffled))


def facts(part: Part) -> tuple[dict[int, int], dict[int, int]]:
    """Look up each image's identity and category."""
    images = part.images.tolist()
    return dict(zip(images, part.identity.tolist(), strict=True)), dict(
        zip(images, part.category.tolist(), strict=True)
    )


@given(st.integers(0, 10**6))
@settings(max_examples=150, deadline=None)
def test_genuine_pairs_are_all_of_them_once(seed: int) -> None:
    part = make_part(seed)
    identity, _ = facts(part)
    expected = {
        frozenset(pair)
        for pair in itertools.combinations(part.images.tolist(), 2)
        if len({identity[i] for i in pair}) == 1
    }
    found = [frozenset(pair) for pair in part.genuine().tolist()]
    assert len(found) == len(set(found))
    assert set(found) == expected


@given(
    st.integers(0, 10**6), st.sampled_from(["across", "within", "mixed"]), st.sampled_from([0.3, 1, 2.5, 3]),
    st.integers(1, 4),
)  # fmt: skip
@settings(max_examples=400, deadline=None)
def test_labels_and_kinds_match_a_slow_loop(seed: int, negatives: str, neg_factor: float, categories: int) -> None:
    part = make_part(seed, categories)
    identity, category = facts(part)
    pairs = part.draw(np.random.default_rng(seed), neg_factor, negatives)
    genuine = len(part.genuine())
    things = len(set(identity.values()))
    assert int(pairs.label.sum()) == genuine
    assert len(pairs) - genuine == (round(genuine * neg_factor) if things > 1 else 0)
    in_category = {c: {identity[i] for i in identity if category[i] == c} for c in set(category.values())}
    for one, two, label, kind in zip(*(column.tolist() for column in vars(pairs).values()), strict=True):
        assert label == (identity[one] == identity[two])
        expected = GENUINE_PAIR if label else WITHIN if category[one] == category[two] else ACROSS
        assert kind == expected
        assert one != two
        if not label:
            can_cross, can_stay = len(in_category) > 1, len(in_category[category[one]]) > 1
            wanted = {"across": ACROSS, "within": WITHIN}.get(negatives, kind)
            fallback = {ACROSS: WITHIN if not can_cross else ACROSS, WITHIN: ACROSS if not can_stay else WITHIN}
            assert kind == fallback[wanted]


def balanced_part() -> Part:
    """Make categories of 2, 5 and 9 things of two pictures each, their rows mixed up."""
    dataset = couples(2, 5, 9)
    order = np.random.default_rng(4).permutation(32)
    mixed = make_dataset(dataset.identity[order], dataset.category[order].tolist())
    return whole(mixed, distinct(mixed))


@pytest.mark.parametrize("negatives", ["across", "within"])
def test_partners_are_equally_likely(negatives: str) -> None:
    part = balanced_part()
    identity, category = facts(part)
    pairs = part.draw(np.random.default_rng(1), 900, negatives)
    counts = Counter(rows_of(pairs, pairs.label == 0))
    tested = 0
    for thing in set(identity.values()):
        anchors = [image for image in identity if identity[image] == thing]
        allowed = [
            image
            for image in identity
            if (
                category[image] != category[anchors[0]]
                if negatives == "across"
                else category[image] == category[anchors[0]]
            )
            and identity[image] != thing
        ]
        observed = [sum(counts[anchor, image] for anchor in anchors) for image in allowed]
        assert sum(observed) == 900
        assert chisquare(observed).pvalue > 1e-4
        tested += 1
    assert tested == 16


def test_mixed_draws_half_of_each() -> None:
    pairs = balanced_part().draw(np.random.default_rng(1), 500, "mixed")
    impostors = pairs.kind[pairs.label == 0]
    assert abs((impostors == WITHIN).mean() - 0.5) < 0.02


def test_one_category_leaves_within_and_single_things_leave_across() -> None:
    one = whole(couples(6), distinct(couples(6)))
    assert set(one.draw(np.random.default_rng(0), 5, "across").kind.tolist()) == {GENUINE_PAIR, WITHIN}
    single = whole(couples(1, 1, 1), distinct(couples(1, 1, 1)))
    assert set(single.draw(np.random.default_rng(0), 5, "within").kind.tolist()) == {GENUINE_PAIR, ACROSS}


def test_impostors_start_at_each_genuine_pair_alike() -> None:
    part = balanced_part()
    identity, _ = facts(part)
    pairs = part.draw(np.random.default_rng(0), 3)
    starts = Counter(identity[one] for one, _ in rows_of(pairs, pairs.label == 0))
    assert set(starts.values()) == {3}
    pairs = part.draw(np.random.default_rng(0), 40)
    both = Counter(one for one, _ in rows_of(pairs, pairs.label == 0))
    assert len(both) == 32
    assert max(both.values()) < 35


@pytest.mark.parametrize("neg_factor", [0.25, 1.5])
def test_a_part_of_a_round_favours_no_category(neg_factor: float) -> None:
    part = balanced_part()
    _, category = facts(part)
    starts: Counter[int] = Counter()
    for seed in range(300):
        pairs = part.draw(np.random.default_rng(seed), neg_factor)
        starts.update(category[one] for one, _ in rows_of(pairs, pairs.label == 0))
    total = sum(starts.values())
    assert total == 300 * round(16 * neg_factor)
    for number, things in enumerate((2, 5, 9)):
        assert abs(starts[number] / total - things / 16) < 0.04


def test_pairs_are_drawn_anew_by_another_generator_and_the_same_by_an_equal_one() -> None:
    part = balanced_part()

    def impostors(seed: int) -> list[tuple[int, int]]:
        pairs = part.draw(np.random.default_rng(seed), 3, "mixed")
        return rows_of(pairs, pairs.label == 0)

    assert impostors(0) == impostors(0)
    assert impostors(0) != impostors(1)
    generator = np.random.default_rng(0)
    epochs = [rows_of(part.draw(generator, 3, "mixed")) for _ in range(5)]
    assert len(set(map(tuple, epochs))) == 5


def test_at_most_so_many_genuine_pairs_are_drawn() -> None:
    part = whole(dataset := make_dataset(np.repeat(np.arange(5), 8), [0] * 40), distinct(dataset))
    every = set(map(tuple, part.genuine().tolist()))
    assert len(every) == 140
    drawn = [part.draw(np.random.default_rng(seed), 2, "within", 30) for seed in range(40)]
    for pairs in drawn:
        genuine = rows_of(pairs, pairs.label == 1)
        assert len(genuine) == len(set(genuine)) == 30
        assert len(pairs) == 90
        assert set(genuine) <= every
    assert set().union(*(rows_of(pairs, pairs.label == 1) for pairs in drawn)) == every


def test_copies_are_never_impostors() -> None:
    for seed in range(300):
        dataset, digests = random_dataset(seed)
        part = whole(dataset, digests)
        for negatives in ("across", "within", "mixed"):
            pairs = part.draw(np.random.default_rng(seed), 4, negatives)
            impostor = pairs.label == 0
            assert (digests[pairs.one[impostor]] != digests[pairs.two[impostor]]).all()
            assert (dataset.identity[pairs.one[impostor]] != dataset.identity[pairs.two[impostor]]).all()
            assert (dataset.identity[np.stack([pairs.one, pairs.two])] != NOT_IN_USE).all()


def test_one_thing_or_none_gives_no_impostors() -> None:
    one = make_dataset([0, 0, 0], [0] * 3)
    pairs = whole(one, distinct(one)).draw(np.random.default_rng(0), 3)
    assert pairs.label.tolist() == [1, 1, 1]
    for identity in ([], [-1, -1], [0, 1, 2]):
        dataset = make_dataset(identity, [0] * len(identity))
        part = whole(dataset, distinct(dataset))
        assert len(part.draw(np.random.default_rng(0), 3)) == 0
        assert len(part.judged(0, 3, "across")) == 0


# What is judged


@pytest.mark.parametrize(("negatives", "other"), [("across", WITHIN), ("within", ACROSS)])
def test_the_judged_pairs_hold_the_other_kind_apart(negatives: str, other: int) -> None:
    part = balanced_part()
    pairs = part.judged(7, 3, negatives)
    main = {ACROSS, WITHIN} - {other}
    assert set(pairs.kind[pairs.counted].tolist()) == {GENUINE_PAIR} | main
    assert set(pairs.kind[~pairs.counted].tolist()) == {other}
    assert (int(pairs.label.sum()), int(pairs.counted.sum()), len(pairs)) == (16, 16 * 4, 16 * 7)
    assert pairs.counted[pairs.label == 1].all()


def test_the_judged_pairs_of_both_kinds_all_count() -> None:
    pairs = balanced_part().judged(7, 3, "mixed")
    assert pairs.counted.all()
    assert len(pairs) == 16 * 4


@pytest.mark.parametrize("negatives", ["across", "within", "mixed"])
def test_the_judged_pairs_depend_on_the_seed_alone(negatives: str) -> None:
    part = balanced_part()
    first = part.judged(7, 3, negatives)
    np.random.seed(1)
    again = part.judged(7, 3, negatives)
    assert rows_of(first) == rows_of(again)
    assert np.array_equal(first.counted, again.counted)
    assert rows_of(part.judged(8, 3, negatives)) != rows_of(first)


# Files of pairs


def labelled_dataset(seed: int = 0, things: int = 30, impostors: int = 200) -> Dataset:
    """Make things of 3 pictures with two genuine pairs each, and impostor pairs between them."""
    rng = np.random.default_rng(seed)
    identity = np.repeat(np.arange(things), 3)
    first = np.arange(things) * 3
    genuine = np.concatenate([np.stack([first, first + 1], 1), np.stack([first + 1, first + 2], 1)])
    impostor = rng.integers(0, len(identity), (impostors, 2))
    impostor = impostor[identity[impostor[:, 0]] != identity[impostor[:, 1]]]
    labelled = [(*pair, 1) for pair in genuine.tolist()] + [(*pair, 0) for pair in impostor.tolist()]
    return make_dataset(identity, [0] * len(identity), labelled, "pairs")


def test_given_pairs_stay_in_their_part_and_are_the_only_ones() -> None:
    dataset = labelled_dataset()
    label_of = {(one, two): label for one, two, label in dataset.labelled.tolist()}
    parts = parts_of(make_split(dataset, distinct(dataset)))
    kept = 0
    for part in parts:
        inside = [row for row in dataset.labelled.tolist() if {row[0], row[1]} <= set(part.images.tolist())]
        assert part.labelled.tolist() == inside
        kept += len(inside)
        pairs = part.draw(np.random.default_rng(0), 100, "mixed")
        assert sorted(rows_of(pairs)) == sorted((one, two) for one, two, _ in inside)
        assert [label_of[pair] for pair in rows_of(pairs)] == pairs.label.tolist()
    genuine = int(dataset.labelled[:, 2].sum())
    assert sum(int(part.labelled[:, 2].sum()) for part in parts) == genuine, "a genuine pair lies across two parts"
    assert kept < len(dataset.labelled), "no impostor lay across two parts: the test says nothing"


def test_of_many_given_impostors_others_are_drawn_each_time() -> None:
    part = whole(dataset := labelled_dataset(), distinct(dataset))
    drawn = [part.draw(np.random.default_rng(seed), 0.5) for seed in range(2)]
    rows = [rows_of(pairs, pairs.label == 0) for pairs in drawn]
    assert [len(found) for found in rows] == [30, 30]
    assert len(set(rows[0])) > 25
    assert rows[0] != rows[1]


def test_given_pairs_are_judged_as_they_are() -> None:
    dataset = labelled_dataset()
    pairs = whole(dataset, distinct(dataset)).judged(0, 0.1, "across")
    assert sorted(zip(*(column.tolist() for column in (pairs.one, pairs.two, pairs.label)), strict=True)) == sorted(
        map(tuple, dataset.labelled.tolist())
    )
    assert pairs.counted.all()


def test_without_given_impostors_they_are_drawn() -> None:
    dataset = labelled_dataset(impostors=0)
    part = whole(dataset, distinct(dataset))
    pairs = part.draw(np.random.default_rng(0), 2)
    assert (int(pairs.label.sum()), len(pairs)) == (60, 180)
    impostor = pairs.label == 0
    assert (dataset.identity[pairs.one[impostor]] != dataset.identity[pairs.two[impostor]]).all()


def test_a_given_impostor_of_two_copies_is_dropped() -> None:
    dataset = make_dataset([0, 0, 1, 1], [0] * 4, [(0, 1, 1), (2, 3, 1), (0, 2, 0), (1, 3, 0)], "pairs")
    assert whole(dataset, distinct(dataset)).labelled.tolist() == dataset.labelled.tolist()
    copies = np.array([1, 2, 1, 3], np.uint64)
    assert whole(dataset, copies).labelled.tolist() == [[0, 1, 1], [2, 3, 1]]


# Parts


def test_whole_leaves_out_every_thing_that_was_seen() -> None:
    for seed in range(300):
        dataset, digests = random_dataset(seed)
        rng = np.random.default_rng(seed)
        seen = np.append(digests[rng.random(len(digests)) < 0.1], np.uint64(3))
        part = whole(dataset, digests, seen)
        expected = {
            row
            for group in slow_merged(dataset, digests)
            if not np.isin(digests[list(group)], seen).any()
            for row in group
        }
        assert set(part.images.tolist()) == expected
    everything = whole(dataset, digests)
    assert set(everything.images.tolist()) == set(np.flatnonzero(dataset.identity != NOT_IN_USE).tolist())


def test_the_test_part_is_what_a_whole_without_the_rest_leaves() -> None:
    for seed in range(50):
        dataset, digests = random_dataset(seed)
        try:
            split = make_split(dataset, digests, seed=seed)
        except InputError:
            continue
        seen = digests[np.concatenate([split.train.images, split.validation.images])]
        left = whole(dataset, digests, seen)
        assert np.array_equal(left.images, split.test.images)
        assert np.array_equal(left.identity, split.test.identity)
        assert np.array_equal(left.category, split.test.category)


@given(st.integers(0, 10**6))
@settings(max_examples=100, deadline=None)
def test_a_part_of_a_part_keeps_what_its_images_show(seed: int) -> None:
    part = make_part(seed)
    identity, category = facts(part)
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(part.images)[: rng.integers(1, len(part.images) + 1)]
    smaller = part.only(chosen)
    assert set(smaller.images.tolist()) == set(chosen.tolist())
    assert smaller.identity_of(chosen).tolist() == [identity[image] for image in chosen.tolist()]
    assert smaller.category_of(chosen).tolist() == [category[image] for image in chosen.tolist()]
    pairs = smaller.draw(rng, 2, "mixed")
    assert set(pairs.one.tolist()) | set(pairs.two.tolist()) <= set(chosen.tolist())
    assert all(
        (identity[one] == identity[two]) == label for (one, two), label in zip(rows_of(pairs), pairs.label, strict=True)
    )


def test_a_part_of_labelled_images_keeps_the_pairs_between_them() -> None:
    dataset = labelled_dataset()
    part = whole(dataset, distinct(dataset)).only(np.arange(45))
    inside = [row for row in dataset.labelled.tolist() if row[0] < 45 and row[1] < 45]
    assert part.labelled.tolist() == inside


def test_pairs_are_taken_and_joined_by_row() -> None:
    pairs = balanced_part().draw(np.random.default_rng(0), 1)
    rows = np.array([5, 0, 31])
    taken = pairs.take(rows)
    assert rows_of(taken) == [rows_of(pairs)[row] for row in rows]
    assert taken.label.tolist() == [1, 1, 0]
    joined = taken.join(pairs)
    assert len(joined) == 35
    assert rows_of(joined)[3:] == rows_of(pairs)
    assert joined.kind.tolist() == [*taken.kind.tolist(), *pairs.kind.tolist()]
    judged = balanced_part().judged(0, 1, "across")
    assert rows_of(judged.join(pairs)) == [*rows_of(judged), *rows_of(pairs)]


@pytest.mark.parametrize("seed", range(200))
def test_pictures_that_are_said_to_be_the_same_are_joined(seed: int) -> None:
    dataset, digests = random_dataset(seed)
    rng = np.random.default_rng(seed)
    same = rng.integers(0, len(digests), (rng.integers(0, 5), 2))
    used = (dataset.identity[same] != NOT_IN_USE).all(axis=1)
    found, before = merged_identities(dataset, digests, same), merged_identities(dataset, digests)
    assert (found[same[used, 0]] == found[same[used, 1]]).all()
    # Two pictures are joined if and only if a chain of earlier groups and of given pairs leads from one to the other.
    groups = {int(number): int(number) for number in before if number != NOT_IN_USE}
    for _ in groups:
        for one, two in before[same[used]].tolist():
            groups[one] = groups[two] = min(groups[one], groups[two])
        groups = {number: groups[to] for number, to in groups.items()}
    rows = np.flatnonzero(dataset.identity != NOT_IN_USE)
    expected = np.array([groups[int(number)] for number in before[rows]], np.int64)
    np.testing.assert_array_equal(found[rows][:, None] == found[rows], expected[:, None] == expected)
    assert (found[dataset.identity == NOT_IN_USE] == NOT_IN_USE).all()


def test_a_sample_holds_whole_things_and_at_least_two() -> None:
    rows = 8 + np.arange(100)
    part = Part(rows, rows // 2, np.zeros_like(rows), np.empty((0, 3), np.int64))
    for images in (1, 10, 60):
        sample = part.sample(3, images)
        _, sizes = np.unique(sample.identity, return_counts=True)
        assert (sizes == 2).all()
        assert len(sizes) == 2 or images - 2 <= 2 * len(sizes) <= images
        assert np.isin(sample.images, part.images).all()
    assert np.array_equal(part.sample(3, 10).images, part.sample(3, 10).images)
    assert not np.array_equal(part.sample(3, 10).images, part.sample(4, 10).images)
    assert all(np.array_equal(part.sample(3, enough).images, part.images) for enough in (100, 2000))
