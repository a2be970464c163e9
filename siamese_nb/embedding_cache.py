"""A bank's embeddings, kept on disk: no picture goes through the same leg twice, in any run."""

import hashlib
import json
import math
import re
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import keras
import numpy as np
from numpy.typing import NDArray

from siamese_nb.bank import Bank
from siamese_nb.embeddings import BATCH
from siamese_nb.engines import make_pass
from siamese_nb.images import READING_RULE
from siamese_nb.progress import in_slices
from siamese_nb.storage import cache_folder, check_room, whole_file


def bank_embeddings(
    leg: keras.Model,
    bank: Bank,
    engine: str = "keras",
    view: keras.layers.Layer | None = None,
    rows: NDArray[np.int64] | None = None,
) -> NDArray[Any]:
    """Embed a bank, or read its embeddings from the cache.

    The cache's key covers the images' content, the leg's structure, preprocessing and weights, the reading rule, the
    engine, the view and the rows.

    Parameters
    ----------
    leg : keras.Model
        Of a leg that is cut below its last block, the feature maps are kept, in half precision; of one that gives
        pictures, those.
    bank : Bank of n pictures
    engine : str
        One of `siamese_nb.settings.ENGINES`.
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
    key = _key_of(leg, READING_RULE, bank.images.shape, leg.output.dtype)
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
        One of `siamese_nb.settings.ENGINES`.
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
    for rows in in_slices(len(table), BATCH, "Embedding"):
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
