"""Augmentation by policy: pictures of a batch changed at random on the device, each by itself, so twins differ."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import keras
from keras import ops


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How far pictures may be changed.

    Attributes
    ----------
    turn : float
        Degrees to either side.
    shift : float
        Share of the width and of the height.
    zoom, shear : float
        Share by which lengths and right angles may change.
    stretch : float
        Share by which width and height may change against each other.
    tilt : float
        Share by which one side may come nearer than the other, as in perspective.
    thickness : float
        Share of the way to strokes that are a pixel thicker or thinner on each side; of dark ones on light ground.
    outside : float or None
        Grey level of what comes in from outside; None repeats the edge.
    mirror : bool
        Whether left and right may change places.
    light, colour : float
        Share of the range of grey levels: of all channels together, and of each by itself.
    spot : float
        Largest share of the width and of the height that a grey spot covers.
    """

    turn: float
    shift: float
    zoom: float
    shear: float
    stretch: float = 0.0
    tilt: float = 0.0
    thickness: float = 0.0
    outside: float | None = None
    mirror: bool = False
    light: float = 0.0
    colour: float = 0.0
    spot: float = 0.0


POLICIES = {
    "affine": Policy(turn=12, shift=0.08, zoom=0.2, shear=0.15),
    "strokes": Policy(turn=15, shift=0.06, zoom=0.15, shear=0.25, stretch=0.15, tilt=0.2, thickness=0.5, outside=255.0),
    "photo": Policy(turn=10, shift=0.1, zoom=0.2, shear=0.05, mirror=True, light=0.15, colour=0.05, spot=0.3),
}
"""`affine` moves a picture but leaves its colours and never mirrors it, as suits writing and signs; `strokes` moves it
further, and makes dark strokes thicker or thinner, so that long training on drawings has something new to see; `photo`
does all of that, as suits things seen from all sides, unless another shade or the mirror image is another thing."""


_NO_PERSPECTIVE = ("jax", "torch")  # whose `affine_transform` moves channels apart by a map's last two numbers

Share = Callable[[Callable[[Any], Any], Any], Any]


