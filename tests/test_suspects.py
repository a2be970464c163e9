"""Suspects: injected label errors are found, what a person judged is not suspected again."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from siamese_nb import likeness
from siamese_nb.dataset import Dataset
from siamese_nb.descriptors import describe_looks
from siamese_nb.errors import InputError
from siamese_nb.layouts import NOT_IN_USE
from siamese_nb.review import add_verdict
from siamese_nb.scanning import scan
from siamese_nb.suspects import find_suspects


@pytest.fixture(scope="module")
def dataset(make_identities, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return scan(make_identities(tmp_path_factory.mktemp("things"), categories=2, things=5, pictures=4))


@pytest.fixture
def embeddings(dataset: Dataset) -> np.ndarray:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(dataset.n_identities, 8))
    return (centres[dataset.identity] + 0.1 * rng.normal(size=(len(dataset.paths), 8))).astype(np.float32)


def nearest_slowly(embeddings: np.ndarray, dataset: Dataset, row: int) -> tuple[int, int, float]:
    """Return the nearest of the own thing, of another, and by how much the former is nearer, one by one."""
    best: dict[bool, tuple[float, int]] = {True: (-2.0, -1), False: (-2.0, -1)}
    for at in range(len(embeddings)):
        if at == row or dataset.identity[at] == NOT_IN_USE:
            continue
        one, two = embeddings[row].astype(float), embeddings[at].astype(float)
        likeness = float(one @ two / np.linalg.norm(one) / np.linalg.norm(two))
        same = bool(dataset.identity[at] == dataset.identity[row])
        best[same] = max(best[same], (likeness, at))
    return best[True][1], best[False][1], best[True][0] - best[False][0]


def test_a_picture_in_the_wrong_folder_comes_first_with_its_nearest(dataset, embeddings):
    wrong = 6
    identity = dataset.identity.copy()
    identity[wrong] = identity[30]
    swapped = replace(dataset, identity=identity)
    first, second = find_suspects(swapped, embeddings)[:2]
    own, other, margin = nearest_slowly(embeddings, swapped, wrong)
    assert margin < 0
    assert (first.one, first.two, first.genuine) == (dataset.paths[wrong], dataset.paths[own], True)
    assert (second.one, second.two, second.genuine) == (dataset.paths[wrong], dataset.paths[other], False)
    assert dataset.identity[other] == dataset.identity[wrong]


def test_sound_things_are_not_suspected(dataset, embeddings):
    assert find_suspects(dataset, embeddings) == []


def test_the_order_is_that_of_the_slow_loop(dataset, monkeypatch):
    embeddings = np.random.default_rng(1).normal(size=(len(dataset.paths), 5)).astype(np.float32)
    monkeypatch.setattr(likeness, "_CELLS", 3 * len(dataset.paths))
    identity = dataset.identity.copy()
    identity[3] = NOT_IN_USE
    partly = replace(dataset, identity=identity)
    slow = {row: nearest_slowly(embeddings, partly, row) for row in range(len(identity)) if row != 3}
    ranked = sorted((row for row in slow if slow[row][2] < 0), key=lambda row: slow[row][2])
    expected: list[frozenset[str]] = []
    for row in ranked:
        for at in slow[row][:2]:
            pair = frozenset({dataset.paths[row], dataset.paths[at]})
            expected += [pair] if pair not in expected else []
    assert [frozenset({pair.one, pair.two}) for pair in find_suspects(partly, embeddings, most=999)] == expected
    assert len(find_suspects(partly, embeddings, most=7)) == 7


def test_what_was_judged_is_not_suspected_again(make_couples, tmp_path: Path):
    root = make_couples(tmp_path / "data", categories=1, couples=6)
    scanned = scan(root)
    embeddings = np.random.default_rng(2).normal(size=(12, 4)).astype(np.float32)
    before = find_suspects(scanned, embeddings)
    add_verdict(root, before[0].two, before[0].one, "same thing")
    assert find_suspects(scanned, embeddings) == before[1:]


def test_looks_find_pictures_in_the_wrong_folder(dataset):
    _, bank = dataset.decode((32, 32))
    wrong = [2, 17]
    identity = dataset.identity.copy()
    identity[wrong] = identity[[20, 38]]
    found = find_suspects(replace(dataset, identity=identity), describe_looks(bank.images), fewest=3, most=4)
    assert {pair.one for pair in found} == {dataset.paths[row] for row in wrong}


@pytest.mark.parametrize("size", [(16, 16), (33, 50)])
def test_looks_are_the_same_alone_and_among_others(size):
    images = np.random.default_rng(0).integers(0, 256, (5, *size, 3), np.uint8)
    images[3] = 200
    together = describe_looks(images)
    assert together.shape == (5, 640)
    assert np.isfinite(together).all()
    for row in range(5):
        assert np.allclose(describe_looks(images[row : row + 1])[0], together[row], atol=1e-6)
    assert describe_looks(images[:0]).shape == (0, 640)


def test_small_things_can_be_left_alone_and_one_thing_has_no_stranger(dataset, embeddings):
    random = np.random.default_rng(1).normal(size=embeddings.shape).astype(np.float32)
    assert find_suspects(dataset, random)
    assert find_suspects(dataset, random, fewest=5) == []
    assert find_suspects(replace(dataset, identity=np.zeros_like(dataset.identity)), random) == []


def test_each_picture_needs_an_embedding(dataset, embeddings):
    with pytest.raises(InputError, match="for 40 pictures: give one row each"):
        find_suspects(dataset, embeddings[1:])
