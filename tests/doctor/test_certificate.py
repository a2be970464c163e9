"""The certificate: it holds for every split that is made, and for none that leaks."""

import itertools
import json
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from siamese_nb.bank import Bank
from siamese_nb.dataset import Dataset
from siamese_nb.doctor import NEAR, certificate, certified_split
from siamese_nb.errors import InputError
from siamese_nb.layouts import NOT_IN_USE
from siamese_nb.split import PARTS, Split, make_split

DATASETS = 2000
module = import_module("siamese_nb.doctor.certificate")  # the package gives the function of that name


def random_dataset(rng: np.random.Generator) -> tuple[Dataset, np.ndarray, np.ndarray]:
    """Draw things in categories, with copies, chains of near-duplicates and pictures not in use."""
    things, categories = int(rng.integers(6, 40)), int(rng.integers(1, 5))
    sizes = rng.integers(1, 5, things)
    identity = np.repeat(np.arange(things), sizes)
    category = np.repeat(rng.integers(0, categories, things), sizes)
    n = len(identity)
    identity[rng.random(n) < 0.1] = NOT_IN_USE
    digests = rng.integers(0, 2**63, n, np.uint64)
    hashes = rng.integers(0, 2**64, (n, 4), np.uint64)
    for one, two in rng.integers(0, n, (rng.integers(0, 6), 2)):
        digests[one] = digests[two]
    for one, two in rng.integers(0, n, (rng.integers(0, 10), 2)):
        hashes[one] = hashes[two]
        for bit in rng.choice(256, rng.integers(0, NEAR + 6), replace=False):
            hashes[one, bit // 64] ^= np.uint64(1) << np.uint64(bit % 64)
    paths = tuple(f"{row}.png" for row in range(n))
    names = tuple(map(str, range(categories)))
    return Dataset(Path("data"), "identities", paths, identity, category, names, ()), digests, hashes


def leaks(split: Split, dataset: Dataset, digests: np.ndarray, hashes: np.ndarray) -> bool:
    """Look for anything in common, pair by pair."""
    words = [[int(word) for word in row] for row in hashes]
    for one, two in itertools.combinations(PARTS, 2):
        for a, b in itertools.product(getattr(split, one).images.tolist(), getattr(split, two).images.tolist()):
            near = sum((x ^ y).bit_count() for x, y in zip(words[a], words[b], strict=True)) <= NEAR
            if a == b or near or digests[a] == digests[b] or dataset.identity[a] == dataset.identity[b]:
                return True
    return False


def test_every_split_of_thousands_of_random_datasets_is_certified(monkeypatch: pytest.MonkeyPatch) -> None:
    rng, made, leaking = np.random.default_rng(0), 0, 0
    for number in range(DATASETS):
        dataset, digests, hashes = random_dataset(rng)
        monkeypatch.setattr(module, "appearance_of", lambda _, known=hashes: SimpleNamespace(hashes=known))
        bank = Bank(np.empty((len(digests), 0, 0, 3), np.uint8), digests, ())
        by = ("identity", "category")[number % 2]
        try:
            split, proof = certified_split(dataset, bank, seed=number, by=by)
            careless = make_split(dataset, digests, seed=number)
        except InputError:  # joined, too few things were left
            continue
        made += 1
        assert proof.holds, str(proof)
        found = certificate(careless, digests, hashes, dataset.identity)
        assert found.files == found.identities == found.images == 0
        leaking += not found.holds
        if number % 30 == 0:
            assert not leaks(split, dataset, digests, hashes)
            assert found.holds != leaks(careless, dataset, digests, hashes)
    assert made > DATASETS / 3
    assert leaking > made / 20, "hardly any dataset put the certificate to the test"


@pytest.fixture
def sound() -> tuple[Split, Dataset, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    dataset = Dataset(
        Path("data"), "couples", tuple(map(str, range(40))), np.repeat(np.arange(20), 2), np.zeros(40, int), ("c",), ()
    )
    digests, hashes = rng.integers(0, 2**63, 40, np.uint64), rng.integers(0, 2**64, (40, 4), np.uint64)
    return make_split(dataset, digests), dataset, digests, hashes


def test_each_kind_of_leak_is_counted(sound: tuple[Split, Dataset, np.ndarray, np.ndarray]) -> None:
    split, dataset, digests, hashes = sound
    train, test = split.train.images, split.test.images
    whole = certificate(split, digests, hashes, dataset.identity)
    assert whole.holds
    assert sum(whole.sizes.values()) == 40
    copied, looks, things = digests.copy(), hashes.copy(), dataset.identity.copy()
    copied[test[:2]] = copied[train[:2]]
    looks[test[0]] = looks[train[0]]
    looks[test[0], 1] ^= np.uint64(2**NEAR - 1)
    things[test[0]] = things[train[0]]
    assert certificate(split, copied, hashes, dataset.identity).files == 2
    assert certificate(split, digests, looks, dataset.identity).near_duplicates == 1
    assert certificate(split, digests, looks, dataset.identity, distance=NEAR - 1).holds
    assert certificate(split, digests, hashes, things).identities == 1
    shared = replace(split, test=split.train)
    found = certificate(shared, digests, hashes, dataset.identity)
    assert (found.images, found.identities) == (len(train), len(train) // 2)
    assert not found.holds
    assert str(found).startswith("NOT CERTIFIED: train (24 images)")


def test_it_is_said_in_a_sentence_and_kept_as_plain_values(
    sound: tuple[Split, Dataset, np.ndarray, np.ndarray],
) -> None:
    split, dataset, digests, hashes = sound
    proof = certificate(split, digests, hashes, dataset.identity)
    assert "share no image, no near-duplicate and no identity" in str(proof)
    assert json.loads(json.dumps(proof.to_dict()))["holds"] is True
