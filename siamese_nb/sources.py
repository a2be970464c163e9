"""Where each picture comes from, such as who drew it, and how to judge by pictures of different sources."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamese_nb.dataset import Dataset
from siamese_nb.errors import InputError
from siamese_nb.intervals import figures_with_intervals
from siamese_nb.metrics import GENUINE, IMPOSTOR
from siamese_nb.oneshot import draw_trials, one_shot_figures
from siamese_nb.pairs import GENUINE_PAIR, WITHIN, Pairs, Part
from siamese_nb.scoring import row_scores
from siamese_nb.unseen import draw_unseen
from siamese_nb.verifier import Verifier


def sources_from_names(paths: Sequence[str], pattern: str = r"_(\d+)\.\w+$") -> NDArray[np.str_]:
    r"""Read off each file's name where it comes from.

    Parameters
    ----------
    paths : sequence of str
    pattern : str
        A regular expression with one group. The default finds a number after the last underscore, which in Omniglot
        says who drew it.

    Raises
    ------
    InputError
        If a name does not fit.

    Examples
    --------
    >>> sources_from_names(["Greek/character01/0394_07.png", "Greek/character02/0395_12.png"]).tolist()
    ['07', '12']
    """
    found = [re.search(pattern, path) for path in paths]
    for path, match in zip(paths, found, strict=True):
        if match is None:
            raise InputError(f"{path} does not say where it comes from: no match for {pattern!r}; give another pattern")
    return np.array([match[1] for match in found if match])


def draw_between_sources(part: Part, source: NDArray[np.generic], count: int, rng: np.random.Generator) -> Pairs:
    """Draw pairs of pictures of one category and of two sources, as many genuine ones as impostors.

    A score that only knows the hand or the camera is then worth nothing.

    Parameters
    ----------
    part : Part of n pictures
    source : ndarray of shape (n,)
        Of each of `part.images`.
    count : int, at least 2
        Pairs in all. The first pictures are drawn uniformly, the second ones uniformly from those that fit.
    rng : numpy.random.Generator

    Raises
    ------
    InputError
        If there are no such pairs.
    """
    drawn: dict[int, list[tuple[int, int]]] = {GENUINE: [], IMPOSTOR: []}
    for place in rng.choice(len(part.images), 4 * count).tolist():
        label = GENUINE if len(drawn[GENUINE]) < (count + 1) // 2 else IMPOSTOR
        if len(drawn[label]) == (count // 2 if label == IMPOSTOR else (count + 1) // 2):
            break
        same = part.identity == part.identity[place]
        fits = same if label == GENUINE else (part.category == part.category[place]) & ~same
        others = np.flatnonzero(fits & (source != source[place]))
        if len(others):
            drawn[label].append((place, int(rng.choice(others))))
    if sum(map(len, drawn.values())) < count:
        raise InputError(
            "there are too few pairs of one category from two sources, genuine and impostor; add pictures from others"
        )
    pairs = np.array(drawn[GENUINE] + drawn[IMPOSTOR])
    labels = np.repeat([GENUINE, IMPOSTOR], [len(drawn[GENUINE]), len(drawn[IMPOSTOR])])
    rows = part.images[pairs]
    return Pairs(rows[:, 0], rows[:, 1], labels, np.where(labels == GENUINE, GENUINE_PAIR, WITHIN))


def judge_between_sources(
    verifier: Verifier,
    dataset: Dataset,
    source: NDArray[np.generic],
    *,
    count: int = 10_000,
    n_way: int = 20,
    rounds: int = 50,
    seed: int = 0,
) -> dict[str, Any]:
    """Judge a verifier on things that it has not seen, by pictures of one category and of two sources.

    Parameters
    ----------
    verifier : Verifier
    dataset : Dataset of n pictures
    source : ndarray of shape (n,)
        See `sources_from_names`.
    count : int
        Pairs to tell whether they show the same, at the verifier's threshold.
    n_way, rounds : int
        Of one-shot recognition; each round gives `n_way` trials.
    seed : int

    Returns
    -------
    dict
        `things` and `categories`: how many there were to judge by. `verification`: the figures of
        `siamese_nb.intervals.figures_with_intervals`. `one_shot`: those of `siamese_nb.oneshot.one_shot_figures`, with
        the categories' names.
    """
    rows, bank = dataset.decode(verifier.image_size)
    part, *_ = draw_unseen(rows, bank, verifier.seen, verifier.looks, verifier.about["config"])
    rng = np.random.default_rng(seed)
    pairs = draw_between_sources(part, source[part.images], count, rng)
    trials = draw_trials(part, rng, n_way, 1, rounds, source[part.images])
    asked = trials.pairs()
    one, two = (np.concatenate(both) for both in zip((pairs.one, pairs.two), asked, strict=True))
    scores = row_scores(verifier.leg, verifier.head, bank.images, one, two)
    shown = part.identity_of(pairs.one), part.identity_of(pairs.two)
    one_shot = one_shot_figures(trials, scores[count:])
    one_shot["by_category"] = {rows.categories[place]: share for place, share in one_shot["by_category"].items()}
    return {
        "things": len(np.unique(part.identity)),
        "categories": len(np.unique(part.category)),
        "verification": figures_with_intervals(pairs.label, scores[:count], verifier.threshold, *shown),
        "one_shot": one_shot,
    }
