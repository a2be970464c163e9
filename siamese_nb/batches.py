"""Batches for training, of pairs or of identities: redrawn every epoch, each image in a batch once."""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from siamese_nb.config import TrainConfig
from siamese_nb.losses import OF_ALL
from siamese_nb.metrics import GENUINE
from siamese_nb.mining import Mined
from siamese_nb.pairs import Pairs, Part

_PAIRS_AT_ONCE = 256
_WORKERS = 2  # threads of Keras's own; of one, tf.data tunes how it runs, and can sit idle for as long as an epoch took
_MOST_GENUINE = 8192  # an epoch of more would only delay the look at validation
_QUARTERS = 4
_OFF_MIDDLE = 0.15  # of the side: how far from a picture's middle a collage is cut, at most
_IMAGES_MULTIPLE, _PAIRS_MULTIPLE = 32, 64  # few distinct shapes: backends compile anew for each


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """The batches of one epoch. What batch i of epoch e holds depends on the seed, e and i alone.

    Batches of pairs are as `build_in_batch` takes them: distinct images, pairs by index, weights. Genuine and impostor
    pairs weigh the same in total, whatever `neg_factor` is: a network that always says "different" gains nothing.

    Parameters
    ----------
    table : ndarray of shape (n, ...)
        What goes into the leg: the bank's images, or features of a frozen leg.
    part : Part
        The training part.
    config : TrainConfig

    Attributes
    ----------
    fed : int
        How many images were put into batches so far, whatever the epoch: what a rate is counted from.
    views : tuple of ndarray of the table's shape
        The same rows of other views of the pictures: each image of a batch is taken from one of them or the table.
    mined : Mined or None
        Where the hard impostors are, if they are to come more often.
    """

    views: tuple[NDArray[Any], ...] = ()
    mined: Mined | None = None

    def __init__(self, table: NDArray[Any], part: Part, config: TrainConfig) -> None:
        # Features of a frozen leg go through in no time, and would wait for the threads to end.
        super().__init__(workers=_WORKERS if table.ndim > 2 else 1)
        self.table, self.part, self.config = table, part, config
        self.fed = 0
        self.begin(0)

    def begin(self, epoch: int) -> None:
        """Go to the pairs of this epoch."""
        self.epoch = epoch
        self._begin()

    def on_epoch_end(self) -> None:
        """Go on to the next epoch's pairs."""
        self.begin(self.epoch + 1)

    def _begin(self) -> None:
        raise NotImplementedError

    def _draw(self, part: Part, *key: int) -> Pairs:
        config, rng = self.config, self._random(*key)
        pairs = part.draw(rng, config.neg_factor, config.negatives, _MOST_GENUINE)
        if self.mined is None:
            return pairs
        return (self.mined if part is self.part else self.mined.only(part)).harden(pairs, rng)

    def _random(self, *key: int) -> np.random.Generator:
        return np.random.default_rng([self.config.seed, self.epoch, *key])

    def _batch(
        self, pairs: Pairs, index: int
    ) -> tuple[dict[str, NDArray[Any]], NDArray[np.float32], NDArray[np.float32]]:
        rows, place = np.unique([pairs.one, pairs.two], return_inverse=True)
        one, two = place.reshape(2, -1).astype(np.int32)
        genuine = pairs.label == GENUINE
        share = np.clip(genuine.mean(), 1e-6, 1 - 1e-6)
        missing = -len(pairs) % _PAIRS_MULTIPLE
        # Their mean is 1 with what fills up: a sum over the batch, or over shares of it, needs no other count.
        weight = np.where(genuine, 0.5 / share, 0.5 / (1 - share)) * (1 + missing / len(pairs))
        padded = [np.pad(column, (0, missing)) for column in (one, two, pairs.label, weight)]
        one, two, label, weight = padded
        inputs = {"images": self._filled(rows, index), "one": one, "two": two}
        return inputs, label[:, None].astype(np.float32), weight.astype(np.float32)

    def _filled(self, rows: NDArray[np.int64], index: int) -> NDArray[Any]:
        """Return these rows, each in a view drawn for this batch, and some of them again to make up the multiple."""
        self.fed += len(rows)
        rows = np.resize(rows, len(rows) + -len(rows) % _IMAGES_MULTIPLE)
        if not self.views:
            return np.asarray(self.table[rows])
        tables = (self.table, *self.views)
        view = self._random(index, len(tables)).integers(0, len(tables), len(rows))
        filled = np.empty((len(rows), *self.table.shape[1:]), self.table.dtype)
        for number, table in enumerate(tables):
            filled[view == number] = table[rows[view == number]]
        return filled


