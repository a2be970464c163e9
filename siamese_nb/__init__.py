"""Do these two pictures show the same thing? Siamese networks from a folder of pictures to a verdict.

>>> import siamese_nb
>>> sorted(siamese_nb.__all__)
['InputError', 'TrainConfig', 'Verifier', 'scan', 'train', 'write_sample']
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from siamese_nb.startup import prepare_keras

if TYPE_CHECKING:
    from siamese_nb.config import TrainConfig
    from siamese_nb.errors import InputError
    from siamese_nb.sample import write_sample
    from siamese_nb.scanning import scan
    from siamese_nb.training import train
    from siamese_nb.verifier import Verifier

__all__ = ["InputError", "TrainConfig", "Verifier", "scan", "train", "write_sample"]

_MODULES = {
    "InputError": "errors",
    "TrainConfig": "config",
    "Verifier": "verifier",
    "scan": "scanning",
    "train": "training",
    "write_sample": "sample",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that `import siamese_nb` stays light."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


prepare_keras()
