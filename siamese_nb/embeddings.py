"""Each image through the leg once: embeddings, cached on disk, and the scores of pairs of them in blocks."""

import hashlib
import json
import math
import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from scipy.special import expit

from siamese_nb.bank import Bank
from siamese_nb.engines import make_pass
from siamese_nb.images import READING_RULE
from siamese_nb.likeness import unit_length
from siamese_nb.models import HeadWeights, MetricHead
from siamese_nb.progress import progress_bar
from siamese_nb.storage import cache_folder, check_room, whole_file

_BATCH = 64
_IMAGES_AT_ONCE = 1024  # rows copied from a bank on disk into memory
_PAIRS_AT_ONCE = 16_384  # two blocks of 1,280 floats a pair stay under 200 MB


def embed(leg: keras.Model, images: NDArray[np.uint8], batch_size: int = _BATCH) -> NDArray[np.float32]:
    """Send images through a leg, each once.

    Parameters
    ----------
    leg : keras.Model
    images : ndarray of shape (n, height, width, 3), uint8 (or features, where the leg takes those)
    batch_size : int

    Returns
    -------
    ndarray of shape (n, d), float32
    """
    send = make_pass(leg)
    embeddings = np.empty((len(images), leg.output_shape[-1]), np.float32)
    for rows in _slices(len(images), batch_size, "Embedding"):
        embeddings[rows] = send(np.ascontiguousarray(images[rows]))
    return embeddings


def bank_embeddings(
    leg: keras.Model,
    bank: Bank,
    engine: str = "keras",
    view: keras.layers.Layer | None = None,
    rows: NDArray[np.int64] | None = None,
) -> NDArray[Any]:
    """Embed a bank, or read its embeddings from the cache: no image goes through the same leg twice, in any run.

    The cache's key covers the images' content, the leg's structure, preprocessing and weights, the reading rule, the
    engine, the view and the rows.

    Parameters
    ----------
    leg : keras.Model
        Of a leg that is cut below its last block, the feature maps are kept, in half precision; of one that gives
        pictures, those.
    bank : Bank of n pictures
    engine : str
        One of `siamese_nb.config.ENGINES`.
    view : keras.layers.Layer, optional
        An augmentation, with its seed, that changes the pictures on their way in.
    rows : ndarray of shape (n_rows,), int64, optional
        Those that are needed; the others are 0. All of them when not given.

    Returns
    -------
    ndarray of shape (n, d), float32, or (n, h, w, c), float16 or uint8, memory-mapped

    Raises
    ------
    InputError
        If the engine is not installed, or the cache's disk is too full.
    """
    key = _key_of(leg, READING_RULE, bank.images.shape)
    key.update(bank.digests.tobytes())
    if engine != "keras" or view is not None or rows is not None:
        key.update(json.dumps([engine, view and view.get_config(), rows is not None and rows.tolist()]).encode())
    return _kept(key, leg, bank.images, rows, engine, view)


def map_features(
    block: keras.Model, maps: NDArray[Any], engine: str = "keras", rows: NDArray[np.int64] | None = None
) -> NDArray[np.float32]:
    """Go on from feature maps to the features of the whole leg, or read those from the cache.

    Parameters
    ----------
    block : keras.Model
        The last block of the leg whose lower part made the maps.
    maps : ndarray of shape (n, h, w, c), float16
        As `bank_embeddings` gave them.
    engine : str
        One of `siamese_nb.config.ENGINES`.
    rows : ndarray of shape (n_rows,), int64, optional
        Those that are needed; the others are 0. All of them when not given.

    Returns
    -------
    ndarray of shape (n, d), float32, memory-mapped
    """
    assert isinstance(maps, np.memmap) and maps.filename is not None
    key = _key_of(block, Path(maps.filename).stem, engine)  # its name says all that the maps depend on
    return _kept(key, block, maps, rows, engine, None)


def _key_of(leg: keras.Model, *told: object) -> Any:
    """Begin the key of what a leg makes: its structure, preprocessing and weights, and what else is told."""
    key = hashlib.blake2b(digest_size=16)
    key.update(" ".join(map(str, (*told, _structure(leg)))).encode())
    for weight in leg.get_weights():
        key.update(np.ascontiguousarray(weight).data)
    return key


