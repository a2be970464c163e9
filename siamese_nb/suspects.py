"""Pairs whose label may be wrong: couples that look least alike, other things that look most alike."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Suspect:
    """A pair that a person should look at.

    Attributes
    ----------
    one, two : str
        Paths relative to the dataset's root.
    genuine : bool
        Whether the dataset says that both show the same thing.
    reason : str
        Why it is suspected, for people.
    """

    one: str
    two: str
    genuine: bool
    reason: str
