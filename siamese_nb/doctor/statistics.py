"""Statistics of each picture, from a bank of thumbnails: brightness, contrast, sharpness, colours."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import laplace

BLOCK = 512  # thumbnails at once: 60 MB of floats
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_TAIL = 1000  # the darkest and the brightest thousandth of the pixels are left to noise


@dataclass(frozen=True, eq=False)
class Statistics:
    """One number per picture of a bank, each of shape (n,) but for `border`.

    Attributes
    ----------
    brightness : ndarray of float32, in [0, 255]
        Mean luminance.
    darkest, brightest : ndarray of float32, in [0, 255]
        Luminance that a thousandth of the pixels lies below, and above.
    spread : ndarray of float32, in [0, 255]
        Between the lowest and the highest thousandth of the colour channel that varies most.
    detail : ndarray of float32
        Variance of the Laplacian of the luminance.
    sharpness : ndarray of float32
        `detail` over the variance of the luminance: the same at any contrast.
    border : ndarray of shape (n, 3), float32, in [0, 255]
        Median colour of the outermost pixels, which are mostly background.

    References
    ----------
    Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000 (variance of the Laplacian).
    """

    brightness: NDArray[np.float32]
    darkest: NDArray[np.float32]
    brightest: NDArray[np.float32]
    spread: NDArray[np.float32]
    detail: NDArray[np.float32]
    sharpness: NDArray[np.float32]
    border: NDArray[np.float32]

    @classmethod
    def of(cls, images: NDArray[np.uint8]) -> "Statistics":
        """Compute them in blocks.

        Parameters
        ----------
        images : ndarray of shape (n, height, width, 3), uint8
            A bank's; small ones suffice, since what is very blurred is so at any size.
        """
        blocks = [_statistics(images[start : start + BLOCK]) for start in range(0, max(len(images), 1), BLOCK)]
        return cls(**{name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]})


def luminance(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the luminance, in [0, 255], of images of shape (..., 3)."""
    return np.asarray(images.astype(np.float32) @ _LUMA)


def _statistics(images: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    pixels = images.shape[1] * images.shape[2]
    grey = luminance(images)
    # The Laplacian of each picture alone: no axis runs across pictures. At the edge it would see its own mirror image.
    detail = laplace(grey, axes=(1, 2))[:, 1:-1, 1:-1].var(axis=(1, 2))
    darkest, brightest = _tails(grey.reshape(len(grey), pixels))
    channels = np.moveaxis(images, 3, 1).reshape(len(images), 3, pixels)
    low, high = _tails(channels)
    edge = np.concatenate([images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]], axis=1)
    return {
        "brightness": grey.mean(axis=(1, 2)),
        "darkest": darkest,
        "brightest": brightest,
        "spread": (high.astype(np.float32) - low).max(axis=1),
        "detail": detail,
        "sharpness": detail / (grey.var(axis=(1, 2)) + 1),
        "border": np.median(edge, axis=1).astype(np.float32),
    }


def _tails(values: NDArray[np.generic]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    last = values.shape[-1] - 1
    low = (last + 1) // _TAIL
    # Of bytes, a stable sort counts instead of comparing, which is six times faster than a partition.
    bytes_ = values.dtype == np.uint8
    part = np.sort(values, kind="stable") if bytes_ else np.partition(values, (low, last - low))
    return part[..., low].astype(np.float32), part[..., last - low].astype(np.float32)
