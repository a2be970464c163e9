"""Build the reference of all modules from their docstrings: `python docs/reference.py`, into build/reference/."""

import pkgutil
from pathlib import Path

import pdoc

import siamese_nb


def build_reference(folder: Path) -> None:
    """Write a page for each module, and one that leads to all."""
    modules = sorted(module.name for module in pkgutil.iter_modules(siamese_nb.__path__))
    for name in siamese_nb.__all__:  # imported when first used, so pdoc does not see them by itself
        setattr(siamese_nb, name, getattr(siamese_nb, name))
    siamese_nb.__all__ += modules
    pdoc.render.configure(docformat="numpy", show_source=False)
    pdoc.pdoc("siamese_nb", output_directory=folder)


if __name__ == "__main__":
    place = Path("build/reference")
    build_reference(place)
    print(f"open {place / 'index.html'}")
