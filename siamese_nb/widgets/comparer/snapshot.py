"""What stays of a comparison in a saved notebook, where the user asked for it: small pictures and the verdict."""

import base64
from html import escape
from typing import Any

from IPython.display import HTML, DisplayHandle, display

_FRAME = "display:flex;gap:16px;align-items:center;flex-wrap:wrap;font:14px system-ui,sans-serif"


class Snapshot:
    """An output under the comparer that the notebook keeps, brought up to date with each answer."""

    def __init__(self) -> None:
        self._handle: Any = DisplayHandle()  # type: ignore[no-untyped-call]

    def place(self) -> None:
        """Make room for it in the cell that runs."""
        display(HTML(""), display_id=self._handle.display_id)  # type: ignore[no-untyped-call]

    def keep(self, names: tuple[str, str], thumbnails: tuple[bytes, bytes], answer: dict[str, Any]) -> None:
        """Put a comparison in the place of the one before."""
        self._handle.update(HTML(render_snapshot(names, thumbnails, answer)))  # type: ignore[no-untyped-call]


def render_snapshot(names: tuple[str, str], thumbnails: tuple[bytes, bytes], answer: dict[str, Any]) -> str:
    """Render a comparison as HTML that needs no kernel and no script."""
    images = "".join(_image(*given) for given in zip(names, thumbnails, strict=True))
    verdict = escape(answer["verdict"].capitalize()) + ("" if answer.get("sure", True) else ", but not sure")
    figures = f"score {answer['score']:.3f}, threshold {answer['threshold']:.3f}"
    words = f"<div><strong>{verdict}</strong><br>{figures}</div>"
    # The live comparer hides it, by its style sheet: nothing is to be seen twice.
    return f'<div class="siamese-snapshot" style="{_FRAME}">{images}{words}</div>'


def _image(name: str, jpeg: bytes) -> str:
    source = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
    return f'<img src="{source}" alt="{escape(name)}" title="{escape(name)}" style="max-width:120px;max-height:120px">'