class PairBatches(Batches):
    """Batches for cheap legs, such as features of a frozen one: pairs drawn from the whole part, then shuffled.

    Parameters
    ----------
    table, part, config
        See `Batches`.
    pairs_at_once : int, at least 1
        Pairs in a batch; the last one holds the rest.
    """

    def __init__(
        self, table: NDArray[Any], part: Part, config: TrainConfig, pairs_at_once: int = _PAIRS_AT_ONCE
    ) -> None:
        self.pairs_at_once = pairs_at_once
        super().__init__(table, part, config)

    def _begin(self) -> None:
        pairs = self._draw(self.part)
        self.pairs = pairs.take(self._random().permutation(len(pairs)))

    def __len__(self) -> int:
        return -(-len(self.pairs) // self.pairs_at_once)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        start = index * self.pairs_at_once
        pairs = self.pairs.take(np.arange(start, min(start + self.pairs_at_once, len(self.pairs))))
        return self._batch(pairs, index)


class ImageBatches(Batches):
    """Batches for legs that learn, where passes through the leg cost most: every image once per epoch.

    Two images of a thing make a unit; units of one category come in small groups; a batch is as many groups as fill it.
    All genuine pairs of a batch are used, and its impostors are drawn among its own images.
    """

    unit = 2  # images
    units_together = 4  # of one category in a batch, so that it offers impostors within a category

    def __init__(self, table: NDArray[Any], part: Part, config: TrainConfig, images_at_once: int | None = None) -> None:
        self.images_at_once = images_at_once or config.batch_images
        super().__init__(table, part, config)

    def _begin(self) -> None:
        rng = self._random()
        units, category = _units(self.part, self.unit, rng)
        if self.mined is not None:
            groups = self.mined.together(units, self.units_together, rng)
        else:
            order = rng.permutation(len(units))
            order = order[np.argsort(category[order], kind="stable")]
            groups = np.array_split(order, max(1, len(order) // self.units_together))
        order = np.concatenate([groups[i] for i in rng.permutation(len(groups))])
        n_batches = max(1, round(sum(map(len, units)) / self.images_at_once))
        self.rows = [np.concatenate([units[i] for i in batch]) for batch in np.array_split(order, n_batches)]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        return self._batch(self._draw(self.part.only(self.rows[index]), index), index)


class IdentityBatches(ImageBatches):
    """Batches for losses of identities: some identities, some images of each, and which images show the same.

    For losses over all identities, images in random order.

    A batch is `(images, identity)`, identities numbered from 0 in the part, then collages, each a number of its own;
    those of rows that only fill up are -1.
    """

    unit = 4  # what is learned by is compared with the whole batch: images_together say how hard that is

    def __init__(self, table: NDArray[Any], part: Part, config: TrainConfig, images_at_once: int | None = None) -> None:
        # Pictures alone: a turned feature map is not the map of a turned picture.
        self.units_together = max(1, config.images_together // self.unit)
        self.pictures = table.dtype == np.uint8
        self.turns = _QUARTERS if config.rotations and self.pictures else 1
        self.sides = self.turns * (2 if config.reflections and self.pictures else 1)
        super().__init__(table, part, config, images_at_once)

    def _begin(self) -> None:
        if self.config.loss not in OF_ALL:
            super()._begin()
            return
        # Each image is compared with every identity, so it needs no twin in its batch, and a mixed batch is better.
        rows = self._random().permutation(self.part.images)
        self.rows = np.array_split(rows, max(1, round(len(rows) / self.images_at_once)))

    @property
    def identities(self) -> int:
        """How many identities there are to tell apart; turned or mirrored, a thing is another one where that is set."""
        return len(np.unique(self.part.identity)) * self.sides

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        rows = self.rows[index]
        number = np.searchsorted(np.unique(self.part.identity), self.part.identity_of(rows))
        images = self._filled(rows, index)
        if self.sides > 1:
            sides = self._random(index).integers(0, self.sides, len(rows))
            if self.config.loss not in OF_ALL:
                # By category, so that twins are turned alike, and so are the impostors hardest to tell from them.
                sides = sides[np.unique(self.part.category_of(rows), return_inverse=True)[1]]
            per_image = zip(images, np.resize(sides, len(images)).tolist(), strict=True)
            images = np.stack([self._seen_from(image, side) for image, side in per_image])
            number = number * self.sides + sides
        if self.config.collages and self.pictures:
            number = self._paste(images, number, self._random(index, 1))
        return images, np.pad(number, (0, len(images) - len(rows)), constant_values=-1)[:, None].astype(np.float32)

    def _paste(
        self, images: NDArray[np.uint8], number: NDArray[np.int64], rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Make some of the units collages of themselves and another one; return what each image then shows."""
        runs = np.split(np.arange(len(number)), np.flatnonzero(np.diff(number)) + 1)  # of one thing
        units = [rows for run in runs for rows in np.split(run, range(self.unit, len(run), self.unit))]
        before, shown = images.copy(), number.copy()
        for new, unit in enumerate(units, start=self.identities):
            other = units[rng.integers(len(units))]
            if rng.random() >= self.config.collages or number[unit[0]] == number[other[0]]:
                continue
            beside = before[np.resize(rng.permutation(other), len(unit))]
            images[unit] = np.where(_one_side(images.shape[1:3], rng)[:, :, None], images[unit], beside)
            shown[unit] = new
        return shown

    def _seen_from(self, image: NDArray[Any], side: int) -> NDArray[Any]:
        """Turn the picture by so many quarters, of those that are learned; the later half of all sides is mirrored."""
        return np.rot90(image[:, ::-1] if side >= self.turns else image, side % self.turns)


def _one_side(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Tell which pixels of a picture lie to one side of a straight line that passes near its middle."""
    angle, off = rng.uniform(0, 2 * np.pi), rng.uniform(-_OFF_MIDDLE, _OFF_MIDDLE)
    y, x = (np.arange(side) - (side - 1) / 2 for side in shape)
    return np.asarray(np.cos(angle) * x + np.sin(angle) * y[:, None] > off * min(shape))


def image_batches(table: NDArray[Any], part: Part, config: TrainConfig) -> Batches:
    """Return the batches for a leg that learns; for its parameters see `Batches`.

    Where a pairs file names impostors, the two of them seldom meet in a batch of whole things; then its pairs are taken
    as they stand, so few at once that they have as many images as a batch is to have.
    """
    if part.names_impostors:
        return PairBatches(table, part, config, config.batch_images // 2)
    return ImageBatches(table, part, config)


def _units(part: Part, size: int, rng: np.random.Generator) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
    """Put the images of each thing together, `size` at a time, at random; one left alone sits out this epoch.

    The genuine pairs of a pairs file are units as they stand.

    Returns
    -------
    units : list of ndarray of int64
        Rows of the bank.
    category : ndarray of shape (n_units,), int64
    """
    if len(part.labelled):
        pairs = part.genuine()
        return list(pairs), part.category_of(pairs[:, 0])
    shuffled = rng.permutation(len(part.images))
    shuffled = shuffled[np.argsort(part.identity[shuffled], kind="stable")]
    _, start, counts = np.unique(part.identity[shuffled], return_index=True, return_counts=True)
    position = np.arange(len(shuffled)) - np.repeat(start, counts)
    begins = np.flatnonzero(position % size == 0)
    units = [unit for unit in np.split(shuffled, begins[1:]) if len(unit) > 1]
    return [part.images[unit] for unit in units], part.category[[unit[0] for unit in units]]
