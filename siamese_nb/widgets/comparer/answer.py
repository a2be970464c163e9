"""Check what a comparison answers."""

import math
from collections.abc import Mapping
from typing import Any

from siamese_nb.errors import InputError
from siamese_nb.metrics import VERDICTS

FIELDS = ("score", "threshold", "verdict", "probability")
_NUMBERS = ("probability", "probability_low", "probability_high")


def check_answer(result: Mapping[str, Any]) -> dict[str, Any]:
    """Take an answer's values as plain Python ones, which JSON can carry.

    Raises
    ------
    InputError
        If the score or the threshold is not a number, or the verdict is none.
    """
    score, threshold = float(result["score"]), float(result["threshold"])
    if not (math.isfinite(score) and math.isfinite(threshold)):
        raise InputError(f"no comparison: the score is {score}, the threshold {threshold}; train the model again")
    if result["verdict"] not in VERDICTS:
        raise InputError(f'no comparison: the verdict is "{result["verdict"]}"; it must be one of {VERDICTS}')
    numbers = {name: None if result.get(name) is None else float(result[name]) for name in _NUMBERS}
    return {
        "score": score,
        "threshold": threshold,
        "saved_threshold": threshold,
        "verdict": str(result["verdict"]),
        **numbers,
        "sure": bool(result.get("sure", True)),
        "same": int(result.get("same", 0)),
        "of": int(result.get("of", 0)),
        "remarks": [str(remark) for remark in result.get("remarks", ())],
    }
