"""Open a comparer on a verifier: the one place where the network and the browser are put together."""

import os
from pathlib import Path

from siamese_nb.answers.answerer import Answerer
from siamese_nb.answers.picture import Picture
from siamese_nb.errors import InputError
from siamese_nb.verifier import Verifier
from siamese_nb.widgets import Comparer


def open_comparer(
    bundle: Verifier | str | os.PathLike[str],
    prevalence: float = 0.5,
    data: str | os.PathLike[str] | None = None,
    snapshot: bool = False,
) -> Comparer:
    """Open a comparer that gives a verifier's answers with their reasons.

    Parameters
    ----------
    bundle : Verifier, or path of a bundle or of a folder of bundles
    prevalence : float, in (0, 1)
        Share of pairs that show the same thing, among those that will be compared.
    data : path, optional
        The folder of the dataset that the verifier was trained on, to show pairs of it.
    snapshot : bool
        Keep small pictures and the verdict in the saved notebook.

    Raises
    ------
    InputError
        If there is no bundle, or the prevalence is out of range.
    """
    verifier = bundle if isinstance(bundle, Verifier) else Verifier.load(bundle)
    if data is not None and not Path(data).is_dir():
        raise InputError(f"there is no folder {data}; give the one that the pictures of validation lie in, or none")
    answerer = Answerer(verifier, prevalence, data)
    return Comparer(
        answerer.compare,
        read=answerer.read,
        scores=answerer.scores,
        lighten=Picture.without_pixels,
        explain=answerer.explain,
        neighbours=answerer.neighbours,
        background=answerer.background(),
        snapshot=snapshot,
    )