@keras.saving.register_keras_serializable("siamese_nb")
class RandomView(keras.layers.Layer):  # type: ignore[misc]
    """Change each picture by itself: one affine map, then light and colour, then a spot that covers a part.

    Keras's own layers do this one after the other, with a resampling each; together they take longer than a small leg.

    Parameters
    ----------
    policy : Policy or dict of its values
    seed : int
    share : callable, optional
        `OneDevice.share` of a distribution: several devices then change their shares of a batch as one would.
    """

    def __init__(
        self, policy: Policy | dict[str, Any], seed: int = 0, share: Share | None = None, **options: Any
    ) -> None:
        super().__init__(**options)
        self.share = share
        self.policy = policy if isinstance(policy, Policy) else Policy(**policy)
        self.seed = seed
        self.random = keras.random.SeedGenerator(seed)

    def call(self, images: Any, training: bool = False) -> Any:
        if not training:
            return images
        changed = self._moved(ops.cast(images, "float32"))
        if self.policy.thickness:
            changed = self._thickened(changed)
        if self.policy.light or self.policy.colour:
            changed = self._coloured(changed)
        if self.policy.spot:
            changed = self._covered(changed)
        return ops.cast(ops.round(ops.clip(changed, 0.0, 255.0)), images.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "policy": asdict(self.policy), "seed": self.seed}

    def _draw(self, images: Any, *shape: int, least: float = -1.0) -> Any:
        def draw(rows: Any) -> Any:
            return keras.random.uniform((rows, *shape), least, 1.0, seed=self.random)

        rows = ops.shape(images)[0]
        return draw(rows) if self.share is None else self.share(draw, rows)

    def _moved(self, images: Any) -> Any:
        """Map each picture about its middle; what comes in from outside repeats the edge."""
        policy, (height, width) = self.policy, images.shape[1:3]
        angle = self._draw(images) * (policy.turn * 3.14159265 / 180)
        skew = self._draw(images) * policy.shear
        scale = 1.0 + self._draw(images) * policy.zoom
        side = ops.sign(self._draw(images)) if policy.mirror else 1.0
        wide = 1.0 + self._draw(images) * policy.stretch if policy.stretch else 1.0
        cos, sin = scale * ops.cos(angle), scale * ops.sin(angle)
        rows = [[side * wide * cos, side * wide * (cos * skew - sin)], [sin / wide, (sin * skew + cos) / wide]]
        shift = self._draw(images, 2) * policy.shift
        middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
        flat = ops.zeros_like(angle)
        tilt_x, tilt_y, near = flat, flat, 1.0
        if policy.tilt and keras.backend.backend() not in _NO_PERSPECTIVE:
            tilt = self._draw(images, 2) * policy.tilt
            near = 1.0 - (tilt[:, 0] * middle_x / (width / 2) + tilt[:, 1] * middle_y / (height / 2))
            tilt_x, tilt_y = tilt[:, 0] / (width / 2), tilt[:, 1] / (height / 2)
        entries = []
        for (of_x, of_y), middle, step in zip(
            rows, (middle_x, middle_y), (shift[:, 0] * width, shift[:, 1] * height), strict=True
        ):
            to = middle + step  # where the middle goes: there a tilt changes nothing
            entries += [of_x + to * tilt_x, of_y + to * tilt_y, to * near - of_x * middle_x - of_y * middle_y]
        transform = ops.stack([entry / near for entry in (*entries, tilt_x, tilt_y)], axis=1)
        mode = "nearest" if policy.outside is None else "constant"
        return ops.image.affine_transform(
            images, transform, fill_mode=mode, fill_value=policy.outside or 0.0, data_format="channels_last"
        )

    def _thickened(self, images: Any) -> Any:
        """Go some of the way to what a stroke is with a pixel more, or less, on each side."""
        way = self._draw(images, 1, 1, 1) * self.policy.thickness
        lightest = ops.max_pool(images, 3, 1, padding="same")
        darkest = -ops.max_pool(-images, 3, 1, padding="same")
        return images + ops.relu(way) * (darkest - images) + ops.relu(-way) * (lightest - images)

    def _coloured(self, images: Any) -> Any:
        """Change contrast about the middle grey and brightness, of all channels and of each by itself."""
        light, colour = self.policy.light, self.policy.colour
        gain = 1.0 + light * self._draw(images, 1, 1, 1) + colour * self._draw(images, 1, 1, 3)
        lift = 255.0 * (light * self._draw(images, 1, 1, 1) + colour * self._draw(images, 1, 1, 3))
        return (images - 127.5) * gain + 127.5 + lift

    def _covered(self, images: Any) -> Any:
        """Cover a rectangle of every picture, of any size from none to the largest, with one grey level."""
        inside = []
        for length in images.shape[1:3]:
            place = (ops.arange(length, dtype="float32") + 0.5) / length
            middle, size = self._draw(images, 1, least=0.0), self._draw(images, 1, least=0.0)
            inside.append(ops.abs(place - middle) <= size * self.policy.spot / 2)
        grey = 255.0 * self._draw(images, 1, 1, 1, least=0.0)
        return ops.where(inside[0][:, :, None, None] & inside[1][:, None, :, None], grey, images)


def fixed_views(name: str, views: int) -> list[RandomView]:
    """Return so many augmentations, each with a seed of its own: the same views of the same pictures, in any run.

    Parameters
    ----------
    name : {"affine", "strokes", "photo"}
    views : int
    """
    return [RandomView(POLICIES[name], seed, name="view") for seed in range(views)]


def build_augmentation(name: str, seed: int, share: Share | None = None) -> RandomView | None:
    """Return the layer that changes pictures while a leg learns; None for `"none"`.

    Parameters
    ----------
    name : {"none", "affine", "strokes", "photo"}
    seed : int
        The same changes follow from the same seed.
    share : callable, optional
        See `RandomView`.
    """
    return None if name == "none" else RandomView(POLICIES[name], seed, share, name="augmentation")
