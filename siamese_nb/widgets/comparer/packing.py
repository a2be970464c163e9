"""Pack what the browser draws by itself into one message with binary buffers."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Packed = tuple[dict[str, Any], list[bytes]]


class Shares(Protocol):
    """Shares of patches in a score, as `siamese_nb.explain.Reason` holds them."""

    @property
    def method(self) -> str: ...

    @property
    def grid(self) -> tuple[int, int]: ...

    @property
    def matches(self) -> NDArray[np.float64]: ...

    @property
    def alike_one(self) -> NDArray[np.float64]: ...

    @property
    def alike_two(self) -> NDArray[np.float64]: ...

    @property
    def apart_one(self) -> NDArray[np.float64]: ...

    @property
    def apart_two(self) -> NDArray[np.float64]: ...

    @property
    def lines(self) -> tuple[tuple[int, int], ...]: ...


def pack_reason(shares: Shares) -> Packed:
    """Put the maps and the patch-by-patch matrix into one float32 buffer: alike and apart of both, then the rows."""
    maps = (shares.alike_one, shares.alike_two, shares.apart_one, shares.apart_two, shares.matches)
    values = np.concatenate([np.ravel(part) for part in maps]).astype("<f4")
    described = {"method": shares.method, "grid": list(shares.grid), "lines": [list(line) for line in shares.lines]}
    return described, [values.tobytes()]


def pack_neighbours(found: Sequence[dict[str, Any]]) -> Packed:
    """Put small pictures of pairs into buffers, two for each pair, in order."""
    described = {"pairs": [{"same": bool(pair["same"]), "score": float(pair["score"])} for pair in found]}
    return described, [pair[side] for pair in found for side in ("one", "two")]