def _kept(
    key: Any,
    leg: keras.Model,
    table: NDArray[Any],
    rows: NDArray[np.int64] | None,
    engine: str,
    view: keras.layers.Layer | None,
) -> NDArray[Any]:
    """Read the cache's file of this key; write it first if it is not there."""
    file = cache_folder() / "embeddings" / f"{key.hexdigest()}.npy"
    with suppress(OSError, EOFError, ValueError):  # not there, or damaged: whatever lies in a cache may be deleted
        return np.load(file, mmap_mode="r")  # type: ignore[no-any-return]
    with whole_file(file) as temporary, temporary.open("wb") as stream:
        needed = np.ones(len(table), bool) if rows is None else np.isin(np.arange(len(table)), rows)
        _write_embeddings(stream, leg, table, needed, engine, view)
    return np.load(file, mmap_mode="r")  # type: ignore[no-any-return]


def _write_embeddings(
    stream: BinaryIO,
    leg: keras.Model,
    table: NDArray[Any],
    needed: NDArray[np.bool_],
    engine: str,
    view: keras.layers.Layer | None,
) -> None:
    """Write them block by block as a .npy file: feature maps of many pictures would not fit into memory."""
    shape = (len(table), *leg.output_shape[1:])
    pictures_out = leg.output.dtype == "uint8"
    kind: Any = np.uint8 if pictures_out else np.float32 if len(shape) == 2 else np.float16
    check_room(math.prod(shape) * np.dtype(kind).itemsize)
    header = {"descr": np.lib.format.dtype_to_descr(np.dtype(kind)), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, header)
    send, most = make_pass(leg, engine), 255.0 if pictures_out else float(np.finfo(kind).max)
    for rows in _slices(len(table), _BATCH, "Embedding"):
        found, wanted = np.zeros((rows.stop - rows.start, *shape[1:]), kind), needed[rows]
        if wanted.any():
            pictures = table[rows][wanted].astype(leg.input.dtype, copy=False)
            if view is not None:
                pictures = keras.ops.convert_to_numpy(view(pictures, training=True))
            found[wanted] = np.clip(send(pictures), -most, most)
        stream.write(found.data)


def _structure(leg: keras.Model) -> str:
    """Describe a leg by its layers in order: Keras numbers their names through a session, so the names say nothing."""
    text = str(leg.to_json())
    numbers: dict[str, int] = {}
    for name in re.findall(r'"name": "([^"]+)", "inbound_nodes"', text):
        numbers.setdefault(name, len(numbers))
    return re.sub(r'"([^"]+)"', lambda found: f'"#{numbers[found[1]]}"' if found[1] in numbers else found[0], text)


