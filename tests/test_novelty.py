import numpy as np
import pytest

from siamese_nb.descriptors import describe_colours
from siamese_nb.novelty import Known, Sample


def directions(n, centre, spread, seed=0):
    values = centre + np.random.default_rng(seed).normal(scale=spread, size=(n, len(centre)))
    return values / np.linalg.norm(values, axis=1, keepdims=True)


CENTRE = np.array([1.0, 0.0, 0.0, 0.0])


def test_the_distance_is_that_to_the_nearest_known_by_cosine():
    sample = Sample(np.eye(4, dtype=np.float16)[:2], 0.1)
    given = np.array([[3.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0], [-1.0, 0.0, 0.0, -1.0]])
    assert sample.distance(given) == pytest.approx([0.0, 1 - np.sqrt(0.5), 1.0, 1.0])
    assert Known(sample).are_novel(given, given).tolist() == [False, True, True, True]


def test_one_in_a_hundred_of_validation_and_every_stranger_is_novel():
    sample = Sample.from_parts(directions(2000, CENTRE, 0.2), directions(1000, CENTRE, 0.2, 1))
    assert len(sample.vectors) == 512 and sample.vectors.dtype == np.float16
    known, others = Known(sample), directions(1000, CENTRE, 0.2, 2)
    assert 0.002 < known.are_novel(others, others).mean() < 0.03
    strangers = directions(50, np.array([0.0, -1.0, 0.0, 0.0]), 0.1)
    assert known.are_novel(strangers, strangers).all()


def test_strange_colours_are_novel_where_the_embedding_is_not():
    drawings = np.full((40, 32, 32, 3), 255, np.uint8)
    drawings[np.arange(40), :, np.arange(40) % 32] = 0
    photos = np.random.default_rng(0).integers(0, 256, (40, 32, 32, 3), np.uint8)
    embeddings = directions(40, CENTRE, 0.2)
    colours = [describe_colours(drawings[::2]), describe_colours(drawings[1::2])]
    known = Known(Sample.from_parts(embeddings, embeddings), Sample.from_parts(*colours))
    assert known.are_novel(embeddings, describe_colours(photos)).all()
    assert not known.are_novel(embeddings, describe_colours(drawings)).any()
    assert not Known(known.embeddings).are_novel(embeddings, describe_colours(photos)).any()


@pytest.mark.parametrize("with_colours", [True, False])
def test_it_is_the_same_after_a_file_and_none_without(tmp_path, with_colours):
    sample = Sample.from_parts(directions(9, CENTRE, 0.3), directions(9, CENTRE, 0.3, 1))
    known = Known(sample, sample if with_colours else None)
    known.write(tmp_path / "known.npz")
    again = Known.read(tmp_path / "known.npz")
    for one, two in zip(*([each.embeddings, each.colours or sample] for each in (known, again)), strict=True):
        assert one.limit == two.limit and np.array_equal(one.vectors, two.vectors)
    assert (again.colours is None) is not with_colours
    assert Known.read(tmp_path / "no.npz") is None
