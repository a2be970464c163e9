"""One-shot recognition: which of N things does a picture show, given K pictures of each?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_nb.errors import InputError
from siamese_nb.intervals import clustered_interval
from siamese_nb.pairs import Part


@dataclass(frozen=True, eq=False)
class Trials:
    """Rounds of N-way K-shot recognition. In each, a query of every thing is to be found among all the round's things.

    Attributes
    ----------
    support : ndarray of shape (n_rounds, n_way, k_shot), int64
        Rows of the bank; `support[r, j]` are the known pictures of one thing.
    query : ndarray of shape (n_rounds, n_way), int64
        Rows of the bank; `query[r, j]` shows what `support[r, j]` shows.
    category : ndarray of shape (n_rounds,), int64
        That all things of a round are of.
    """

    support: NDArray[np.int64]
    query: NDArray[np.int64]
    category: NDArray[np.int64]

    def pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the pairs to score, each as rows of the bank, in the order that `right_answers` expects."""
        rounds, n_way, k_shot = self.support.shape
        shape = (rounds, n_way, n_way, k_shot)
        one = np.broadcast_to(self.query[:, :, None, None], shape)
        two = np.broadcast_to(self.support[:, None, :, :], shape)
        return one.ravel(), two.ravel()


def draw_trials(
    part: Part,
    rng: np.random.Generator,
    n_way: int = 20,
    k_shot: int = 1,
    rounds: int = 20,
    source: NDArray[np.generic] | None = None,
) -> Trials:
    """Draw rounds, as many from each category that has enough things, spread evenly.

    Parameters
    ----------
    part : Part
    rng : numpy.random.Generator
    n_way : int, at least 2
        Things in a round.
    k_shot : int, at least 1
        Known pictures of each.
    rounds : int, at least 1
        Each gives `n_way` trials.
    source : ndarray of shape (n,), optional
        Where each image of `part.images` comes from, such as who drew it. With it, a round's known pictures are all of
        one source and its queries of another, so that a hand or a camera gives no answer away.

    Raises
    ------
    InputError
        If an argument is out of its range or no category has enough things.

    References
    ----------
    Lake, Salakhutdinov & Tenenbaum (2015), Science 350, 1332-1338: rounds of 20 characters of one alphabet by two
    drawers.
    """
    for name, value, least in (("n_way", n_way, 2), ("k_shot", k_shot, 1), ("rounds", rounds, 1)):
        if value < least:
            raise InputError(f"{name} is {value}: at least {least} is needed")
    drawn: dict[int, list[tuple[NDArray[np.int64], NDArray[np.int64]]]] = {}
    categories = [c for c in np.unique(part.category).tolist() if _enough(part, c, n_way, k_shot)]
    turns = np.concatenate([rng.permutation(categories) for _ in range(-(-rounds // max(len(categories), 1)))])
    for category in turns[:rounds].astype(np.int64).tolist():
        found = _round(part, np.flatnonzero(part.category == category), rng, n_way, k_shot, source)
        if found is not None:
            drawn.setdefault(category, []).append(found)
    if not drawn:
        raise InputError(
            f"no category has {n_way} things with {k_shot + 1} pictures each"
            f"{'' if source is None else ' from two sources'}; ask for fewer, or add pictures"
        )
    flat = [(support, query, category) for category, found in drawn.items() for support, query in found]
    support, query, category = (np.array(column, np.int64) for column in zip(*flat, strict=True))
    return Trials(support, query, category)


def right_answers(trials: Trials, scores: ArrayLike) -> NDArray[np.bool_]:
    """Tell which queries are answered rightly: their own thing has the highest mean score, and no other has it too.

    A tie is an error. Were it not, a network that gives every pair the same score would be right each time.

    Parameters
    ----------
    trials : Trials
    scores : array_like of shape (n_rounds * n_way * n_way * k_shot,), float
        Of the pairs of `trials.pairs()`.

    Returns
    -------
    ndarray of shape (n_rounds, n_way), bool
    """
    rounds, n_way, k_shot = trials.support.shape
    mean = np.asarray(scores, np.float64).reshape(rounds, n_way, n_way, k_shot).mean(axis=3)
    own = np.einsum("rjj->rj", mean).copy()
    np.einsum("rjj->rj", mean)[...] = -np.inf
    # A score that is NaN is greater than nothing, so it is an error as well.
    return np.asarray(own > mean.max(axis=2))


def one_shot_figures(trials: Trials, scores: ArrayLike) -> dict[str, Any]:
    """Compute the share of right answers, with a 95% interval that knows that categories differ.

    Parameters
    ----------
    trials, scores
        See `right_answers`.

    Returns
    -------
    dict
        `n_way`, `k_shot`, `trials`, `accuracy`, `accuracy_low`, `accuracy_high`, and `by_category`: number of the
        category -> its accuracy.
    """
    right = right_answers(trials, scores)
    categories, place = np.unique(trials.category, return_inverse=True)
    successes = np.bincount(place, right.sum(axis=1))
    asked = np.bincount(place) * right.shape[1]
    low, high = clustered_interval(successes, asked)
    return {
        "n_way": right.shape[1],
        "k_shot": trials.support.shape[2],
        "trials": int(right.size),
        "accuracy": float(right.mean()),
        "accuracy_low": low,
        "accuracy_high": high,
        "by_category": dict(zip(categories.tolist(), (successes / asked).tolist(), strict=True)),
    }


def _enough(part: Part, category: int, n_way: int, k_shot: int) -> bool:
    _, counts = np.unique(part.identity[part.category == category], return_counts=True)
    return int((counts > k_shot).sum()) >= n_way


def _round(
    part: Part,
    places: NDArray[np.int64],
    rng: np.random.Generator,
    n_way: int,
    k_shot: int,
    source: NDArray[np.generic] | None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Draw known pictures and queries of one round from a category's places, or None if no two sources have them."""
    choices = [(places, places)]
    if source is not None:
        order = rng.permutation(np.unique(source[places]))
        pairs = [(a, b) for a in order for b in order if a != b]
        choices = [(places[source[places] == a], places[source[places] == b]) for a, b in pairs]
    for known, asked in choices:
        enough = _things(part, known, asked, k_shot + (source is None))
        if len(enough) >= n_way:
            break
    else:
        return None
    things = rng.choice(enough, n_way, replace=False)
    support, query = [], []
    for thing in things:
        mine = rng.choice(known[part.identity[known] == thing], k_shot, replace=False)
        others = np.setdiff1d(asked[part.identity[asked] == thing], mine)
        support.append(part.images[mine])
        query.append(part.images[rng.choice(others)])
    return np.array(support), np.array(query)


def _things(part: Part, known: NDArray[np.int64], asked: NDArray[np.int64], needed: int) -> NDArray[np.int64]:
    """Return the identities with as many known pictures as needed and one to ask for."""
    values, counts = np.unique(part.identity[known], return_counts=True)
    enough = values[counts >= needed]
    return enough[np.isin(enough, part.identity[asked])]
