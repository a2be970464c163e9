"""Inspect a dataset: scan it, decode it once at the size that training takes, examine it, by a network too if asked."""

import os
from dataclasses import dataclass
from typing import Any

from siamese_nb.bank import Bank
from siamese_nb.config import TrainConfig
from siamese_nb.dataset import Dataset
from siamese_nb.descriptors import describe_looks
from siamese_nb.doctor import THUMBNAIL, Finding, appearance_of, disguised_likeness, examine, find_leaks
from siamese_nb.doctor.embedded import without_blanks
from siamese_nb.errors import InputError
from siamese_nb.scanning import scan
from siamese_nb.settings import BASE_SIZE, SCRATCH_LEGS
from siamese_nb.suspects import Suspect, find_suspects


@dataclass(frozen=True, eq=False)
class Inspection:
    """What was found in a dataset.

    Attributes
    ----------
    dataset : Dataset
    bank : Bank
        Of the size that training takes, which so decodes nothing again.
    findings : list of Finding
        The gravest first.
    """

    dataset: Dataset
    bank: Bank
    findings: list[Finding]

    def report(self) -> dict[str, Any]:
        """Say what is there, the size that it was decoded to, and what is wrong with it, as plain values."""
        height, width = self.bank.images.shape[1:3]
        findings = [finding.to_dict() for finding in self.findings]
        return {**self.dataset.report(), "decoded_to": f"{width} x {height}", "findings": findings}

    def summary(self) -> dict[str, Any]:
        """Say the same in fewer words, without naming each file of each finding."""
        found = self.report()
        words = ("severity", "kind", "count", "what", "remedy")
        return {**found, "findings": [{word: finding[word] for word in words} for finding in found["findings"]]}


def inspect_dataset(
    data: str | os.PathLike[str],
    layout: str | None = None,
    *,
    image_size: int | None = None,
    leg: str | None = None,
    weights: str = "imagenet",
    bundle: str | os.PathLike[str] | None = None,
    against: str | os.PathLike[str] | None = None,
) -> Inspection:
    """Scan, decode and examine a dataset.

    What was decoded is kept for training at the same size: `image_size`, or what the leg or the bundle takes, or what
    `base_cnn` takes. Training at another size decodes anew, since a large picture made small in two steps is not the
    picture made small in one; and to examine what is trained with at less than 64 pixels, it is decoded to 64 too.

    Parameters
    ----------
    data : folder or CSV file of pairs
    layout : str, optional
        See `scan`.
    image_size : int, optional
        Side in pixels.
    leg, weights : str
        A pretrained leg, see `siamese_nb.legs.build_leg`: look for suspected labels and copies in disguise by it.
    bundle : path, optional
        A trained verifier to look by instead. Of labels that it was trained on it has learned some of the wrong ones by
        heart: of 2% wrong ones among photos of groceries, MobileNetV2 as it was put 81% on a list as long as their
        number, and 76% once it was trained on them; of 6 pictures in 3 swapped couples among 61, 5 and 2.
    against : folder or CSV file of pairs, optional
        A second dataset: name the pictures that are in both.

    Raises
    ------
    InputError
        If the data, the leg, its weights or the bundle cannot be had, or a bundle is given beside a leg or a size.
    """
    if bundle is not None and (leg is not None or image_size is not None):
        raise InputError("a bundle was given beside a leg or a size; give the bundle alone, it has both")
    # A wrong folder or a wrong setting is to be said before a network is loaded.
    dataset = scan(data, layout)
    other = None if against is None else scan(against, layout)
    if image_size is not None:
        TrainConfig(image_size=image_size)
    network = _network(leg, image_size, weights, bundle)
    size = network.input_shape[1:3] if network else (image_size or BASE_SIZE,) * 2
    dataset, bank = dataset.decode(size)
    looked_at = bank if min(size) >= min(THUMBNAIL) else dataset.decode(THUMBNAIL)[1]
    seen_by = _embedded(network, bank) if network else {}
    found = examine(dataset, looked_at, **seen_by, trained=bundle is not None)
    if other is not None:
        found[:0] = find_leaks(dataset, looked_at, *other.decode(looked_at.images.shape[1:3]))
    return Inspection(dataset, bank, found)


def inspect_labels(dataset: Dataset, bank: Bank, bundle: str | os.PathLike[str] | None = None) -> list[Suspect]:
    """Find the pairs whose label is suspected to be wrong, by a trained bundle, or by looks alone where none is given.

    Parameters
    ----------
    dataset : Dataset of n pictures, as `Dataset.decode` gave it
    bank : Bank of n pictures
        Of any size; where a bundle takes another, they are decoded to that.
    bundle : path, optional
        A bundle, or a folder of bundles (the newest is taken).

    Raises
    ------
    InputError
        If there is no such bundle.
    """
    dataset = without_blanks(dataset, appearance_of(bank).statistics)
    if bundle is None:
        return find_suspects(dataset, describe_looks(bank.images), fewest=3)
    from siamese_nb.embedding_cache import bank_embeddings
    from siamese_nb.verifier import Verifier

    verifier = Verifier.load(bundle)
    return find_suspects(dataset, bank_embeddings(verifier.leg, dataset.decode(verifier.image_size)[1]))


def _network(leg: str | None, image_size: int | None, weights: str, bundle: str | os.PathLike[str] | None) -> Any:
    """Return the leg to look by, if any."""
    if bundle is not None:
        from siamese_nb.verifier import Verifier

        return Verifier.load(bundle).leg
    if leg is not None:
        from siamese_nb.legs import build_leg, default_size

        if weights == "none" or (leg in SCRATCH_LEGS and weights == "imagenet"):
            raise InputError(f"{leg} of random weights knows nothing yet; give a pretrained leg, or a trained bundle")
        return build_leg(leg, image_size or default_size(leg), weights)
    return None


def _embedded(network: Any, bank: Bank) -> dict[str, Any]:
    from siamese_nb.embedding_cache import bank_embeddings
    from siamese_nb.embeddings import embed

    embeddings = bank_embeddings(network, bank)
    return {
        "embeddings": embeddings,
        "least_likeness": disguised_likeness(bank.images, lambda images: embed(network, images)),
    }
