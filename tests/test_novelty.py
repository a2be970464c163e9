import numpy as np
import pytest

from siamese_nb.descriptors import describe_colours
from siamese_nb.novelty import Known, Reference, _limit


def directions(n, centre, spread, seed=0):
    values = centre + np.random.default_rng(seed).normal(scale=spread, size=(n, len(centre)))
    return values / np.linalg.norm(values, axis=1, keepdims=True)


CENTRE = np.array([1.0, 0.0, 0.0, 0.0])


def test_the_distance_is_that_to_the_nearest_known_by_cosine():
    reference = Reference(np.eye(4, dtype=np.float16)[:2], 0.1)
    given = np.array([[3.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0], [-1.0, 0.0, 0.0, -1.0]])
    assert reference.distance(given) == pytest.approx([0.0, 1 - np.sqrt(0.5), 1.0, 1.0])
    assert Known(reference).are_novel(given, given).tolist() == [False, True, True, True]


def draw_things(n_things, seed, each=20):
    """Draw pictures of things: those of one thing lie together, here and there one far off."""
    rng = np.random.default_rng(seed)
    centres = CENTRE + rng.normal(scale=0.15, size=(n_things, 1, 4))
    pictures = centres + rng.normal(scale=0.05, size=(n_things, each, 4))
    return pictures.reshape(-1, 4), np.repeat(np.arange(n_things), each)


def fit(n_things, seed):
    """Fit on pictures whose colours are drawn apart from their embeddings."""
    (train, things), (colours, _) = draw_things(60, seed), draw_things(60, seed + 1)
    (validation, others), (of_validation, _) = draw_things(n_things, seed + 2), draw_things(n_things, seed + 3)
    return Known.from_parts((train, colours), (validation, of_validation), things, 1000 + others, seed)


@pytest.mark.parametrize("n_things", [6, 60])
def test_of_new_things_the_stated_rate_is_novel_and_every_stranger_is(n_things):
    rates, strangers = [], directions(50, np.array([0.0, -1.0, 0.0, 0.0]), 0.1)
    for seed in range(0, 400, 10):
        known = fit(n_things, seed)
        new = draw_things(50, seed + 4)[0], draw_things(50, seed + 5)[0]
        rates.append(known.are_novel(*new).mean())
        assert known.are_novel(strangers, new[1][:50]).all() and known.are_novel(new[0][:50], strangers).all()
    assert 0.005 < np.mean(rates) < 0.02, np.mean(rates)


def test_the_limit_is_the_least_that_keeps_the_rate_over_things():
    def slow(distances, things):
        for limit in np.sort(distances):
            shares = [np.mean(distances[things == thing] > limit) for thing in set(things.tolist())]
            if np.mean(shares) <= 0.01:
                return limit
        raise AssertionError

    rng = np.random.default_rng(0)
    for n_things in (1, 5, 98, 150, 400):
        things = rng.permutation(np.repeat(np.arange(n_things), rng.integers(1, 6, n_things)))
        distances = rng.gamma(2.0, size=len(things))
        assert _limit(distances, things) == slow(distances, things)


def test_the_distance_to_other_things_leaves_out_the_pictures_own():
    vectors, things = directions(30, CENTRE, 0.4).astype(np.float16), np.arange(30) % 7
    expected = [
        min(1 - float(np.dot(one.astype(float), two.astype(float))) for two in vectors[things != thing])
        for one, thing in zip(vectors, things, strict=True)
    ]
    assert Reference(vectors, 0.0).distance_between(things) == pytest.approx(expected)


def test_a_sample_is_small_and_one_thing_alone_will_do():
    train = directions(2000, CENTRE, 0.2)
    known = Known.from_parts((train, train), (train[:9], train[:9]), np.zeros(2000, int), np.ones(9, int))
    assert len(known.embeddings.vectors) == 512 and known.embeddings.vectors.dtype == np.float16
    assert np.isfinite(known.embeddings.limit)


def test_strange_colours_are_novel_where_the_embedding_is_not():
    drawings = np.full((40, 32, 32, 3), 255, np.uint8)
    drawings[np.arange(40), :, np.arange(40) % 32] = 0
    photos = np.random.default_rng(0).integers(0, 256, (40, 32, 32, 3), np.uint8)
    embeddings, colours = directions(40, CENTRE, 0.2), describe_colours(drawings)
    known = Known.from_parts(
        (embeddings, colours), (embeddings[::2], colours[1::2]), np.zeros(40, int), np.arange(1, 21)
    )
    assert known.are_novel(embeddings, describe_colours(photos)).all()
    assert not known.are_novel(embeddings, colours).any()
    assert not Known(known.embeddings).are_novel(embeddings, describe_colours(photos)).any()


@pytest.mark.parametrize("with_colours", [True, False])
def test_it_is_the_same_after_a_file_and_none_without(tmp_path, with_colours):
    reference = Reference(directions(9, CENTRE, 0.3).astype(np.float16), 0.25)
    known = Known(reference, reference if with_colours else None)
    known.write(tmp_path / "known.npz")
    again = Known.read(tmp_path / "known.npz")
    for one, two in zip(*([each.embeddings, each.colours or reference] for each in (known, again)), strict=True):
        assert one.limit == two.limit and np.array_equal(one.vectors, two.vectors)
    assert (again.colours is None) is not with_colours
    assert Known.read(tmp_path / "no.npz") is None