def pair_scores(
    head: MetricHead, embeddings: NDArray[np.float32], one: NDArray[np.int64], two: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Score pairs of embeddings as `MetricHead` does, in double precision and in blocks.

    Parameters
    ----------
    head : MetricHead
    embeddings : ndarray of shape (n, d), float32
    one, two : ndarray of shape (n_pairs,), int
        Rows of `embeddings`.

    Returns
    -------
    ndarray of shape (n_pairs,), float64, in [0, 1]
    """
    weights, scores = HeadWeights.from_head(head), np.empty(len(one))
    for rows in _slices(len(one), _PAIRS_AT_ONCE, "Scoring"):
        scores[rows] = expit(weights.log_odds(embeddings[one[rows]], embeddings[two[rows]]))
    return scores


def all_scores(
    head: MetricHead, embeddings: NDArray[np.float32], rows_at_once: int = 512
) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Score every pair of n embeddings, a block of rows at a time, so that no more than a block is ever in memory.

    Of the squared distance this is one matrix product, `w . (a - b)^2 = |a'|^2 + |b'|^2 - 2 a' . b'` with
    `a' = a sqrt(w)`; in double precision its rounding stays below 1e-12.

    Parameters
    ----------
    head : MetricHead
    embeddings : ndarray of shape (n, d), float32
    rows_at_once : int, at least 1

    Yields
    ------
    rows : slice
    scores : ndarray of shape (rows.stop - rows.start, n - rows.start), float64, in [0, 1]
        Of these rows with themselves and all rows after them: each pair once.
    """
    weights, scaled = HeadWeights.from_head(head), weighted(head, embeddings)
    for rows in _slices(len(scaled), rows_at_once, "Scoring"):
        distance = DISTANCES[head.distance](scaled[rows], scaled[rows.start :])
        np.subtract(weights.b, distance, out=distance)
        yield rows, expit(distance, out=distance)


def weighted(head: MetricHead, embeddings: NDArray[np.float32]) -> NDArray[np.float64]:
    """Scale embeddings of shape (n, d), so that plain distances of what comes out are what a head subtracts from b."""
    w = HeadWeights.from_head(head).w
    return np.asarray(embeddings * (np.sqrt(w) if head.distance == "squared" else w))


def _absolute_distances(some: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
    """Compute them on all cores: SciPy does so on one, outside the interpreter's lock."""
    found, cores = np.empty((len(some), len(others))), os.cpu_count() or 1
    parts = zip(np.array_split(some, cores), np.array_split(found, cores), strict=True)
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(lambda part: cdist(part[0], others, "cityblock", out=part[1]), parts))
    return found


def _squared_distances(some: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
    found: NDArray[Any] = some @ others.T
    found *= -2.0
    found += np.einsum("ij,ij->i", some, some)[:, None]
    found += np.einsum("ij,ij->i", others, others)
    np.maximum(found, 0.0, out=found)  # rounding can fall below zero
    return found


DISTANCES: dict[str, Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]] = {
    "absolute": _absolute_distances,
    "squared": _squared_distances,
}
"""By the name of a head's distance: of each of some rows to each of others."""


def row_embeddings(
    leg: keras.Model,
    table: NDArray[np.uint8] | NDArray[np.float32],
    one: NDArray[np.int64],
    two: NDArray[np.int64],
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """Embed what pairs of rows of a table of images (or features) need: each distinct row goes through the leg once.

    Parameters
    ----------
    leg : keras.Model
    table : ndarray of shape (n, ...)
    one, two : ndarray of shape (n_pairs,), int
        Rows of `table`.

    Returns
    -------
    embeddings : ndarray of shape (n_distinct, d), float32
    one, two : ndarray of shape (n_pairs,), int64
        Rows of `embeddings`.
    """
    used, place = np.unique([one, two], return_inverse=True)
    embeddings = np.empty((len(used), leg.output_shape[-1]), np.float32)
    for rows in _slices(len(used), _IMAGES_AT_ONCE, "Embedding"):
        embeddings[rows] = embed(leg, table[used[rows]])
    first, second = place.reshape(2, -1)
    return embeddings, first, second


def row_scores(
    leg: keras.Model,
    head: MetricHead,
    table: NDArray[np.uint8] | NDArray[np.float32],
    one: NDArray[np.int64],
    two: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Score pairs of rows of a table; for the parameters see `row_embeddings`.

    Returns
    -------
    ndarray of shape (n_pairs,), float64, in [0, 1]
    """
    return pair_scores(head, *row_embeddings(leg, table, one, two))


def cosine_scores(
    embeddings: NDArray[np.float32], one: NDArray[np.int64], two: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Score pairs by plain cosine similarity, moved to [0, 1]: what features are worth before anything is learned.

    Parameters and Returns are those of `pair_scores`, without the head.
    """
    unit = unit_length(embeddings)
    scores = np.empty(len(one))
    for rows in _slices(len(one), _PAIRS_AT_ONCE, "Scoring"):
        scores[rows] = np.einsum("ij,ij->i", unit[one[rows]], unit[two[rows]], dtype=np.float64)
    return np.clip((scores + 1.0) / 2.0, 0.0, 1.0)


def _slices(total: int, size: int, what: str) -> Iterator[slice]:
    """Yield slices of rows, `size` at a time, with a bar where there are several."""
    if 0 < total <= size:
        yield slice(0, total)  # a bar with one step shows nothing, and in a notebook it takes longer than two pictures
        return
    with progress_bar(None, what, "", total=total) as bar:
        for start in range(0, total, size):
            stop = min(start + size, total)
            yield slice(start, stop)
            bar.update(stop - start)
