"""The frame of all reports: one HTML file that can be sent to a colleague, pictures, styles and all inside."""

import base64
import html
from collections.abc import Iterable
from pathlib import Path

from siamese_nb.images import ImageError, ImageSource
from siamese_nb.palette import write_palette
from siamese_nb.storage import whole_file
from siamese_nb.thumbnails import make_thumbnail

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem;
  background: var(--sc-surface); color: var(--sc-text) }
h2 { margin: 2rem 0 .2rem; font-size: 1.1rem } h2 b { font-weight: 600; text-transform: uppercase; font-size: .8rem }
.error b { color: var(--sc-error) } .warning b { color: var(--sc-warning) } .note b { color: var(--sc-link) }
p { margin: .2rem 0 } a { color: var(--sc-link) } .why, figcaption, details { color: var(--sc-soft) }
.wide { overflow-x: auto }
table { border-collapse: collapse; margin: .6rem 0 }
td, th { border-bottom: 1px solid var(--sc-line); padding: .15rem .8rem }
td, th { text-align: right; white-space: nowrap }
td:first-child, th:first-child { text-align: left }
.groups { display: flex; flex-wrap: wrap; gap: .8rem; margin: .6rem 0 }
.group { display: flex; flex-wrap: wrap; gap: .4rem; border: 1px solid var(--sc-line); border-radius: 6px;
  padding: .4rem }
.pair { max-width: 19.2rem } .pair p { flex-basis: 100%; font-size: .8rem }
figure { margin: 0; width: min(9rem, 38vw) } img { max-width: 100%; max-height: 9rem; display: block; margin: auto }
figcaption { font-size: .75rem; overflow-wrap: anywhere }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1.2rem;
  margin: .8rem 0 }
.plots figure { width: auto } .plots img { max-height: none }
"""


def write_report(file: Path, title: str, body: Iterable[str]) -> None:
    """Write a report, whole or not at all.

    Parameters
    ----------
    file : Path
    title : str
        Also the heading.
    body : iterable of str
        What follows the heading, as HTML.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{text(title)}</title>'
    content = f"<h1>{text(title)}</h1>{''.join(body)}"
    style = f"<style>{write_palette(':root')}{_STYLE}</style>"
    page = f'<!doctype html><html lang="en"><head>{head}{style}</head><body>{content}</body></html>'
    with whole_file(file) as temporary:
        temporary.write_text(page, "utf-8", "replace")


def picture(source: ImageSource, caption: str) -> str:
    """Show a picture with its name, or the name alone of what cannot be shown."""
    try:
        image = f'<img alt="" src="{data_url(make_thumbnail(source, "small"), "jpeg")}">'
    except ImageError:
        image = ""
    return f"<figure>{image}<figcaption>{text(caption)}</figcaption></figure>"


def data_url(content: bytes, kind: str) -> str:
    """Put an image's bytes into an address, so that the page needs no other file."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def text(words: str) -> str:
    """Write words so that no name can become HTML."""
    return html.escape(words)
