"""Join scripts, or style sheets, to the one that a widget takes: in files of one role each, without a build step."""

from pathlib import Path

_VIEWS = Path(__file__).with_name("views")


def join_views(*names: str) -> str:
    """Read files of `views/` and put them one after the other; a script sees what stands in those before it."""
    return "\n".join((_VIEWS / name).read_text(encoding="utf-8") for name in names)
