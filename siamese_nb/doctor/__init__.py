"""Examine a dataset before anything is trained on it: what is wrong, why it matters, and what to do.

>>> from siamese_nb import scan
>>> dataset, bank = scan("data/sample").decode(THUMBNAIL)  # doctest: +SKIP
>>> examine(dataset, bank)  # doctest: +SKIP
"""

from siamese_nb.doctor.appearance import Appearance, appearance_of
from siamese_nb.doctor.certificate import Certificate, certificate, certified_split
from siamese_nb.doctor.checks import CHECKS, examine
from siamese_nb.doctor.disguises import disguised_likeness
from siamese_nb.doctor.findings import Finding, findings_table
from siamese_nb.doctor.hashes import NEAR, near_pairs, perceptual_hashes
from siamese_nb.doctor.leaks import find_leaks, nearly_seen
from siamese_nb.doctor.measurements import Measurements, measure
from siamese_nb.images import THUMBNAIL

__all__ = [
    "CHECKS",
    "NEAR",
    "THUMBNAIL",
    "Appearance",
    "Certificate",
    "Finding",
    "Measurements",
    "appearance_of",
    "certificate",
    "certified_split",
    "disguised_likeness",
    "examine",
    "find_leaks",
    "findings_table",
    "measure",
    "near_pairs",
    "nearly_seen",
    "perceptual_hashes",
]
