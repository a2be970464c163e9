"""Embeddings for TensorBoard's projector: points in space, each with its picture and what it shows."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from google.protobuf import text_format
from numpy.typing import NDArray
from PIL import Image
from tensorboard.plugins.projector import ProjectorConfig

from siamese_nb.storage import whole_file

_SIDE = 48  # of a thumbnail, in pixels
_MOST = 8192  # side of a sprite, in pixels: larger ones fail in browsers
_CONFIG = "projector_config.pbtxt"


def write_projector(
    folder: Path, embeddings: NDArray[np.float32], images: NDArray[np.uint8], columns: Mapping[str, Sequence[str]]
) -> None:
    """Write embeddings, thumbnails and words to a run's folder, where TensorBoard looks for them.

    Parameters
    ----------
    folder : Path
    embeddings : ndarray of shape (n, d), float32
    images : ndarray of shape (n, height, width, 3), uint8
    columns : dict of str to sequence of n str
        What can be searched, and coloured by.
    """
    most = (_MOST // _SIDE) ** 2
    embeddings, images = embeddings[:most], images[:most]
    folder.mkdir(parents=True, exist_ok=True)
    with whole_file(folder / "embeddings.bytes") as file:
        file.write_bytes(np.ascontiguousarray(embeddings, "<f4").tobytes())
    with whole_file(folder / "metadata.tsv") as file:
        rows = zip(*(map(_cell, values) for values in columns.values()), strict=True)
        lines = ["\t".join(row) for row in ([*columns], *rows)][: len(embeddings) + 1]
        file.write_text("\n".join(lines) + "\n", "utf-8")
    with whole_file(folder / "sprite.jpg") as file:
        make_sprite(images).save(file, "JPEG", quality=88)
    config = ProjectorConfig()
    found = config.embeddings.add(
        tensor_name="embeddings", tensor_path="embeddings.bytes", metadata_path="metadata.tsv"
    )
    found.tensor_shape.extend(embeddings.shape)
    found.sprite.image_path = "sprite.jpg"
    found.sprite.single_image_dim.extend([_SIDE, _SIDE])
    with whole_file(folder / _CONFIG) as file:  # last: TensorBoard reads the rest when it sees this
        file.write_text(text_format.MessageToString(config), "utf-8")


def make_sprite(images: NDArray[np.uint8]) -> Image.Image:
    """Put thumbnails into one square picture, row by row."""
    columns = math.ceil(math.sqrt(len(images)))
    sprite = Image.new("RGB", (columns * _SIDE, columns * _SIDE), "white")
    for place, image in enumerate(images):
        small = Image.fromarray(image).resize((_SIDE, _SIDE))
        sprite.paste(small, (place % columns * _SIDE, place // columns * _SIDE))
    return sprite


def _cell(text: str) -> str:
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")  # names of files may be no UTF-8
    return " ".join(text.split())  # a tab or a line's end would shift what follows
