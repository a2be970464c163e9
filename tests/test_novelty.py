import numpy as np
import pytest

from siamese_nb.novelty import Known


def directions(n, centre, spread, seed=0):
    values = centre + np.random.default_rng(seed).normal(scale=spread, size=(n, len(centre)))
    return values / np.linalg.norm(values, axis=1, keepdims=True)


CENTRE = np.array([1.0, 0.0, 0.0, 0.0])


def test_the_distance_is_that_to_the_nearest_known_by_cosine():
    known = Known(np.eye(4, dtype=np.float16)[:2], 0.1)
    given = np.array([[3.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0], [-1.0, 0.0, 0.0, -1.0]])
    assert known.distance(given) == pytest.approx([0.0, 1 - np.sqrt(0.5), 1.0, 1.0])
    assert [known.is_novel(embedding) for embedding in given] == [False, True, True, True]


def test_one_in_a_hundred_of_validation_and_every_stranger_is_novel():
    known = Known.from_parts(directions(2000, CENTRE, 0.2), directions(1000, CENTRE, 0.2, 1))
    assert len(known.embeddings) == 512 and known.embeddings.dtype == np.float16
    others = directions(1000, CENTRE, 0.2, 2)
    assert 0.002 < np.mean([known.is_novel(each) for each in others]) < 0.03
    assert all(known.is_novel(each) for each in directions(50, np.array([0.0, -1.0, 0.0, 0.0]), 0.1))


def test_it_is_the_same_after_a_file_and_none_without(tmp_path):
    known = Known.from_parts(directions(9, CENTRE, 0.3), directions(9, CENTRE, 0.3, 1))
    known.write(tmp_path / "known.npz")
    again = Known.read(tmp_path / "known.npz")
    assert again.limit == known.limit and np.array_equal(again.embeddings, known.embeddings)
    assert Known.read(tmp_path / "no.npz") is None
