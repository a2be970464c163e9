"""What one pane of the comparer holds: nothing, a picture, or the message why there is none."""

import io
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from siamese_nb.errors import InputError
from siamese_nb.images import Header, ImageError, ImageSource, read_header, read_image
from siamese_nb.widgets.comparer.upload import Upload
from siamese_nb.widgets.trouble import tell_why_not

PANES = ("one", "two")
PREVIEW_PIXELS = 800
_TURNED = range(5, 9)  # EXIF orientations that exchange width and height

Read = Callable[[bytes], Any]


def keep_bytes(data: bytes) -> bytes:
    """Make sure that a file is a picture and return its bytes, for comparisons that read files themselves."""
    read_image(data)
    return data


@dataclass(frozen=True, kw_only=True)
class Pane:
    """One pane's content.

    Attributes
    ----------
    id : str
        The name of the drop, choice or call that filled it, so that what belongs to an earlier one is told apart.
    status : str
        "empty", "sending", "picture" or "error".
    name : str
        The file's name.
    width, height : int
        Of the picture as it is seen, in pixels.
    message : str
        Why there is no picture, with the status "error".
    data : bytes
        The file as it was given, where it is kept.
    small : bytes
        A JPEG of it, where the file is not kept.
    content : Any
        What was read of it: what is compared.
    """

    id: str = ""
    status: str = "empty"
    name: str = ""
    width: int = 0
    height: int = 0
    message: str = ""
    data: bytes = field(default=b"", repr=False)
    small: bytes = field(default=b"", repr=False)
    content: Any = field(default=None, repr=False)

    @classmethod
    def from_file(cls, id: str, name: str, data: bytes, read: Read = keep_bytes) -> "Pane":
        """Read a file's bytes.

        Raises
        ------
        InputError
            If it is not a picture, by its name.
        """
        try:
            content = read(data)
            width, height = _upright_size(read_header(data))
        except ImageError as error:
            raise InputError(str(error).replace("the picture", name or "this file", 1)) from error
        return cls(id=id, status="picture", name=name, width=width, height=height, data=data, content=content)

    @classmethod
    def from_upload(cls, upload: Upload, read: Read = keep_bytes) -> "Pane":
        """Read a file that has arrived, or tell why that cannot be: whoever waits for it must not wait for ever."""
        try:
            return cls.from_file(upload.id, upload.name, upload.join(), read)
        except InputError as error:
            return cls.trouble(upload.id, upload.name, error)
        except Exception as error:  # the fault itself goes to the kernel's log
            logging.getLogger(__name__).exception("reading %s failed", upload.name)
            return cls.unread(upload, error)

    @classmethod
    def unread(cls, upload: Upload, error: BaseException) -> "Pane":
        """Tell what kept a file that has arrived from being read."""
        return cls.trouble(upload.id, upload.name, f"reading {upload.name} failed: {tell_why_not(error)}")

    @classmethod
    def trouble(cls, id: str, name: str, message: object) -> "Pane":
        """Tell why there is no picture."""
        return cls(id=id, status="error", name=name, message=str(message))

    @classmethod
    def from_source(cls, id: str, source: ImageSource, read: Read = keep_bytes) -> "Pane":
        """Read a path, bytes, an array or a PIL image.

        Raises
        ------
        InputError
            If it is not a picture, or cannot be opened.
        """
        if isinstance(source, bytes | bytearray | memoryview):
            return cls.from_file(id, "", bytes(source), read)
        if isinstance(source, str | os.PathLike):
            path = Path(source)
            try:
                return cls.from_file(id, path.name, path.read_bytes(), read)
            except OSError as error:
                raise InputError(f"cannot open {path}: {error.strerror}") from error
        return cls.from_file(id, "", _encode(Image.fromarray(read_image(source)), "PNG"), read)

    def describe(self) -> dict[str, str | int]:
        """Return what the browser is told: everything but the picture itself."""
        return {key: value for key, value in vars(self).items() if key not in ("data", "small", "content")}

    def preview(self, side: int = PREVIEW_PIXELS) -> bytes:
        """Encode a small JPEG, for formats that a browser cannot show."""
        if self.small:
            return self.small
        scale = min(1.0, side / max(self.width, self.height))
        size = (max(1, round(self.height * scale)), max(1, round(self.width * scale)))
        return _encode(Image.fromarray(read_image(self.data, size)), "JPEG")


def _upright_size(header: Header) -> tuple[int, int]:
    size = (header.width, header.height)
    # Pillow exchanges a TIFF's sides itself, when it opens it.
    return size[::-1] if header.orientation in _TURNED and header.format != "TIFF" else size


def _encode(image: Image.Image, format: str) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format)
    return stream.getvalue()
