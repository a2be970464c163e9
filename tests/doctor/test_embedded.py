"""Checks with embeddings: copies in disguise and suspected labels."""

import numpy as np
import pytest

from siamese_nb.bank import Bank
from siamese_nb.dataset import Dataset
from siamese_nb.doctor import THUMBNAIL, examine
from siamese_nb.likeness import unit_length
from siamese_nb.scanning import scan

ROOM = 64


@pytest.fixture(scope="module")
def things(make_identities, tmp_path_factory) -> tuple[Dataset, Bank, np.ndarray]:
    """Two categories of eight things of three pictures, and embeddings in which each picture is near its thing."""
    root = make_identities(tmp_path_factory.mktemp("things"), categories=2, things=8, pictures=3)
    dataset, bank = scan(root).decode(THUMBNAIL)
    rng = np.random.default_rng(0)
    centre = unit_length(rng.normal(size=(dataset.n_identities, ROOM)))
    return dataset, bank, unit_length(centre[dataset.identity] + 0.08 * rng.normal(size=(len(dataset.paths), ROOM)))


def found(dataset: Dataset, bank: Bank, embeddings: np.ndarray | None, kind: str, **how: object) -> list[set[str]]:
    findings = examine(dataset, bank, embeddings, **how)
    return [set(group) for finding in findings if finding.kind == kind for group in finding.groups]


def test_sound_pictures_are_not_accused(things) -> None:
    kinds = {finding.kind for finding in examine(*things)}
    assert not {kind for kind in kinds if kind.startswith(("lookalike", "suspected"))}


@pytest.mark.parametrize("place", ["within_thing", "across_things", "across_categories"])
def test_a_copy_in_disguise_is_named_where_it_stands(things, place: str) -> None:
    dataset, bank, embeddings = things
    other = {"within_thing": 1, "across_things": 3, "across_categories": 24}[place]
    copied = embeddings.copy()
    copied[other] = copied[0] + 0.01
    assert found(dataset, bank, copied, f"lookalike_{place}") == [{dataset.paths[0], dataset.paths[other]}]
    assert found(dataset, bank, None, f"lookalike_{place}") == []


def test_to_a_network_that_was_taught_so_pictures_of_one_thing_are_no_copies(things) -> None:
    dataset, bank, embeddings = things
    copied = embeddings.copy()
    copied[[1, 3]] = copied[0] + 0.01
    across = [{dataset.paths[row], dataset.paths[3]} for row in (0, 1)]
    assert {dataset.paths[0], dataset.paths[1]} in found(dataset, bank, copied, "lookalike_within_thing")
    assert found(dataset, bank, copied, "lookalike_within_thing", trained=True) == []
    assert all(pair in found(dataset, bank, copied, "lookalike_across_things", trained=True) for pair in across)


def test_how_alike_a_copy_must_be_is_given(things) -> None:
    dataset, bank, embeddings = things
    cosine = np.triu(embeddings @ embeddings.T, 1)
    one, two = np.unravel_index(cosine.argmax(), cosine.shape)
    for least, expected in (
        (cosine.max() - 1e-4, [{dataset.paths[one], dataset.paths[two]}]),
        (cosine.max() + 1e-4, []),
    ):
        assert found(dataset, bank, embeddings, "lookalike_within_thing", least_likeness=least) == expected


def test_what_others_call_a_copy_is_not_named_again(things, tmp_path) -> None:
    dataset, _, embeddings = things
    root = tmp_path / "things"
    for path in dataset.paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes((dataset.root / path).read_bytes())
    (root / dataset.paths[3]).write_bytes((dataset.root / dataset.paths[0]).read_bytes())
    again, bank = scan(root).decode(THUMBNAIL)
    copied = embeddings.copy()
    copied[3] = copied[0]
    assert found(again, bank, copied, "same_file_across_things") == [{dataset.paths[0], dataset.paths[3]}]
    assert found(again, bank, copied, "lookalike_across_things") == []


def test_a_picture_in_the_wrong_folder_is_suspected(things) -> None:
    dataset, bank, embeddings = things
    wrong = embeddings.copy()
    wrong[0] = unit_length(wrong[9:10] + 0.05)[0]  # it shows what pictures 9 to 11 show
    own = {dataset.paths[0], *dataset.paths[1:3]}
    others = {*dataset.paths[9:12]}
    (genuine,) = found(dataset, bank, wrong, "suspected_genuine")[:1]
    (impostor,) = found(dataset, bank, wrong, "suspected_impostor")[:1]
    assert dataset.paths[0] in genuine and genuine <= own
    assert dataset.paths[0] in impostor and impostor & others
