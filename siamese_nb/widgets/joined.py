"""Join scripts, or style sheets, to the one that a widget takes: in files of one role each, without a build step."""

from pathlib import Path

_WIDGETS = Path(__file__).parent


def join(*names: str) -> str:
    """Read files of this folder and put them one after the other; a script sees what stands in those before it."""
    return "\n".join((_WIDGETS / name).read_text(encoding="utf-8") for name in names)
